public import ClusterState
import Records
import Synchronization

/// Whole states: the newest one at the start, and past ones.
extension DiskLog {
    public func recover() throws(LogError) -> Recovery {
        let head = head
        var state = try newestCheckpoint(notAfter: head.revision)
        let start = state.revision
        try fold(&state, through: head.revision)
        let recovered = state
        shared.withLock { $0.remember(present: recovered) }
        return Recovery(state: state, head: head, eventsReplayed: Int(head.revision - start))
    }

    /// The state at the floor, kept at hand: empty when nothing was pruned.
    func floorState() throws(LogError) -> ClusterState {
        let (floor, known) = shared.withLock { ($0.floor, $0.floorState) }
        if let known, known.revision == floor { return known }
        guard floor > 0 else { return ClusterState() }
        let state = try newestCheckpoint(notAfter: floor)
        shared.withLock { if $0.floor == state.revision { $0.floorState = state } }
        return state
    }

    public func state(at revision: UInt64) throws(LogError) -> ClusterState {
        let state = try wholeState(at: revision)
        let unknown = kindsForgotten(at: revision)
        return unknown.isEmpty ? state : state.without(unknown)
    }

    /// The same with objects that have nothing but their names in the place of those that are forgotten: what later events go on from.
    func wholeState(at revision: UInt64) throws(LogError) -> ClusterState {
        let (head, floor) = shared.withLock { ($0.head.revision, $0.floor) }
        guard revision <= head else { throw .beyondHead(head: head) }
        guard revision >= floor else { throw .belowFloor(floor: floor) }
        let near = shared.withLock { shared in
            (shared.remembered + shared.recent + [shared.floorState].compactMap { $0 }).filter {
                $0.revision <= revision
            }.max { $0.revision < $1.revision }
        }
        if let near, near.revision == revision { return near }
        var state = near ?? ClusterState()
        if let checkpoint = checkpointRevisions().last(where: { $0 <= revision }),
            near == nil || checkpoint > state.revision
        {
            state = try newestCheckpoint(notAfter: revision)
        }
        if state.revision < floor, let base = databases.inherited { state = base.state }
        if near == nil, state.revision < floor {
            throw .damaged(revision: floor, "the checkpoint at the floor is missing")
        }
        try fold(&state, through: revision)
        let result = state
        shared.withLock { shared in
            shared.remembered.removeAll { $0.revision == revision }
            shared.remembered.append(result)
            // States that were folded apart share little: few of a large cluster are kept.
            while shared.remembered.count > Limits.rememberedStates
                || (shared.remembered.count > 1
                    && shared.remembered.reduce(0) { $0 + $1.objectCount } > Limits.rememberedObjectsMax)
            {
                shared.remembered.removeFirst()
            }
        }
        return result
    }

    /// Applies the journal to a state, in transactions that stay short.
    func fold(_ state: inout ClusterState, through last: UInt64) throws(LogError) {
        while state.revision < last {
            let (first, end) = (state.revision + 1, min(state.revision + 8192, last))
            var next = state
            state = ClusterState()  // let go of the nodes, so that they change in place
            defer { state = next }
            try read { transaction throws(LogError) in
                let names = LogNames(transaction, databases)
                try forEachRecord(transaction, from: first, through: end, names: names) {
                    revision, bytes, block, decoder throws(RecordError) in
                    let (record, changes) = try decoder.journal(
                        bytes, revision: revision, after: block.time, facts: false)
                    try Self.apply(record, changes, to: &next)
                    return true
                }
            }
        }
    }

    /// Applies one record to the state before it.
    static func apply(_ record: EventRecord, _ changes: [StoredChange], to state: inout ClusterState)
        throws(RecordError)
    {
        var record = record
        record.changes.reserveCapacity(changes.count)
        for change in changes {
            record.changes.append(
                try change.change { () throws(RecordError) in
                    guard let old = state.object(change.object.key), old.number == change.number,
                        old.revision == change.previousRevision
                    else {
                        throw RecordError(
                            "\(change.object.key.description) is not at revision \(change.previousRevision)")
                    }
                    return old.body
                })
        }
        if let problem = state.problem(with: record) { throw RecordError(problem) }
        state.apply(record)
    }
}
