import ClusterState
import Records
import Synchronization

extension DiskLog {
    /// Makes the index of versions of a log that has none, a stretch at a time, and folds `state` (which must be at the floor, or
    /// empty) to the end on the way.
    func buildIndex(_ state: inout ClusterState) throws(LogError) {
        let head = head.revision
        while state.revision < head {
            let (first, last) = (state.revision + 1, min(state.revision + UInt64(Limits.segmentEvents), head))
            var index = VersionIndex()
            index.begin(at: first)
            var next = state
            state = ClusterState()
            defer { state = next }
            try read { transaction throws(LogError) in
                let names = LogNames(transaction, databases)
                try forEachRecord(transaction, from: first, through: last, names: names) {
                    revision, bytes, block, decoder throws(RecordError) in
                    let (record, changes) = try decoder.journal(
                        bytes, revision: revision, after: block.time, facts: false)
                    for change in changes {
                        index.note(change.kind, change.object.key, number: change.number, revision: revision)
                    }
                    index.note(revision: revision)
                    try Self.apply(record, changes, to: &next)
                    return true
                }
            }
            let complete = index
            if complete.count < Limits.segmentEvents {
                shared.withLock { shared in
                    let segments = shared.index.segments
                    shared.index = complete
                    shared.index.segments = segments
                }
            } else {
                try environment.write(growth: (complete.pagesMax + Limits.commitPagesMax) * 4096) {
                    transaction throws(LogError) in
                    try write(complete, transaction)
                }
                shared.withLock {
                    $0.index.segments.append(first)
                    $0.index.begin(at: last + 1)
                }
            }
        }
    }
}
