package import Document

/// An object's key and uid: what its number stands for.
package struct ObjectIdentity: Equatable, Sendable {
    package let key: ObjectKey
    package let uid: String
    package init(key: ObjectKey, uid: String) {
        self.key = key
        self.uid = uid
    }
}

/// Where a decoder finds what numbers stand for.
package protocol RecordNames {
    /// The interned bytes.
    func name(_ number: UInt64) throws(RecordError) -> [UInt8]
    /// The object of that number.
    func object(_ number: UInt64) throws(RecordError) -> ObjectIdentity
}

/// A change as it is stored: its body perhaps as a difference from the version before.
package struct StoredChange: Equatable, Sendable {
    package let kind: Change.Kind
    package let number: UInt64
    package let object: ObjectIdentity
    package let previousRevision: UInt64
    package let isDelta: Bool
    /// Whether the body is no longer kept: `bytes` is what stands for it then.
    package let isForgotten: Bool
    /// The body, or the difference.
    package let bytes: [UInt8]

    /// The change with its whole body; `old` is the body of the version before, asked for only when there is need.
    package func change(old: () throws(RecordError) -> [UInt8]) throws(RecordError) -> Change {
        var body = bytes
        if isDelta {
            let old = try old()
            body = try bytes.withUnsafeBytesTyped { delta throws(RecordError) in try BodyDelta.apply(delta, to: old) }
        }
        return Change(kind: kind, key: object.key, uid: object.uid, previousRevision: previousRevision, body: body)
    }
}

