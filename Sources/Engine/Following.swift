import ClusterState
import EventLog
public import Records

extension Engine {
    /// Publishes events that somebody else has written to the log, as this engine's own would be: readers, watchers and followers
    /// see them. For engines that write nothing themselves.
    public func publish(written events: [EventRecord]) {
        var draft = SnapshotDraft(snapshot)
        var committed: [CommittedEvent] = []
        for record in events where record.revision == draft.state.revision + 1 {
            guard draft.state.problem(with: record) == nil else { break }
            committed.append(draft.apply(record))
        }
        guard !committed.isEmpty else { return }
        let (events, snapshot) = (committed, draft.snapshot)
        publications.signal { queue in
            queue.batches.append(Publication(events: events, snapshot: snapshot, replies: [], waiters: []))
            return true
        }
    }
}
