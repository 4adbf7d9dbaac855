public import ClusterState
import Dispatch
public import Records
import Schema
import Synchronization

/// Parts of past states, without folding the whole: what did not change since is taken from a state at hand, the rest is read
/// object by object. The cost follows what is found, not what the cluster holds.
extension DiskLog {
    public func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState {
        for part in parts { try requireKept(part.kind, at: revision) }
        let past = try sight(of: revision)
        // A state at hand that is close costs less than any search.
        if let near = past.nearestBefore, revision - near <= Limits.excerptFoldEvents { return try state(at: revision) }
        var objects: [StoredObject] = []
        for part in parts {
            switch part {
            case .object(let key): objects += try object(key, past)
            case .listing(let listing):
                guard let found = try list(listing, past) else { return try state(at: revision) }
                objects += found
            }
        }
        let time = try time(of: revision) ?? past.base.time
        return ClusterState(restoring: objects, revision: revision, time: time, creations: 0)
    }

    public func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject? {
        try requireKept(GroupResource(group: key.group, resource: key.resource), at: revision)
        return try object(key, try sight(of: revision)).first
    }

    private func sight(of revision: UInt64) throws(LogError) -> PastSight {
        // First what memory knows, then the file: so the file may know more, never less.
        let (head, floor, tail, atHand) = shared.withLock { shared in
            (shared.head.revision, shared.floor, shared.index, shared.remembered + shared.recent)
        }
        guard revision <= head else { throw .beyondHead(head: head) }
        guard revision >= floor else { throw .belowFloor(floor: floor) }
        return PastSight(
            revision: revision, tail: tail, base: try floorState(), isForked: databases.inherited != nil, atHand: atHand
        )
    }

    private func object(_ key: ObjectKey, _ past: PastSight) throws(LogError) -> [StoredObject] {
        let life = try read { transaction throws(LogError) in
            try lives(of: key, transaction, past.tail, past.base).last { $0.isAlive(at: past.revision) }
        }
        guard let life else { return [] }
        return try versions(of: [FoundLife(number: life.number, key: key)], past)
    }

    /// The objects of a listing; nil when they are so many that the whole state is sooner folded.
    private func list(_ listing: StateListing, _ past: PastSight) throws(LogError) -> [StoredObject]? {
        var source = try candidates(for: listing, past)
        if listing.limit == nil, let count = source.count, count > Limits.excerptObjectsMax { return nil }
        var found: [StoredObject] = []
        let limit = listing.limit ?? .max
        while found.count < limit {
            let most = listing.matches == nil ? min(limit - found.count, 4096) : min(max(limit, 512), 4096)
            let lives = try source.next(most, self)
            guard source.isOrdered else { return nil }
            if lives.isEmpty { break }
            for object in try versions(of: lives, past) where found.count < limit && listing.matches?(object) ?? true {
                found.append(object)
            }
            if listing.limit == nil, source.count == nil, found.count > Limits.excerptObjectsMax { return nil }
        }
        return found
    }

    /// The versions that objects had, in their order. Each must have been there.
    private func versions(of lives: [FoundLife], _ past: PastSight) throws(LogError) -> [StoredObject] {
        var objects = lives.map { past.atHand($0) }
        let missing = objects.indices.filter { objects[$0] == nil }
        guard !missing.isEmpty else { return objects.compactMap { $0 } }
        let changes = try lastChanges(of: missing.map { lives[$0].number }, past)
        // A few hundred in a transaction, so that none lasts; many go side by side.
        let batches = stride(from: 0, to: missing.count, by: Limits.excerptBatch).map {
            Array(missing[$0..<min($0 + Limits.excerptBatch, missing.count)])
        }
        let results = Mutex([Result<[StoredObject], LogError>](repeating: .success([]), count: batches.count))
        DispatchQueue.concurrentPerform(iterations: batches.count) { i in
            let result: Result<[StoredObject], LogError>
            do throws(LogError) {
                result = .success(try self.versions(of: batches[i].map { lives[$0] }, changes, past))
            } catch {
                result = .failure(error)
            }
            results.withLock { $0[i] = result }
        }
        for (batch, result) in zip(batches, results.withLock { $0 }) {
            for (i, object) in zip(batch, try result.get()) { objects[i] = object }
        }
        return objects.compactMap { $0 }
    }

    private func versions(of lives: [FoundLife], _ changes: [UInt64: UInt64], _ past: PastSight) throws(LogError)
        -> [StoredObject]
    {
        try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            var reader = try bodies(transaction)
            var objects: [StoredObject] = []
            objects.reserveCapacity(lives.count)
            for life in lives {
                guard let changed = changes[life.number] ?? past.atFloor(life)?.revision else {
                    throw .damaged(revision: past.revision, "no version of \(life.key.description) is found")
                }
                let earlier = past.earlier(life)
                if let earlier, earlier.revision == changed {
                    objects.append(earlier)
                    continue
                }
                var uid = (earlier ?? past.later(life))?.uid
                if uid == nil {
                    let identity = try damage(changed) { () throws(RecordError) in try names.object(life.number) }
                    guard identity.key == life.key else {
                        throw .damaged(revision: changed, "object \(life.number) is not \(life.key.description)")
                    }
                    uid = identity.uid
                }
                let body = try reader.body(of: life.number, life.key, at: changed, known: earlier)
                objects.append(
                    StoredObject(
                        key: life.key, number: life.number, uid: uid!, revision: changed, version: 0, body: body))
            }
            return objects
        }
    }
}

extension VersionIndex.Life {
    /// Whether the object was there when `revision` was the newest.
    func isAlive(at revision: UInt64) -> Bool { created <= revision && (deleted == 0 || deleted > revision) }
}
