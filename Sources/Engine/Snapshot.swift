public import Admission
public import ClusterState
public import Records
public import Requests
public import Schema

/// The cluster at one revision as every reader sees it: the state and what is served at it.
public final class Snapshot: Sendable {
    public let state: ClusterState
    public let catalog: Catalog
    public let webhooks: WebhookDirectory
    public let aggregated: AggregatedServices
    public var revision: UInt64 { state.revision }

    public init(state: ClusterState, catalog: Catalog, webhooks: WebhookDirectory, aggregated: AggregatedServices) {
        self.state = state
        self.catalog = catalog
        self.webhooks = webhooks
        self.aggregated = aggregated
    }

    /// The snapshot of a state that was not reached from another one: at start, and in the past.
    public convenience init(of state: ClusterState) {
        self.init(
            state: state, catalog: Catalog.serving(state), webhooks: WebhookDirectory.of(state),
            aggregated: AggregatedServices.of(state))
    }
}

/// One durable event with the versions of the objects that it replaced and made.
public struct CommittedEvent: Sendable {
    public struct Version: Sendable {
        public let change: Change
        /// nil for a creation.
        public let previous: StoredObject?
        /// nil for a deletion.
        public let current: StoredObject?
    }
    public let record: EventRecord
    public let versions: [Version]
}
