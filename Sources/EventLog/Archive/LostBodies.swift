internal import Document
internal import Records
internal import Schema

/// What a copy does not know, because it was forgotten by kind before the copy was made.
struct LostBodies {
    /// The last forgotten version of each kind.
    private var last: [GroupResource: UInt64] = [:]
    /// Objects whose newest version is a forgotten one, by number.
    private var unknown: [UInt64: (key: ObjectKey, revision: UInt64)] = [:]

    mutating func note(_ change: StoredChange, _ revision: UInt64) {
        let key = change.object.key
        if change.isForgotten { last[key.store] = revision }
        if change.isForgotten, change.kind != .deleted {
            unknown[change.number] = (key, revision)
        } else if !unknown.isEmpty {
            unknown[change.number] = nil
        }
    }

    /// A cluster cannot begin with objects of which only the names are known.
    var refusal: LogError? {
        guard let first = unknown.values.min(by: { $0.revision < $1.revision }) else { return nil }
        return .unusable(
            "the copy does not know what \(first.key.description) was then (revision \(first.revision)), it was forgotten before the copy was made: restore to a later moment"
        )
    }

    /// The kinds' floors in the restored log.
    func floors(_ log: DiskLog) throws(LogError) -> [GroupResource: KindFloor] {
        var floors: [GroupResource: KindFloor] = [:]
        for (store, revision) in last {
            let time = try log.time(of: revision) ?? Timestamp(microseconds: 0)
            floors[store] = KindFloor(revision: revision, time: time, forgotten: revision)
        }
        return floors
    }
}
