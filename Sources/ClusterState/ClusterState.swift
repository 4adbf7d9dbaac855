public import Document
public import Records
public import Schema

/// Every object of the cluster at one revision. A value: copies share structure, and a past state is held like any other.
public struct ClusterState: Sendable {
    /// The revision of the last event applied; 0 before the first.
    public private(set) var revision: UInt64 = 0
    /// The time of the last event applied.
    public private(set) var time = Timestamp(microseconds: 0)
    /// How many objects were ever created; the newest one's number.
    package private(set) var creations: UInt64 = 0
    private var stores: [GroupResource: ObjectStore] = [:]

    public init() {}

    /// The one way in: applies an event of the journal that is durable. Events come in the order of their revisions.
    public mutating func apply(_ event: borrowing EventRecord) {
        precondition(event.revision == revision + 1, "events are applied in order, each once")
        revision = event.revision
        time = event.time
        for change in event.changes { apply(change, revision: event.revision) }
    }

    private mutating func apply(_ change: Change, revision: UInt64) {
        let store = change.key.store
        let place = Place(namespace: change.key.namespace, name: change.key.name)
        let old = stores[store]?.object(place)
        if let problem = Self.problem(of: change, with: old) { preconditionFailure(problem) }
        switch change.kind {
        case .created, .updated:
            if old == nil { creations += 1 }
            let key = old?.storedKey ?? StoredKey(change.key, number: creations)
            let version = old.map { $0.version + 1 } ?? 0
            let object = StoredObject(key, uid: change.uid, revision: revision, version: version, body: change.body)
            stores[store, default: ObjectStore()].put(object)
        case .deleted:
            stores[store, default: ObjectStore()].remove(place)
        }
    }

    /// This state with changes that the next event may hold: what a request with several writes decides its later ones on. The
    /// objects stand at the next revision, the state itself stays at its own.
    public func provisional(_ changes: [Change]) -> ClusterState {
        var next = self
        for change in changes { next.apply(change, revision: revision + 1) }
        return next
    }

    /// Why `event` cannot be the next one here, in words; nil when it can. What has been decided on this state always can:
    /// this is asked of logs that may be damaged.
    public func problem(with event: EventRecord) -> String? {
        guard event.revision == revision + 1 else { return "revision \(event.revision) follows \(revision)" }
        guard event.time >= time else { return "the time of revision \(event.revision) is before the one ahead of it" }
        var trial = self
        trial.revision = event.revision
        for change in event.changes {
            if let problem = Self.problem(of: change, with: trial.object(change.key)) { return problem }
            if event.changes.count > 1 { trial.apply(change, revision: event.revision) }
        }
        return nil
    }

    private static func problem(of change: Change, with old: StoredObject?) -> String? {
        switch (change.kind, old) {
        case (.created, nil): nil
        case (.created, _?): "\(change.key.description) is created but exists"
        case (_, nil): "\(change.key.description) is changed but does not exist"
        case (_, let old?):
            old.revision == change.previousRevision
                ? nil
                : "\(change.key.description) is at revision \(old.revision), the event says \(change.previousRevision)"
        }
    }

    /// The state that a checkpoint holds.
    package init(restoring objects: some Sequence<StoredObject>, revision: UInt64, time: Timestamp, creations: UInt64) {
        self.revision = revision
        self.creations = creations
        self.time = time
        var run: [StoredObject] = []
        for object in objects {
            if let last = run.last?.storedKey.key,
                last.resource != object.key.resource || last.group != object.key.group
            {
                restore(run)
                run.removeAll(keepingCapacity: true)
            }
            run.append(object)
        }
        restore(run)
    }

    /// Takes in objects of one store. In order, as checkpoints have them, they make their trees from the leaves up.
    private mutating func restore(_ objects: [StoredObject]) {
        guard let key = objects.first?.storedKey.key else { return }
        let id = key.store
        let isInOrder = zip(objects, objects.dropFirst()).allSatisfy { $0.storedKey.place.order(of: $1.storedKey) > 0 }
        if isInOrder, stores[id] == nil {
            stores[id] = ObjectStore(sorted: objects)
            return
        }
        for object in objects { stores[id, default: ObjectStore()].put(object) }
    }

    /// This state as if there were no such stores.
    package func without(_ unknown: [GroupResource]) -> ClusterState {
        var less = self
        for store in unknown { less.stores[store] = nil }
        return less
    }

    func store(_ id: GroupResource) -> ObjectStore? { stores[id] }

    /// The stores that hold anything, in order.
    public var storesInUse: [GroupResource] { stores.filter { $0.value.count > 0 }.keys.sorted() }
    /// How many objects there are in all.
    public var objectCount: Int { stores.values.reduce(0) { $0 + $1.count } }
}
