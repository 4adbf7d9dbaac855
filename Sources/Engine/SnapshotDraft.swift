import Admission
import ClusterState
import Records
import Requests
import Schema

/// A snapshot that moves on event by event, until it is published. What is computed from a few kinds is made anew only when an event
/// touches one of them.
struct SnapshotDraft {
    private(set) var state: ClusterState
    private(set) var catalog: Catalog
    private(set) var webhooks: WebhookDirectory
    private(set) var aggregated: AggregatedServices

    init(_ start: Snapshot) {
        state = start.state
        catalog = start.catalog
        webhooks = start.webhooks
        aggregated = start.aggregated
    }

    var snapshot: Snapshot { Snapshot(state: state, catalog: catalog, webhooks: webhooks, aggregated: aggregated) }

    /// Applies the next event; what it replaced and made.
    mutating func apply(_ record: EventRecord) -> CommittedEvent {
        let previous = record.changes.map { state.object($0.key) }
        state.apply(record)
        if record.changes.contains(where: { $0.key.resource == "customresourcedefinitions" }) {
            catalog = Catalog.serving(state)
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
        return CommittedEvent(record: record, versions: versions)
    }
}
