import ClusterState
import Records
public import Schema
import Synchronization

/// Who had a fact in the past, and how many they were.
extension DiskLog {
    /// Whether the index of facts reaches back to the floor. In logs that were begun before there was one it does not.
    func knowsFacts(_ tail: VersionIndex, floor: UInt64) -> Bool {
        (tail.factsFirst ?? tail.first) <= floor + 1
    }

    /// How many objects of a store, or of a namespace of it, there were; nil when the index does not say.
    public func population(of store: GroupResource, namespace: String, at revision: UInt64) throws(LogError) -> Int? {
        try requireKept(store, at: revision)
        let (tail, floor, head) = shared.withLock { ($0.index, $0.floor, $0.head.revision) }
        guard revision <= head else { throw .beyondHead(head: head) }
        guard revision >= floor else { throw .belowFloor(floor: floor) }
        guard knowsFacts(tail, floor: floor) else { return nil }
        let base = try floorState()
        let before = base.count(store, namespace: namespace.isEmpty ? nil : namespace)
        let code = FactCode(store).presence(namespace: namespace)
        return before
            + (try read { transaction throws(LogError) in
                try factChange(code, floor: base.revision, through: revision, transaction, tail)
            })
    }

    /// By how many the objects with a fact became more after the floor.
    func factChange(
        _ code: UInt64, floor: UInt64, through revision: UInt64, _ transaction: Transaction, _ tail: VersionIndex
    ) throws(LogError) -> Int {
        var change = 0
        // A segment may have been written, and joined with others, since the index in memory was looked at.
        let last = min(revision, tail.first - 1)
        try forEachStored(code, through: last, transaction, tail) { stored, segment throws(RecordError) in
            if segment > floor, stored.last <= last {
                change += stored.gains - stored.losses
                return
            }
            try stored.forEach { note in
                if note.revision > floor, note.revision <= last { change += note.isGain ? 1 : -1 }
                return note.revision <= last
            }
        }
        for note in tail.facts.notes[code] ?? [] where note.revision > floor && note.revision <= revision {
            change += note.isGain ? 1 : -1
        }
        return change
    }

    /// The numbers of the objects that had a fact at a revision; `before` are those that had it at the floor.
    func holders(
        of code: UInt64, before: Set<UInt64>, floor: UInt64, at revision: UInt64, _ transaction: Transaction,
        _ tail: VersionIndex
    ) throws(LogError) -> Set<UInt64> {
        var holders = before
        func follow(_ note: FactNotes.Note) {
            guard note.revision > floor, note.revision <= revision else { return }
            if note.isGain { holders.insert(note.number) } else { holders.remove(note.number) }
        }
        let last = min(revision, tail.first - 1)
        try forEachStored(code, through: last, transaction, tail) { stored, _ throws(RecordError) in
            try stored.forEach { note in
                if note.revision <= last { follow(note) }
                return note.revision <= last
            }
        }
        for note in tail.facts.notes[code] ?? [] { follow(note) }
        return holders
    }

    private func forEachStored(
        _ code: UInt64, through revision: UInt64, _ transaction: Transaction, _ tail: VersionIndex,
        _ body: (StoredFact, UInt64) throws(RecordError) -> Void
    ) throws(LogError) {
        guard let facts = databases.facts else { return }
        var cursor = try transaction.cursor(facts)
        for segment in tail.segments where segment <= revision {
            let wanted = FactNotes.key(segment: segment, code: code)
            guard try cursor.seek(wanted), cursor.key.elementsEqual(wanted) else { continue }
            let value = cursor.value
            try damage(segment, "the index of facts") { () throws(RecordError) in
                try body(try StoredFact(value, segment: segment, code: code), segment)
            }
        }
    }
}
