public import Document
public import Records
public import Schema

/// Every object of the cluster at one revision. A value: copies share structure, and a past state is held like any other.
public struct ClusterState: Sendable {
    /// The revision of the last event applied; 0 before the first.
    public private(set) var revision: UInt64 = 0
    /// The time of the last event applied.
    public private(set) var time = Timestamp(microseconds: 0)
    private var stores: [GroupResource: ObjectStore] = [:]

    public init() {}

    /// The one way in: applies an event of the journal that is durable. Events come in the order of their revisions.
    public mutating func apply(_ event: borrowing EventRecord) {
        precondition(event.revision == revision + 1, "events are applied in order, each once")
        revision = event.revision
        time = event.time
        for change in event.changes { apply(change, revision: event.revision) }
    }
    // H4 (log) completes: apply(change), restore from a checkpoint, digest.
    mutating func apply(_ change: Change, revision: UInt64) {}

    /// The object of that key, if it exists.
    public func object(_ key: ObjectKey) -> StoredObject? { nil }
    public func object(_ store: GroupResource, _ namespace: String, _ name: String) -> StoredObject? { nil }
    /// The objects of a store, of one namespace when it is given, ordered by namespace and name.
    public func objects(_ store: GroupResource, namespace: String? = nil) -> [StoredObject] { [] }
    /// The same, from the first key after (namespace, name) on, at most `limit`.
    public func objects(_ store: GroupResource, namespace: String? = nil, after: (namespace: String, name: String)?, limit: Int) -> [StoredObject] { [] }
    public func count(_ store: GroupResource, namespace: String? = nil) -> Int { 0 }
    /// The stores that hold anything, in order.
    public var storesInUse: [GroupResource] { [] }
}
struct ObjectStore: Sendable {}
