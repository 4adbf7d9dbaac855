import ClusterState
import Document
import Records

/// A batch on its way to the file: encoded records, and what the log will be after it.
struct BatchDraft {
    /// What a change of this batch left behind for the next one of the same object.
    private struct Version {
        var number: UInt64
        var version: UInt64
        var object: StoredObject
        var isDeleted: Bool
        var revision: UInt64 { object.revision }
        var body: [UInt8] { object.body }
    }
    /// A change with the object's versions before and after it.
    private struct Noted {
        var kind: Change.Kind
        var number: UInt64
        var revision: UInt64
        var old: StoredObject?
        var new: StoredObject
    }

    /// Access records of one block, encoded one after the other.
    private struct AccessContent {
        var firstOrdinal: UInt64
        var firstTime: Timestamp
        var firstRevision: UInt64
        var time: Timestamp
        var revision: UInt64
        var count = 0
        var content = ByteWriter()
    }

    private let state: ClusterState
    private let start: Anchor
    private(set) var end: Anchor
    /// The newest time of the batch.
    private(set) var time: Timestamp
    private var journalEnd: Timestamp
    /// The objects created, by number.
    private(set) var created: [(number: UInt64, identity: ObjectIdentity)] = []
    private var changes: [Noted] = []
    private var pending: [ObjectKey: Version] = [:]
    private var creations: UInt64
    private var journalTime: Timestamp?
    private var journal: [[UInt8]] = []
    private var access: [AccessContent] = []

    init(after state: ClusterState, end: Anchor) {
        self.state = state
        start = end
        self.end = end
        time = state.time
        journalEnd = state.time
        creations = state.creations
    }

    mutating func journal(_ record: EventRecord, _ encoder: inout RecordEncoder) throws(LogError) {
        guard record.revision == end.revision + 1 else {
            throw .outOfOrder("revision \(record.revision) after \(end.revision)")
        }
        if journal.isEmpty, state.revision != end.revision {
            throw .outOfOrder("the state is at revision \(state.revision), the log at \(end.revision)")
        }
        guard record.time >= journalEnd else {
            throw .outOfOrder("the time of revision \(record.revision) is before the one ahead of it")
        }
        var bases: [ChangeBase] = []
        for change in record.changes { bases.append(try base(of: change, record.revision)) }
        if journalTime == nil { journalTime = record.time }
        journalEnd = record.time
        time = max(time, record.time)
        var out = ByteWriter()
        encoder.journal(record, bases: bases, after: journalTime!, into: &out)
        journal.append(out.bytes)
        end.revision = record.revision
    }

    mutating func access(_ record: EventRecord, _ encoder: inout RecordEncoder) {
        end.ordinal += 1
        time = max(time, record.time)
        if access.isEmpty || access[access.count - 1].content.bytes.count > Limits.inlineBlockBytesMax - 150 {
            access.append(
                AccessContent(
                    firstOrdinal: end.ordinal, firstTime: record.time, firstRevision: record.revision,
                    time: record.time,
                    revision: record.revision))
        }
        let i = access.count - 1
        encoder.access(record, after: access[i].revision, access[i].time, into: &access[i].content)
        access[i].revision = record.revision
        access[i].time = record.time
        access[i].count += 1
    }

    private mutating func base(of change: Change, _ revision: UInt64) throws(LogError) -> ChangeBase {
        var old = pending[change.key]
        if old == nil, let stored = state.object(change.key) {
            old = Version(number: stored.number, version: stored.version, object: stored, isDeleted: false)
        }
        if old?.isDeleted == true { old = nil }
        guard let before = old else {
            guard change.kind == .created else {
                throw .outOfOrder("\(change.key.description) is changed but does not exist")
            }
            creations += 1
            created.append((creations, ObjectIdentity(key: change.key, uid: change.uid)))
            note(change, creations, version: 0, revision, after: nil)
            return ChangeBase(number: creations, body: nil)
        }
        guard change.kind != .created else { throw .outOfOrder("\(change.key.description) is created but exists") }
        guard change.previousRevision == before.revision else {
            throw .outOfOrder(
                "\(change.key.description) is at revision \(before.revision), the event says \(change.previousRevision)"
            )
        }
        guard before.revision < revision else {
            throw .outOfOrder("\(change.key.description) changes twice in revision \(revision)")
        }
        let version = before.version + 1
        note(change, before.number, version: version, revision, after: before.object)
        return ChangeBase(number: before.number, body: version % Limits.versionsPerWholeCopy == 0 ? nil : before.body)
    }

    private mutating func note(
        _ change: Change, _ number: UInt64, version: UInt64, _ revision: UInt64, after old: StoredObject?
    ) {
        let object = StoredObject(key: change.key, uid: change.uid, revision: revision, body: change.body)
        pending[change.key] = Version(
            number: number, version: version, object: object, isDeleted: change.kind == .deleted)
        changes.append(Noted(kind: change.kind, number: number, revision: revision, old: old, new: object))
    }

    func note(in index: inout VersionIndex) {
        for change in changes {
            index.note(
                change.kind, change.new.key, number: change.number, revision: change.revision, from: change.old,
                to: change.kind == .deleted ? nil : change.new)
        }
        index.note(revision: end.revision)
    }

    /// The values to write, keyed by the first revision or ordinal of each. The names go with the first.
    mutating func blocks(names: [[UInt8]], firstName: UInt64) -> (
        journal: [(UInt64, [UInt8])], access: [(UInt64, [UInt8])]
    ) {
        var names = names
        var journalBlocks: [(UInt64, [UInt8])] = []
        let total = journal.reduce(0) { $0 + $1.count }
        let most = total >= Limits.largeBatchBytes ? Limits.largeBlockBytesMax : Limits.inlineBlockBytesMax - 64
        var first = 0
        while first < journal.count {
            var last = first
            var bytes = journal[first].count
            while last + 1 < journal.count, bytes + journal[last + 1].count + 8 <= most {
                last += 1
                bytes += journal[last].count + 8
            }
            let revision = start.revision + 1 + UInt64(first)
            journalBlocks.append(
                (
                    revision,
                    JournalBlock.write(
                        SHA256Hasher.self, journal[first...last], firstRevision: revision, time: journalTime!,
                        names: names,
                        firstName: firstName, chain: &end.chain)
                ))
            names = []
            first = last + 1
        }
        var accessBlocks: [(UInt64, [UInt8])] = []
        for block in access {
            let bytes = AccessBlock.write(
                SHA256Hasher.self, content: block.content.bytes, count: block.count, firstOrdinal: block.firstOrdinal,
                time: block.firstTime, revision: block.firstRevision, names: names, firstName: firstName,
                chain: &end.accessChain)
            accessBlocks.append((block.firstOrdinal, bytes))
            names = []
        }
        return (journalBlocks, accessBlocks)
    }
}
