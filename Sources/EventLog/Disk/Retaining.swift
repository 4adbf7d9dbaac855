public import Document
import Records

/// Retention as a running server does it: now and then a turn, each in many short transactions between the writer's.
extension DiskLog {
    /// What the databases take, free pages left out.
    func liveBytes() throws(LogError) -> UInt64 {
        try read { transaction throws(LogError) in
            var total: UInt64 = 0
            for database in [
                databases.journal, databases.access, databases.names, databases.objects, databases.segments,
                databases.keys, databases.anchors,
            ] + [databases.facts].compactMap({ $0 }) { total += try transaction.size(database).bytes }
            return total
        }
    }

    /// When the oldest access record that is kept was made.
    func oldestAccess() throws(LogError) -> Timestamp? {
        try read { transaction throws(LogError) in
            var cursor = try transaction.cursor(databases.access)
            guard try cursor.first() else { return nil }
            let first = cursor.number
            let value = cursor.value
            return try damage(nil, "access record \(first)") { () throws(RecordError) in
                try AccessBlock(value, firstOrdinal: first).time
            }
        }
    }

    /// What `retain` would do now. Journal events after `limit` stay in any case: somebody still needs them.
    public func due(_ retention: Retention, now: Timestamp, limit: UInt64 = .max) throws(LogError) -> RetentionTurn {
        var turn = RetentionTurn()
        let (head, floor) = (head, floor)
        // What forks go on from stays.
        let limit = min(limit, forkBases().values.min() ?? limit)
        if let age = retention.accessMicroseconds, let oldest = try oldestAccess() {
            let cut = now.adding(microseconds: -age)
            if oldest < cut.adding(microseconds: -Retention.slack(age)) { turn.accessBefore = cut }
        }
        var wanted = floor
        if let age = retention.journalMicroseconds, let oldest = try time(of: floor + 1) {
            let cut = now.adding(microseconds: -age)
            // The state at the cut itself is kept: the floor is the last revision that is not after it.
            if oldest < cut.adding(microseconds: -Retention.slack(age)) { wanted = try revision(at: cut) }
        }
        if let bytes = retention.bytes,
            let low = Retention.floor(keeping: bytes, of: try liveBytes(), from: floor, to: head.revision)
        {
            wanted = max(wanted, low)
            if let time = try time(of: low) { turn.accessBefore = max(turn.accessBefore ?? time, time) }
        }
        wanted = min(wanted, limit, head.revision)
        if wanted > floor { turn.floor = wanted }
        for (store, age) in retention.kinds {
            let cut = now.adding(microseconds: -age)
            let place = shared.withLock { $0.kindFloors[store] }
            let known = max(place?.revision ?? 0, wanted)
            if let place, place.forgotten < place.revision { turn.kindFloors[store] = place.revision }
            guard let oldest = try time(of: known + 1),
                oldest < cut.adding(microseconds: -Retention.slack(age))
            else { continue }
            let kept = min(try revision(at: cut), limit)
            if kept > known { turn.kindFloors[store] = kept }
        }
        return turn
    }

    /// Forgets what the retention no longer allows, and says what went.
    public func retain(_ retention: Retention, now: Timestamp, limit: UInt64 = .max) throws(LogError) -> RetentionTurn {
        let turn = try due(retention, now: now, limit: limit)
        try forget(turn)
        return turn
    }

    /// Forgets what a turn names.
    public func forget(_ turn: RetentionTurn) throws(LogError) {
        if turn.floor != nil || turn.accessBefore != nil {
            try prune(journalBefore: turn.floor, accessBefore: turn.accessBefore)
        }
        for (store, floor) in turn.kindFloors.sorted(by: { $0.key < $1.key }) { try forget(store, before: floor) }
    }
}