/// Reads records of one format. Remembers what numbers stand for: keep it for as long as one scan takes.
package struct RecordDecoder {
    private let names: any RecordNames
    private let format: UInt8
    private var texts: [UInt64: String] = [:]
    private var requesters: [UInt64: Requester] = [:]
    private var shapes: [UInt64: RecordShape] = [:]
    private static let rememberedMax = 4096

    package init(format: UInt8, names: any RecordNames) throws(RecordError) {
        guard RecordFormat.isKnown(format) else { throw RecordError("format \(format) is not known") }
        self.format = format
        self.names = names
    }

    /// A journal record without its changes, and those as they are stored. Without `facts` only what the fold needs is read:
    /// revision, time, cause and changes.
    package mutating func journal(
        _ bytes: UnsafeRawBufferPointer, revision: UInt64, after time: Timestamp, facts: Bool = true
    ) throws(RecordError) -> (EventRecord, [StoredChange]) {
        var reader = ByteReader(bytes)
        let flags = try reader.varint()
        let moment = try reader.zigzag()
        let cause = flags & RecordFlag.cause != 0 ? revision &- UInt64(bitPattern: try reader.zigzag()) : nil
        var changes: [StoredChange] = []
        for _ in 0..<(try reader.count()) { changes.append(try change(&reader, revision)) }
        var record = Self.blank(.journal, revision, Timestamp(microseconds: time.microseconds &+ moment), cause)
        if facts {
            try finish(&record, flags, &reader, changes.first?.object.key)
            RecordFormat.upcast(&record, from: format)
        }
        return (record, changes)
    }

    /// An access record; `revision` and `time` are those of the one before it in its block.
    package mutating func access(
        _ reader: inout ByteReader, after revision: UInt64, _ time: Timestamp, ordinal: UInt64
    ) throws(RecordError) -> EventRecord {
        let flags = try reader.varint()
        let moment = try reader.zigzag()
        let causeDistance = flags & RecordFlag.cause != 0 ? try reader.zigzag() : nil
        let seen = revision &+ UInt64(bitPattern: try reader.zigzag())
        var record = Self.blank(
            .access, seen, Timestamp(microseconds: time.microseconds &+ moment),
            causeDistance.map { seen &- UInt64(bitPattern: $0) })
        record.ordinal = ordinal
        try finish(&record, flags, &reader, nil)
        RecordFormat.upcast(&record, from: format)
        return record
    }

    private static func blank(_ stream: EventRecord.Stream, _ revision: UInt64, _ time: Timestamp, _ cause: UInt64?)
        -> EventRecord
    {
        EventRecord(
            stream: stream, revision: revision, time: time, cause: cause, request: RequestFacts(verb: "", path: ""),
            authentication: AuthenticationFacts(authenticator: "", user: UserInfo(name: "")), authorization: .notAsked,
            outcome: Outcome(code: 0))
    }

    private mutating func change(_ reader: inout ByteReader, _ revision: UInt64) throws(RecordError) -> StoredChange {
        let first = try reader.byte()
        guard let kind = Change.Kind(rawValue: first & 3) else { throw RecordError("an unknown kind of change") }
        let number = try reader.varint()
        let object: ObjectIdentity
        var previous: UInt64 = 0
        if kind == .created {
            let key = ObjectKey(
                group: try text(&reader), resource: try text(&reader), namespace: try text(&reader),
                name: try reader.text())
            object = ObjectIdentity(
                key: key, uid: first & ChangeFlag.uuid != 0 ? UUIDBytes.text(try reader.raw(16)) : try reader.text())
        } else {
            previous = revision &- (try reader.varint())
            guard previous < revision else { throw RecordError("a change follows itself") }
            object = try names.object(number)
        }
        let isForgotten = first & ChangeFlag.forgotten != 0
        let bytes: [UInt8]
        if isForgotten {
            _ = try reader.raw(ForgottenBody.hashBytes)
            bytes = ForgottenBody.placeholder(of: object, revision: revision)
        } else {
            bytes = Array(try reader.run())
        }
        return StoredChange(
            kind: kind, number: number, object: object, previousRevision: previous,
            isDelta: first & ChangeFlag.delta != 0 && !isForgotten, isForgotten: isForgotten, bytes: bytes)
    }

    private mutating func finish(
        _ record: inout EventRecord, _ flags: UInt64, _ reader: inout ByteReader, _ key: ObjectKey?
    ) throws(RecordError) {
        let shape = try shape(&reader)
        record.authentication = shape.requester.authentication
        record.authorization = shape.requester.authorization
        record.outcome = shape.outcome
        let path: String
        switch shape.path {
        case .text(let text): path = text
        case .ofObject(let form):
            guard let key else { throw RecordError("a path of an object, but no object") }
            path = form.text(of: key)
        }
        let audit = flags & RecordFlag.auditUUID != 0 ? UUIDBytes.text(try reader.raw(16)) : try reader.text()
        record.request = RequestFacts(
            auditID: audit, verb: shape.verb, path: path, query: shape.query, userAgent: shape.requester.userAgent,
            source: flags & RecordFlag.source != 0 ? try text(&reader) : "", fieldManager: shape.requester.fieldManager)
        if flags & RecordFlag.admission != 0 {
            for _ in 0..<(try reader.count()) {
                let plugin = try text(&reader)
                guard let effect = AdmissionFact.Effect(rawValue: try reader.byte()) else {
                    throw RecordError("an unknown effect")
                }
                record.admission.append(AdmissionFact(plugin: plugin, effect: effect, detail: try reader.text()))
            }
        }
        if flags & RecordFlag.decision != 0 { record.decision = Array(try reader.run()) }
    }

    /// A name that is text: written out, or by its number.
    mutating func text(_ reader: inout ByteReader) throws(RecordError) -> String {
        let number = try reader.varint()
        if number == 0 { return try reader.text() }
        if let known = texts[number] { return known }
        let text = String(decoding: try names.name(number - 1), as: UTF8.self)
        if texts.count >= Self.rememberedMax { texts.removeAll() }
        texts[number] = text
        return text
    }

    mutating func requester(_ reader: inout ByteReader) throws(RecordError) -> Requester {
        let number = try reader.varint()
        if number == 0 { return try Requester(reading: try reader.run()) }
        if let known = requesters[number] { return known }
        let requester = try (try names.name(number - 1)).withUnsafeBytesTyped { bytes throws(RecordError) in
            try Requester(reading: bytes)
        }
        if requesters.count >= Self.rememberedMax { requesters.removeAll() }
        requesters[number] = requester
        return requester
    }

    private mutating func shape(_ reader: inout ByteReader) throws(RecordError) -> RecordShape {
        let number = try reader.varint()
        if number == 0 { return try RecordShape(reading: try reader.run(), &self) }
        if let known = shapes[number] { return known }
        let bytes = try names.name(number - 1)
        let shape = try bytes.withUnsafeBytesTyped { bytes throws(RecordError) in try RecordShape(reading: bytes, &self)
        }
        if shapes.count >= Self.rememberedMax { shapes.removeAll() }
        shapes[number] = shape
        return shape
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` that keeps the type of what is thrown.
    package func withUnsafeBytesTyped<T>(_ body: (UnsafeRawBufferPointer) throws(RecordError) -> T) throws(RecordError)
        -> T
    {
        let result = withUnsafeBytes { bytes -> Result<T, RecordError> in
            do throws(RecordError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension RecordDecoder {
    /// Only a journal record's time.
    package static func time(_ bytes: UnsafeRawBufferPointer, after time: Timestamp) throws(RecordError) -> Timestamp {
        var reader = ByteReader(bytes)
        _ = try reader.varint()
        return Timestamp(microseconds: time.microseconds &+ (try reader.zigzag()))
    }
}
