package import Document

/// What the encoder must know of the object that a change is about, besides the change itself.
package struct ChangeBase: Sendable {
    /// The object's number: how many creations the cluster had seen when it was made, itself included.
    package let number: UInt64
    /// The version that the body is written as a difference from; nil writes it whole.
    package let body: [UInt8]?
    package init(number: UInt64, body: [UInt8]?) {
        self.number = number
        self.body = body
    }
}

/// The bits of a record's first byte.
enum RecordFlag {
    static let auditUUID: UInt64 = 1
    static let cause: UInt64 = 2
    static let admission: UInt64 = 4
    static let decision: UInt64 = 8
    static let source: UInt64 = 16
}

/// The bits of a change's first byte, above the two of its kind.
enum ChangeFlag {
    static let delta: UInt8 = 4
    static let uuid: UInt8 = 8
    static let forgotten: UInt8 = 16
}

/// Writes records in the current format.
package struct RecordEncoder: Sendable {
    package var interner: Interner
    /// The numbers of requesters met lately, by a few bytes of their names: most requests come from one of them, and comparing
    /// costs less than writing out and looking up.
    private var requesters = [(requester: Requester, number: UInt64)?](repeating: nil, count: 64)
    package init(firstName: UInt64) { interner = Interner(next: firstName) }

    /// A journal record; `bases` has one entry for each change. `time` is that of its block.
    package mutating func journal(
        _ record: EventRecord, bases: [ChangeBase], after time: Timestamp, into out: inout ByteWriter
    ) {
        let audit = start(record, after: time, into: &out)
        out.count(record.changes.count)
        for (change, base) in zip(record.changes, bases) { write(change, base, record.revision, into: &out) }
        finish(record, audit, into: &out)
    }

    /// An access record; `revision` and `time` are those of the one before it in its block.
    package mutating func access(
        _ record: EventRecord, after revision: UInt64, _ time: Timestamp, into out: inout ByteWriter
    ) {
        let audit = start(record, after: time, into: &out)
        out.zigzag(Int64(bitPattern: record.revision &- revision))
        finish(record, audit, into: &out)
    }

    private func start(_ record: EventRecord, after time: Timestamp, into out: inout ByteWriter) -> [UInt8]? {
        let audit = UUIDBytes.parse(record.request.auditID)
        var flags: UInt64 = 0
        if audit != nil { flags |= RecordFlag.auditUUID }
        if record.cause != nil { flags |= RecordFlag.cause }
        if !record.admission.isEmpty { flags |= RecordFlag.admission }
        if !record.decision.isEmpty { flags |= RecordFlag.decision }
        if !record.request.source.isEmpty { flags |= RecordFlag.source }
        out.varint(flags)
        out.zigzag(record.time.microseconds &- time.microseconds)
        if let cause = record.cause { out.zigzag(Int64(bitPattern: record.revision &- cause)) }
        return audit
    }

    private mutating func finish(_ record: EventRecord, _ audit: [UInt8]?, into out: inout ByteWriter) {
        var shape = ByteWriter()
        shape.bytes.reserveCapacity(128)
        requester(record, into: &shape)
        RecordShape.write(record, into: &shape)
        out.name(shape.bytes, &interner)
        if let audit { out.bytes.append(contentsOf: audit) } else { out.text(record.request.auditID) }
        if !record.request.source.isEmpty { out.name(record.request.source, &interner) }
        if !record.admission.isEmpty {
            out.count(record.admission.count)
            for fact in record.admission {
                out.name(fact.plugin, &interner)
                out.bytes.append(fact.effect.rawValue)
                out.text(fact.detail)
            }
        }
        if !record.decision.isEmpty { out.run(record.decision) }
    }

    private mutating func requester(_ record: EventRecord, into out: inout ByteWriter) {
        let slot = Self.slot(record)
        if let known = requesters[slot], known.requester.isOf(record) { return out.varint(known.number + 1) }
        let requester = Requester(record)
        var bytes = ByteWriter()
        requester.write(into: &bytes)
        if let number = interner.number(of: bytes.bytes) {
            requesters[slot] = (requester, number)
            out.varint(number + 1)
        } else {
            out.bytes.append(0)
            out.run(bytes.bytes)
        }
    }

    private static func slot(_ record: EventRecord) -> Int {
        let name = record.authentication.user.name.utf8
        var mixed = name.count &* 31 &+ record.request.userAgent.utf8.count &* 7 &+ record.authorization.rule.utf8.count
        for byte in name.suffix(6) { mixed = mixed &* 33 &+ Int(byte) }
        return mixed & 63
    }

    private mutating func write(_ change: Change, _ base: ChangeBase, _ revision: UInt64, into out: inout ByteWriter) {
        let uuid = change.kind == .created ? UUIDBytes.parse(change.uid) : nil
        var first = change.kind.rawValue
        if uuid != nil { first |= ChangeFlag.uuid }
        let place = out.bytes.count
        out.bytes.append(first)
        out.varint(base.number)
        if change.kind == .created {
            out.name(change.key.group, &interner)
            out.name(change.key.resource, &interner)
            out.name(change.key.namespace, &interner)
            out.text(change.key.name)
            if let uuid { out.bytes.append(contentsOf: uuid) } else { out.text(change.uid) }
        } else {
            out.varint(revision &- change.previousRevision)
        }
        if let old = base.body {
            var delta = ByteWriter()
            BodyDelta.write(from: old, to: change.body, into: &delta)
            if delta.bytes.count < change.body.count {
                out.run(delta.bytes)
                out.bytes[place] |= ChangeFlag.delta
                return
            }
        }
        out.run(change.body)
    }
}
