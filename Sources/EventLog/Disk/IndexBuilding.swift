import ClusterState
import Records
import Synchronization

extension DiskLog {
    /// Makes the index of versions of a log that has none, a stretch at a time, and folds `state` (which must be at the floor, or
    /// empty) to the end on the way. `noting` is told of each change.
    func buildIndex(
        _ state: inout ClusterState, noting: (_ change: StoredChange, _ revision: UInt64) -> Void = { _, _ in }
    ) throws(LogError) {
        let head = head.revision
        while state.revision < head {
            let (first, last) = (state.revision + 1, min(state.revision + UInt64(Limits.segmentEvents), head))
            var index = VersionIndex()
            index.begin(at: first)
            index.factsFirst = shared.withLock { $0.index.factsFirst }
            var next = state
            state = ClusterState()
            defer { state = next }
            try read { transaction throws(LogError) in
                let names = LogNames(transaction, databases)
                try forEachRecord(transaction, from: first, through: last, names: names) {
                    revision, bytes, block, decoder throws(RecordError) in
                    let (record, changes) = try decoder.journal(
                        bytes, revision: revision, after: block.time, facts: false)
                    let before = changes.map { next.object($0.object.key) }
                    try Self.apply(record, changes, to: &next)
                    for (change, old) in zip(changes, before) {
                        noting(change, revision)
                        let key = change.object.key
                        index.note(
                            change.kind, key, number: change.number, revision: revision, from: old, to: next.object(key)
                        )
                    }
                    index.note(revision: revision)
                    return true
                }
            }
            let complete = index
            if complete.count < Limits.segmentEvents {
                shared.withLock { shared in
                    let (segments, factsFirst) = (shared.index.segments, shared.index.factsFirst)
                    shared.index = complete
                    shared.index.segments = segments
                    shared.index.factsFirst = factsFirst
                }
            } else {
                try environment.write(growth: (complete.pagesMax + Limits.commitPagesMax) * 4096) {
                    transaction throws(LogError) in
                    try write(complete, transaction)
                }
                shared.withLock { $0.index.wrote(through: last) }
            }
        }
    }
}
