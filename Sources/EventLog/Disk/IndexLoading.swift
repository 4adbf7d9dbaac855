import ClusterState
import Records
import Synchronization

extension DiskLog {
    /// The last revision that segments cover.
    static let indexedKey = Array("indexed".utf8)
    /// The first revision that the stored facts cover.
    static let factsKey = Array("facts".utf8)

    /// The index of the newest stretch, from the records that no segment covers. `known` is what was loaded before: when it begins
    /// at the same place, only what came since is read.
    func loadIndex(after known: VersionIndex? = nil) throws(LogError) -> VersionIndex {
        let head = head.revision
        let floor = floor
        return try read { transaction throws(LogError) in
            var index = VersionIndex()
            var first = floor + 1
            if let last = try number(Self.indexedKey, transaction) { first = max(first, last + 1) }
            if let known, known.first == first { index = known } else { index.begin(at: first) }
            index.segments = []
            index.factsFirst = try number(Self.factsKey, transaction)
            var cursor = try transaction.cursor(databases.segments)
            var more = try cursor.first()
            while more {
                let segment = UInt64(bigEndian: cursor.key.loadUnaligned(as: UInt64.self))
                index.segments.append(segment)
                more = try cursor.seek(bigEndian(segment + 1))
            }
            let names = LogNames(transaction, databases)
            var reader = try bodies(transaction)
            // The versions met on the way: most changes continue one of them.
            var objects: [UInt64: StoredObject] = [:]
            var failure: LogError?
            try forEachRecord(transaction, from: index.last + 1, through: head, names: names) {
                revision, bytes, block, decoder throws(RecordError) in
                let (_, changes) = try decoder.journal(bytes, revision: revision, after: block.time, facts: false)
                for change in changes {
                    var old: StoredObject?
                    if change.kind != .created {
                        old = objects.removeValue(forKey: change.number)
                        if old?.revision != change.previousRevision {
                            do throws(LogError) {
                                let body = try reader.body(
                                    of: change.number, change.object.key, at: change.previousRevision)
                                old = change.object.version(change.previousRevision, body)
                            } catch {
                                failure = error
                                throw RecordError(error.description)
                            }
                        }
                    }
                    let body = try change.change { old?.body ?? [] }.body
                    let new = change.kind == .deleted ? nil : change.object.version(revision, body)
                    index.note(
                        change.kind, change.object.key, number: change.number, revision: revision, from: old, to: new)
                    objects[change.number] = new
                }
                index.note(revision: revision)
                return true
            }
            if let failure { throw failure }
            return index
        }
    }

    private func number(_ key: [UInt8], _ transaction: Transaction) throws(LogError) -> UInt64? {
        try transaction.get(databases.meta, key).flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    }
}

extension ObjectIdentity {
    fileprivate func version(_ revision: UInt64, _ body: [UInt8]) -> StoredObject {
        StoredObject(key: key, uid: uid, revision: revision, body: body)
    }
}
