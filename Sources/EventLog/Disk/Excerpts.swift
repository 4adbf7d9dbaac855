public import ClusterState
public import Records
public import Schema
import Synchronization

/// Which objects of a past state are wanted.
public enum StatePart: Sendable {
    case object(ObjectKey)
    /// All objects of a store; with a namespace, those in it alone.
    case store(GroupResource, namespace: String)
}

/// Parts of past states, without folding the whole: what did not change since is taken from a state at hand, the rest is read
/// object by object.
extension DiskLog {
    public func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState {
        let (head, floor) = shared.withLock { ($0.head.revision, $0.floor) }
        guard revision <= head else { throw .beyondHead(head: head) }
        guard revision >= floor else { throw .belowFloor(floor: floor) }
        // A state at hand that is close costs less than any search.
        let (near, present) = shared.withLock { shared in
            (
                (shared.remembered + shared.recent).filter { $0.revision <= revision }.map(\.revision).max(),
                shared.recent.last
            )
        }
        if let near, revision - near <= Limits.excerptFoldEvents { return try state(at: revision) }
        let base = floor > 0 ? try state(at: floor) : ClusterState()
        let found = try read { transaction throws(LogError) -> ClusterState? in
            var wanted: [(number: UInt64, identity: ObjectIdentity)] = []
            var objects: [StoredObject] = []
            let names = LogNames(transaction, databases)
            let tail = shared.withLock { $0.index }
            for part in parts {
                guard let lives = try lives(of: part, at: revision, transaction, tail, base) else { return nil }
                for life in lives {
                    let identity = try damage(life.created) { () throws(RecordError) in try names.object(life.number) }
                    if let now = present?.object(identity.key), now.number == life.number, now.revision <= revision {
                        objects.append(now)
                    } else {
                        wanted.append((life.number, identity))
                    }
                }
            }
            let changes = try lastChanges(of: wanted, notAfter: revision, transaction, tail, base)
            for (number, identity) in wanted {
                guard let changed = changes[number] else {
                    throw .damaged(revision: revision, "no version of \(identity.key.description) is found")
                }
                let bytes = try body(transaction, names, number, identity.key, changed, base)
                objects.append(
                    StoredObject(
                        key: identity.key, number: number, uid: identity.uid, revision: changed, version: 0,
                        body: bytes))
            }
            let time = try time(of: revision) ?? base.time
            return ClusterState(restoring: objects, revision: revision, time: time, creations: 0)
        }
        if let found { return found }
        return try state(at: revision)
    }

    /// What lived at a revision; nil when that is more than an excerpt should be made of.
    private func lives(
        of part: StatePart, at revision: UInt64, _ transaction: Transaction, _ tail: VersionIndex, _ base: ClusterState
    ) throws(LogError) -> [VersionIndex.Life]? {
        let store: GroupResource
        let space: String
        switch part {
        case .object(let key):
            return try lives(of: key, transaction, tail, base).filter { $0.isAlive(at: revision) }
        case .store(let group, let namespace): (store, space) = (group, namespace)
        }
        var lives: [VersionIndex.Life] = []
        var seen = 0
        let prefix = VersionIndex.storePrefix(store, namespace: space)
        var cursor = try transaction.cursor(databases.keys)
        var more = try cursor.seek(prefix)
        while more, cursor.key.starts(with: prefix) {
            seen += 1
            if seen > Limits.excerptKeysMax || lives.count > Limits.excerptObjectsMax { return nil }
            let number = VersionIndex.number(ofLifeKey: cursor.key)
            let value = cursor.value
            var life = try damage(nil, "object \(number)") { () throws(RecordError) in
                try VersionIndex.decode(value, number: number)
            }
            // A segment may have been written since the index in memory was looked at.
            if life.deleted == 0, let gone = tail.deleted[number] { life.deleted = gone.revision }
            if life.isAlive(at: revision) { lives.append(life) }
            more = try cursor.next()
        }
        let known = Set(lives.map(\.number))
        for (key, list) in tail.created
        where key.group == store.group && key.resource == store.resource && (space.isEmpty || key.namespace == space) {
            lives += list.filter { $0.isAlive(at: revision) && !known.contains($0.number) }
        }
        return lives.count > Limits.excerptObjectsMax ? nil : lives
    }

    /// The last revision at which each object changed: one walk back through the index for all of them.
    private func lastChanges(
        of objects: [(number: UInt64, identity: ObjectIdentity)], notAfter revision: UInt64,
        _ transaction: Transaction, _ tail: VersionIndex, _ base: ClusterState
    ) throws(LogError) -> [UInt64: UInt64] {
        var found: [UInt64: UInt64] = [:]
        var missing: Set<UInt64> = []
        for (number, _) in objects {
            if revision >= tail.first, let change = tail.lastChange(of: number, notAfter: revision) {
                found[number] = change
            } else {
                missing.insert(number)
            }
        }
        for segment in tail.segments.reversed() where segment <= revision {
            if missing.isEmpty { break }
            var cursor = try transaction.cursor(databases.segments)
            var more = try cursor.seek(bigEndian(segment))
            while more, cursor.key.count == 16,
                UInt64(bigEndian: cursor.key.loadUnaligned(as: UInt64.self)) == segment
            {
                let start = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                let value = cursor.value
                try damage(segment, "the index") { () throws(RecordError) in
                    try VersionIndex.forEach(in: value, segment: segment, start: start) { number, revisions in
                        guard missing.contains(number), let last = revisions.last(where: { $0 <= revision }),
                            last > base.revision
                        else { return }
                        found[number] = last
                        missing.remove(number)
                    }
                }
                more = try cursor.next()
            }
        }
        for (number, identity) in objects where missing.contains(number) {
            if let object = base.object(identity.key), object.number == number { found[number] = object.revision }
        }
        return found
    }
}

extension VersionIndex.Life {
    /// Whether the object was there when `revision` was the newest.
    func isAlive(at revision: UInt64) -> Bool { created <= revision && (deleted == 0 || deleted > revision) }
}
