public import Records
public import Schema

extension ClusterState {
    /// The object of that key, if it exists.
    public func object(_ key: ObjectKey) -> StoredObject? {
        object(key.store, key.namespace, key.name)
    }
    public func object(_ store: GroupResource, _ namespace: String, _ name: String) -> StoredObject? {
        self.store(store)?.object(Place(namespace: namespace, name: name))
    }

    /// The objects of a store, of one namespace when it is given, ordered by namespace and name.
    public func objects(_ store: GroupResource, namespace: String? = nil) -> [StoredObject] {
        objects(store, namespace: namespace, after: nil, limit: .max)
    }
    /// The same, from the first key after (namespace, name) on, at most `limit`.
    public func objects(
        _ store: GroupResource, namespace: String? = nil, after: (namespace: String, name: String)?, limit: Int
    ) -> [StoredObject] {
        var found: [StoredObject] = []
        guard limit > 0 else { return found }
        if limit == .max, after == nil { found.reserveCapacity(count(store, namespace: namespace)) }
        forEach(store, namespace: namespace, after: after) { object in
            found.append(object)
            return found.count < limit
        }
        return found
    }
    /// Calls `body` with the same objects one by one, until it returns false.
    public func forEach(
        _ store: GroupResource, namespace: String? = nil, after: (namespace: String, name: String)? = nil,
        _ body: (StoredObject) -> Bool
    ) {
        self.store(store)?.forEach(
            namespace: namespace, after: after.map { Place(namespace: $0.namespace, name: $0.name) }, body)
    }

    /// How many objects a store holds, or one namespace of it.
    public func count(_ store: GroupResource, namespace: String? = nil) -> Int {
        guard let found = self.store(store) else { return 0 }
        return namespace.map { found.count(namespace: $0) } ?? found.count
    }

    /// How many objects of a store, or of one namespace of it, stand up to and including a key: its place in a list, counted from 1.
    /// The cost is that of a look-up.
    public func count(_ store: GroupResource, namespace: String? = nil, through key: (namespace: String, name: String))
        -> Int
    {
        self.store(store)?.count(
            namespace: namespace, through: Place(namespace: key.namespace, name: key.name)) ?? 0
    }

    /// The objects that carry a label with exactly this value, in order. The cost follows their number, not the store's size.
    public func objects(
        _ store: GroupResource, namespace: String? = nil, label: (key: String, value: String),
        after: (namespace: String, name: String)? = nil, limit: Int = .max
    ) -> [StoredObject] {
        objects(store, .label(label.key, label.value), namespace, after, limit)
    }
    /// How many objects in all namespaces of a store carry the label: what `objects(_:label:)` would cost.
    public func count(_ store: GroupResource, label: (key: String, value: String)) -> Int {
        self.store(store)?.count(.label(label.key, label.value)) ?? 0
    }
    /// The pods bound to a node, in order.
    public func pods(onNode node: String, namespace: String? = nil) -> [StoredObject] {
        objects(GroupResource(resource: "pods"), .node(node), namespace, nil, .max)
    }
    /// The Services that hold a cluster address or a node port, in order: at most one, unless they came about elsewhere.
    public func services(holding claim: String) -> [StoredObject] {
        objects(GroupResource(resource: "services"), .claim(claim), nil, nil, .max)
    }
    /// The objects of one store that name `uid` in their `metadata.ownerReferences`, in order.
    public func dependents(_ store: GroupResource, ofUID uid: String, namespace: String? = nil) -> [StoredObject] {
        objects(store, .owner(uid), namespace, nil, .max)
    }
    /// The same of every store, ordered by store first.
    public func dependents(ofUID uid: String) -> [StoredObject] {
        storesInUse.flatMap { dependents($0, ofUID: uid) }
    }

    private func objects(
        _ store: GroupResource, _ term: IndexTerm, _ namespace: String?, _ after: (namespace: String, name: String)?,
        _ limit: Int
    ) -> [StoredObject] {
        var found: [StoredObject] = []
        guard limit > 0 else { return found }
        let start = after.map { Place(namespace: $0.namespace, name: $0.name) }
        self.store(store)?.forEach(term, namespace: namespace, after: start) { object in
            found.append(object)
            return found.count < limit
        }
        return found
    }
}
