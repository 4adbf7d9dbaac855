public import ClusterState
import Dispatch
public import Records
import Synchronization

/// Parts of past states, without folding the whole: what did not change since is taken from a state at hand, the rest is read
/// object by object. The cost follows what is found, not what the cluster holds.
extension DiskLog {
    public func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState {
        for part in parts { try requireKept(part.kind, at: revision) }
        let past = try sight(of: revision)
        if isNear(past) { return try state(at: revision) }
        var objects: [StoredObject] = []
        for part in parts {
            switch part {
            case .object(let key): objects += try object(key, past)
            case .listing(let listing):
                let candidates = try candidates(for: listing, past)
                // So many are sooner folded.
                if listing.limit == nil, let count = candidates.count, count > Limits.excerptObjectsMax {
                    return try state(at: revision)
                }
                var list = PastListing(listing, candidates, past, in: self)
                objects += try list.rest()
            }
        }
        let time = try time(of: revision) ?? past.base.time
        return ClusterState(restoring: objects, revision: revision, time: time, creations: 0)
    }

    public func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject? {
        try requireKept(key.store, at: revision)
        return try object(key, try sight(of: revision)).first
    }

    func sight(of revision: UInt64) throws(LogError) -> PastSight {
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

    /// Whether a state at hand is so close that to go on from it costs less than any search.
    func isNear(_ past: PastSight) -> Bool {
        past.nearestBefore.map { past.revision - $0 <= Limits.excerptFoldEvents } ?? false
    }

    private func object(_ key: ObjectKey, _ past: PastSight) throws(LogError) -> [StoredObject] {
        let life = try read { transaction throws(LogError) in
            try lives(of: key, transaction, past.tail, past.base).last { $0.isAlive(at: past.revision) }
        }
        guard let life else { return [] }
        return try versions(of: [past.found(life.number, key)], past, remembers: true)
    }

    /// The versions that objects had, in their order. Each must have been there. With `remembers` they are kept for the next one
    /// who asks, within limits.
    func versions(of lives: [FoundLife], _ past: PastSight, remembers: Bool) throws(LogError) -> [StoredObject] {
        // What was pruned meanwhile is not there any more.
        let floor = floor
        guard past.revision >= floor else { throw .belowFloor(floor: floor) }
        var objects = lives.map { past.atHand($0) }
        let missing = objects.indices.filter { objects[$0] == nil }
        guard !missing.isEmpty else { return objects.compactMap { $0 } }
        let changes = try lastChanges(of: missing.map { lives[$0].number }, past)
        var wanted: [(revision: UInt64, place: Int)] = []
        wanted.reserveCapacity(missing.count)
        for (place, changed) in zip(missing, changes) {
            guard let changed = changed ?? past.atFloor(lives[place])?.revision else {
                throw .damaged(revision: past.revision, "no version of \(lives[place].key.description) is found")
            }
            wanted.append((changed, place))
        }
        pastVersions.withLock { versions in
            wanted.removeAll { revision, place in
                guard let known = versions.find(lives[place].number, revision) else { return false }
                objects[place] = known
                return true
            }
        }
        // Those that changed together lie together.
        wanted.sort { $0.revision < $1.revision }
        // A few hundred in a transaction, so that none lasts; many go side by side.
        let batches = stride(from: 0, to: wanted.count, by: Limits.excerptBatch).map {
            wanted[$0..<min($0 + Limits.excerptBatch, wanted.count)]
        }
        let results = Mutex([Result<[StoredObject], LogError>](repeating: .success([]), count: batches.count))
        DispatchQueue.concurrentPerform(iterations: batches.count) { i in
            let result: Result<[StoredObject], LogError>
            do throws(LogError) {
                result = .success(try self.versions(batches[i].map { (lives[$0.place], $0.revision) }, past))
            } catch {
                result = .failure(error)
            }
            results.withLock { $0[i] = result }
        }
        for (batch, result) in zip(batches, results.withLock { $0 }) {
            let read = try result.get()
            for (wanted, object) in zip(batch, read) { objects[wanted.place] = object }
            if remembers { pastVersions.withLock { $0.keep(read) } }
        }
        return objects.compactMap { $0 }
    }

    /// The same for some in the order of their revisions, in one transaction.
    private func versions(_ wanted: [(life: FoundLife, revision: UInt64)], _ past: PastSight) throws(LogError)
        -> [StoredObject]
    {
        try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            let keyframe = keyframe(notAfter: past.revision)
            var batch = try BodyBatch(
                transaction, self,
                wanted: wanted.map {
                    BodyBatch.Wanted(
                        number: $0.life.number, key: $0.life.key, revision: $0.revision, known: past.earlier($0.life),
                        framed: keyframe?.place(of: $0.life.number))
                }, keyframe)
            let bodies = try batch.bodies()
            var objects: [StoredObject] = []
            objects.reserveCapacity(wanted.count)
            for ((life, changed), body) in zip(wanted, bodies) {
                let other = life.later ?? past.earlier(life)
                if let other, other.revision == changed {
                    objects.append(other)
                    continue
                }
                var uid = other?.uid
                if uid == nil {
                    let identity = try damage(changed) { () throws(RecordError) in try names.object(life.number) }
                    guard identity.key == life.key else {
                        throw .damaged(revision: changed, "object \(life.number) is not \(life.key.description)")
                    }
                    uid = identity.uid
                }
                objects.append(
                    StoredObject(
                        shown: life.key, number: life.number, uid: uid!, revision: changed, body: body, like: other))
            }
            return objects
        }
    }
}

extension VersionIndex.Life {
    /// Whether the object was there when `revision` was the newest.
    func isAlive(at revision: UInt64) -> Bool { created <= revision && (deleted == 0 || deleted > revision) }
}
