public import ClusterState
package import Document
public import Records
public import Schema

/// What the controllers of one loop look at: a state of the cluster, with the indexes that reading it afresh would cost too much
/// for. A projection of the events up to `state.revision`; one loop owns it and no other thread sees it.
public final class ClusterView {
    public private(set) var state: ClusterState
    public private(set) var pods = PodIndex()
    /// What is served, for finding an owner's store by its kind.
    public let catalog: Catalog?

    /// Trees read lately, so that looking twice at one version reads it once.
    private var trees: [ObjectKey: (revision: UInt64, tree: JSON)] = [:]
    private static let treesMax = 512

    public init(_ state: ClusterState, catalog: Catalog? = nil) {
        self.state = state
        self.catalog = catalog
        for pod in state.objects(.pods) { pods.put(PodRecord(pod.document, revision: pod.revision)) }
    }

    /// The object's tree, if it exists.
    package func document(_ key: ObjectKey) -> JSON? {
        guard let stored = state.object(key) else { return nil }
        return document(stored)
    }
    package func document(_ store: GroupResource, _ namespace: String, _ name: String) -> JSON? {
        guard let stored = state.object(store, namespace, name) else { return nil }
        return document(stored)
    }
    package func document(_ stored: StoredObject) -> JSON {
        if let known = trees[stored.key], known.revision == stored.revision { return known.tree }
        let tree = stored.document
        if trees.count >= Self.treesMax { trees.removeAll(keepingCapacity: true) }
        trees[stored.key] = (stored.revision, tree)
        return tree
    }
    /// The trees of a store, of one namespace when given.
    package func documents(_ store: GroupResource, namespace: String? = nil) -> [JSON] {
        state.objects(store, namespace: namespace).map(document)
    }

    /// Takes the changes of newer events, in order, and the state after them.
    public func advance(_ events: [EventRecord], to state: ClusterState) -> [ObservedChange] {
        self.state = state
        var out: [ObservedChange] = []
        for event in events {
            for change in event.changes {
                guard change.key.resource == "pods", change.key.group.isEmpty else {
                    if change.kind == .deleted { trees[change.key] = nil }
                    out.append(
                        ObservedChange(
                            kind: change.kind, key: change.key, uid: change.uid, revision: event.revision,
                            time: event.time,
                            body: change.body))
                    continue
                }
                let tree = (try? JSON(parsing: change.body)) ?? .null
                let record = PodRecord(tree, revision: event.revision)
                let previous: PodRecord?
                if change.kind == .deleted {
                    previous = pods.remove(record.namespace, record.name)
                    trees[change.key] = nil
                } else {
                    previous = pods.put(record)
                }
                out.append(
                    ObservedChange(
                        kind: change.kind, key: change.key, uid: change.uid, revision: event.revision, time: event.time,
                        body: change.body, document: tree,
                        pod: record, previousPod: previous))
            }
        }
        return out
    }

    /// Every object as if it had just been created: how a controller starts.
    public func everything(in stores: Set<GroupResource>?) -> [ObservedChange] {
        var out: [ObservedChange] = []
        for store in state.storesInUse where stores?.contains(store) ?? true {
            for stored in state.objects(store) {
                out.append(
                    ObservedChange(
                        kind: .created, key: stored.key, uid: stored.uid, revision: stored.revision, time: state.time,
                        body: stored.body,
                        pod: store == .pods ? pods[stored.key.namespace, stored.key.name] : nil))
            }
        }
        return out
    }

    /// The store of the objects of a kind, and whether they have namespaces: built-in kinds, then custom ones.
    package func resource(apiVersion: String, kind: String) -> (
        resource: String, store: GroupResource, isNamespaced: Bool
    )? {
        if let type = catalog?.resource(for: GroupVersionKind(apiVersion: apiVersion, kind: kind)) {
            return (type.resource, type.store, type.isNamespaced)
        }
        let wanted = GroupVersionKind(apiVersion: apiVersion, kind: kind)
        for stored in state.objects(.customResourceDefinitions) {
            let spec = document(stored)["spec"] ?? .null
            guard spec["group"]?.string == wanted.group, spec["names"]?["kind"]?.string == kind else { continue }
            let serves = spec["versions"]?.elements.contains {
                $0["name"]?.string == wanted.version && $0["served"]?.bool == true
            }
            guard serves == true, let plural = spec["names"]?["plural"]?.string else { continue }
            return (plural, GroupResource(group: wanted.group, resource: plural), spec["scope"]?.string == "Namespaced")
        }
        return nil
    }
    /// The `apiVersion` to ask for a store's objects at.
    package func apiVersion(of store: GroupResource) -> String? {
        if let type = catalog?.resources.first(where: { $0.store == store && $0.groupResource == store }) {
            return type.apiVersion
        }
        guard let definition = document(.customResourceDefinitions, "", store.resource + "." + store.group) else {
            return nil
        }
        let served = definition["spec"]?["versions"]?.elements.first { $0["served"]?.bool == true }?["name"]?.string
        return served.map { store.group + "/" + $0 }
    }
}
