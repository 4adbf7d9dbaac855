import ClusterState
public import Records
import Synchronization

/// Single objects in the past, found through the index of versions.
extension DiskLog {
    public func versions(of key: ObjectKey) throws(LogError) -> [ObjectVersion] {
        let (tail, head) = shared.withLock { ($0.index, $0.head.revision) }
        let base = try floorState()
        let known = floor(of: key.store)
        return try read { transaction throws(LogError) in
            var found: [ObjectVersion] = []
            for life in try lives(of: key, transaction, tail, base) {
                let object = try damage(life.created) { () throws(RecordError) in
                    try LogNames(transaction, databases).object(life.number)
                }
                for segment in tail.segments where life.deleted == 0 || segment <= life.deleted {
                    for revision in try revisions(of: life.number, transaction, segment: segment)
                    where revision > known && revision < tail.first && revision <= head {
                        found.append(
                            ObjectVersion(kind: Self.kind(revision, life), uid: object.uid, revision: revision))
                    }
                }
                for revision in tail.revisions[life.number] ?? [] where revision > known && revision <= head {
                    found.append(ObjectVersion(kind: Self.kind(revision, life), uid: object.uid, revision: revision))
                }
            }
            return found
        }
    }

    private static func kind(_ revision: UInt64, _ life: VersionIndex.Life) -> Change.Kind {
        revision == life.created ? .created : (revision == life.deleted ? .deleted : .updated)
    }

    /// Every object that ever had the key, in the order of creation.
    func lives(
        of key: ObjectKey, _ transaction: Transaction, _ tail: VersionIndex, _ base: ClusterState
    ) throws(LogError) -> [VersionIndex.Life] {
        var lives: [VersionIndex.Life] = []
        let prefix = VersionIndex.lifePrefix(key)
        var cursor = try transaction.cursor(databases.keys)
        var more = try cursor.seek(prefix)
        while more, cursor.key.count == prefix.count + 8, cursor.key.starts(with: prefix) {
            let number = VersionIndex.number(ofLifeKey: cursor.key)
            let value = cursor.value
            var life = try damage(nil, key.description) { () throws(RecordError) in
                try VersionIndex.decode(value, number: number)
            }
            // A segment may have been written since the index in memory was looked at.
            if life.deleted == 0, let gone = tail.deleted[number] { life.deleted = gone.revision }
            lives.append(life)
            more = try cursor.next()
        }
        for life in tail.created[key] ?? [] where !lives.contains(where: { $0.number == life.number }) {
            lives.append(life)
        }
        if databases.inherited != nil, let object = base.object(key),
            !lives.contains(where: { $0.number == object.number })
        {
            let deleted = tail.deleted[object.number]?.revision ?? 0
            lives.insert(VersionIndex.Life(number: object.number, created: 0, deleted: deleted), at: 0)
        }
        return lives
    }

    /// The revisions in one segment at which the object changed.
    private func revisions(of number: UInt64, _ transaction: Transaction, segment: UInt64) throws(LogError) -> [UInt64]
    {
        var cursor = try transaction.cursor(databases.segments)
        let wanted = VersionIndex.chunkKey(segment: segment, number: number)
        var more = try cursor.seek(wanted)
        if !more { more = try cursor.last() } else if !cursor.key.elementsEqual(wanted) { more = try cursor.previous() }
        guard more, cursor.key.count == 16, UInt64(bigEndian: cursor.key.loadUnaligned(as: UInt64.self)) == segment
        else { return [] }
        let start = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let value = cursor.value
        return try damage(segment, "the index") { () throws(RecordError) in
            try VersionIndex.revisions(of: number, in: value, segment: segment, start: start)
        }
    }
}
