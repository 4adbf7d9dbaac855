import Admission
import ClusterState
import EventLog
public import Records
import Requests

extension Engine {
    /// Publishes events that somebody else has written to the log, as this engine's own would be: readers, watchers and followers
    /// see them. For engines that write nothing themselves.
    public func publish(written events: [EventRecord]) {
        let start = snapshot
        var state = start.state
        var catalog = start.catalog
        var (webhooks, aggregated) = (start.webhooks, start.aggregated)
        var committed: [CommittedEvent] = []
        for record in events where record.revision == state.revision + 1 {
            guard state.problem(with: record) == nil else { break }
            let previous = record.changes.map { state.object($0.key) }
            state.apply(record)
            if record.changes.contains(where: { $0.key.resource == "customresourcedefinitions" }) {
                catalog = Snapshot(of: state).catalog
            }
            if record.changes.contains(where: { WebhookDirectory.isMade(of: $0.key) }) {
                webhooks = WebhookDirectory.of(state)
            }
            if record.changes.contains(where: { AggregatedServices.isMade(of: $0.key) }) {
                aggregated = AggregatedServices.of(state)
            }
            let versions = zip(record.changes, previous).map { change, before in
                CommittedEvent.Version(
                    change: change, previous: before, current: change.kind == .deleted ? nil : state.object(change.key))
            }
            committed.append(CommittedEvent(record: record, versions: versions))
        }
        guard !committed.isEmpty else { return }
        let snapshot = Snapshot(state: state, catalog: catalog, webhooks: webhooks, aggregated: aggregated)
        publications.signal { queue in
            queue.batches.append(Publication(events: committed, snapshot: snapshot, replies: [], waiters: []))
            return true
        }
    }
}
