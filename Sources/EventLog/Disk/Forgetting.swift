import Document
import Records
public import Schema
import Synchronization

/// Retention by kind: the bodies of what a kind's objects were go, that and when and by whom they were changed stays. The chain
/// covers bodies by their hashes and closes without them.
///
/// What objects were at the new floor must still be read: the bodies that make it up, back to a whole copy, are kept.
extension DiskLog {
    /// Forgets what the objects of a kind were before `revision`, which becomes the kind's floor: reads below it are refused. What a
    /// fork goes on from is kept, and all after it. Ends what an earlier call was kept from ending.
    public func forget(_ store: GroupResource, before revision: UInt64) throws(LogError) {
        if environment.isReadOnly { throw .unusable("\(directory) was opened for reading") }
        if databases.inherited != nil { throw .unusable("a fork keeps its journal whole: delete the fork") }
        if Retention.isNeededByOthers(store) { throw .unusable(Retention.neededByOthers(store)) }
        let (head, floor, known) = shared.withLock { ($0.head.revision, $0.floor, $0.kindFloors[store]) }
        guard revision <= head else { throw .beyondHead(head: head) }
        var place = known ?? KindFloor(revision: floor, time: Timestamp(microseconds: 0), forgotten: floor)
        let wanted = min(revision, forkBases().values.min() ?? revision)
        if wanted > max(place.revision, floor) {
            // What the index says of these bodies is read from them a last time.
            try writeSegment()
            place.revision = wanted
            place.time = try time(of: wanted) ?? place.time
            // Later ones are made without the kind. Before and after: neither a crash in between nor a new one may keep its bodies.
            if known == nil { removeKeyframes(before: .max) }
            // From here on nobody reads below the new floor.
            try set(place, of: store)
            if known == nil { removeKeyframes(before: .max) }
        }
        place.forgotten = max(place.forgotten, floor)
        guard place.forgotten < place.revision else { return }
        let plan = try plan(store, after: place.forgotten, through: place.revision)
        for revision in plan.older.keys.sorted() { try forget(plan, from: revision, through: revision) }
        try forget(plan, from: place.forgotten + 1, through: place.revision)
        place.forgotten = place.revision
        try set(place, of: store)
    }

    /// Which bodies go.
    private struct Plan {
        struct Place: Hashable {
            var revision: UInt64
            var number: UInt64
        }
        /// What of the kind changed in the stretch.
        var numbers: Set<UInt64> = []
        /// Versions of the stretch that the floor needs.
        var kept: Set<Place> = []
        /// Versions from before the stretch that an earlier floor needed: the objects' numbers by revision.
        var older: [UInt64: Set<UInt64>] = [:]

        func forgets(_ revision: UInt64, _ number: UInt64) -> Bool {
            if let older = older[revision] { return older.contains(number) }
            return numbers.contains(number) && !kept.contains(Place(revision: revision, number: number))
        }
    }

    private func plan(_ store: GroupResource, after start: UInt64, through end: UInt64) throws(LogError) -> Plan {
        struct Changes {
            /// The version before the stretch; 0 when there was none.
            var before: UInt64
            var last: UInt64
            var isDeleted: Bool
        }
        var changes: [UInt64: Changes] = [:]
        var others: Set<UInt64> = []
        try eachBatch(from: start + 1, through: end) { first, last throws(LogError) in
            try read { transaction throws(LogError) in
                let names = LogNames(transaction, databases)
                try forEachRecord(transaction, from: first, through: last, names: names) {
                    revision, bytes, _, _ throws(RecordError) in
                    try RawChange.forEach(in: bytes, revision: revision) { change throws(RecordError) in
                        let isDeleted = change.kind == .deleted
                        if var known = changes[change.number] {
                            (known.last, known.isDeleted) = (revision, isDeleted)
                            changes[change.number] = known
                        } else if !others.contains(change.number) {
                            let key = try names.object(change.number).key
                            if key.resource == store.resource, key.group == store.group {
                                changes[change.number] = Changes(
                                    before: change.previousRevision, last: revision, isDeleted: isDeleted)
                            } else {
                                others.insert(change.number)
                            }
                        }
                        return true
                    }
                    return true
                }
            }
        }
        var plan = Plan()
        plan.numbers = Set(changes.keys)
        let floor = floor
        for batch in Array(changes).chunks(of: Limits.excerptBatch) {
            try read { transaction throws(LogError) in
                var reader = try bodies(transaction)
                for (number, change) in batch {
                    let needed = change.isDeleted ? [] : try reader.needed(for: number, at: change.last)
                    for revision in needed where revision > start {
                        plan.kept.insert(Plan.Place(revision: revision, number: number))
                    }
                    guard change.before > floor, needed.last.map({ $0 > start }) ?? true else { continue }
                    for revision in try reader.needed(for: number, at: change.before) {
                        plan.older[revision, default: []].insert(number)
                    }
                }
            }
        }
        return plan
    }

    /// Takes the planned bodies out of the blocks of some revisions.
    private func forget(_ plan: Plan, from first: UInt64, through last: UInt64) throws(LogError) {
        var next = first
        while next <= last {
            var blocks: [(first: UInt64, bytes: [UInt8])] = []
            var forgetsAny = false
            try read { transaction throws(LogError) in
                var cursor = try transaction.cursor(databases.journal)
                var more = try cursor.seekBack(next)
                var size = 0
                while more, next <= last, size < Limits.forgetBytes {
                    let (start, value) = (cursor.number, cursor.value)
                    let less = try damage(start) { () throws(RecordError) in
                        let block = try JournalBlock(value, firstRevision: start)
                        next = start + UInt64(block.count)
                        return try block.forgetting(SHA256Hasher.self) { revision, number in
                            revision >= first && revision <= last && plan.forgets(revision, number)
                        }
                    }
                    size += value.count
                    forgetsAny = forgetsAny || less != nil
                    blocks.append((start, less ?? Array(value)))
                    more = try cursor.next()
                }
                if !more { next = last + 1 }
            }
            guard forgetsAny else { continue }
            let rewritten = blocks
            let growth = rewritten.reduce(Limits.commitPagesMax * 4096) { $0 + $1.bytes.count + 8192 }
            _ = try change(growth: growth) { transaction, _ throws(LogError) in
                // Blocks that got smaller where they are would leave their pages half empty.
                for block in rewritten { try transaction.remove(databases.journal, block.first) }
                for block in rewritten { try transaction.put(databases.journal, block.first, block.bytes) }
            }
        }
    }

    /// Stretches of revisions that are read in one transaction each.
    private func eachBatch(
        from first: UInt64, through last: UInt64, _ body: (UInt64, UInt64) throws(LogError) -> Void
    ) throws(LogError) {
        var next = first
        while next <= last {
            let end = min(next + 8191, last)
            try body(next, end)
            next = end + 1
        }
    }
}

extension Array {
    /// The elements in runs of at most `count`.
    fileprivate func chunks(of count: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
    }
}
