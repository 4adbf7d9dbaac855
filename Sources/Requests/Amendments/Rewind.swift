public import ClusterState
import Document
public import Records
public import Schema

/// The way from a present state to what a past one held: objects that are gone come back as new ones, changed ones get their old
/// content, newer ones go. Nothing is turned back: these are ordinary writes.
public struct Rewind: Sendable {
    public let past: ClusterState
    /// Only this namespace; nil for the cluster.
    public let namespace: String?
    /// Kinds of which it is not known what there was: they stay as they are.
    public let unknown: [GroupResource]

    public init(to past: ClusterState, namespace: String? = nil, unknown: [GroupResource] = []) {
        self.past = past
        self.namespace = namespace
        self.unknown = unknown
    }

    /// What is to be written on a state, in the order in which it can be; and what is not, and why.
    public struct Plan: Sendable {
        public var writes: [Amendment.Write] = []
        public var left: [(key: ObjectKey, why: String)] = []
    }

    /// What no rewind touches, in words for people.
    public static let untouched = [
        "the status of objects: those who observe it report it anew",
        "nodes, but for their labels, taints and whether they are schedulable", "leases", "events",
        "endpoints and slices that controllers keep", "service account and bootstrap tokens", "signing requests",
        "which node a pod runs on, and the volumes that claims are bound to",
    ]

    /// `serves` says whether a store's kind is served now.
    public func plan(on present: ClusterState, serves: (GroupResource) -> Bool) -> Plan {
        var plan = Plan()
        var creations: [Amendment.Write] = []
        var updates: [Amendment.Write] = []
        var deletions: [Amendment.Write] = []
        let doomed = doomedNamespaces(present)
        for store in Set(past.storesInUse + present.storesInUse).subtracting(unknown).sorted() {
            var old: [ObjectKey: StoredObject] = [:]
            for object in scoped(past, store) { old[object.key] = object }
            for object in scoped(present, store) {
                guard let former = old.removeValue(forKey: object.key) else {
                    if store.resource == "nodes" || doomed.contains(object.key.namespace) { continue }
                    let document = object.document
                    if Amendment.keeper(of: object.key, document) != nil { continue }
                    if document["metadata", "deletionTimestamp"] != nil { continue }
                    var write = Amendment.Write(.delete, object.key)
                    write.uid = object.uid
                    deletions.append(write)
                    continue
                }
                if former.uid == object.uid, former.revision == object.revision { continue }
                update(former, object, &updates, &plan)
            }
            for key in old.keys.sorted() {
                let document = old[key]!.document
                if store.resource == "nodes" || Amendment.keeper(of: key, document) != nil { continue }
                if document["metadata", "deletionTimestamp"] != nil { continue }
                guard serves(store) else {
                    plan.left.append((key, "its kind is not served"))
                    continue
                }
                creations.append(Amendment.recreating(document, key, keepsNode: hasNode(document, present)))
            }
        }
        relink(&creations, &updates, present)
        creations = Amendment.inOrder(creations)
        plan.writes = creations + Amendment.relinkedVolumes(creations, present) + updates + deletions
        return plan
    }

    private func scoped(_ state: ClusterState, _ store: GroupResource) -> [StoredObject] {
        guard let namespace else { return state.objects(store) }
        if store == GroupResource(resource: "namespaces") {
            return state.object(store, "", namespace).map { [$0] } ?? []
        }
        return state.objects(store, namespace: namespace)
    }

    /// Namespaces that will go: their content goes with them.
    private func doomedNamespaces(_ present: ClusterState) -> Set<String> {
        let store = GroupResource(resource: "namespaces")
        return Set(scoped(present, store).filter { past.object($0.key) == nil }.map(\.key.name))
    }

    private func hasNode(_ pod: JSON, _ present: ClusterState) -> Bool {
        guard let name = pod["spec", "nodeName"]?.string, !name.isEmpty,
            let node = present.object(GroupResource(resource: "nodes"), "", name)
        else { return false }
        return node.document["spec", "unschedulable"]?.bool != true
    }

    /// Objects of the past may name owners that were there and are there again under another uid.
    private func relink(
        _ creations: inout [Amendment.Write], _ updates: inout [Amendment.Write], _ present: ClusterState
    ) {
        func current(_ object: inout JSON, _ namespace: String) {
            guard let owners = object["metadata", "ownerReferences"]?.array else { return }
            var out = owners
            for (place, owner) in owners.enumerated() {
                let kind = GroupVersionKind(
                    apiVersion: owner["apiVersion"]?.string ?? "", kind: owner["kind"]?.string ?? "")
                guard let type = Catalog.builtin.resource(for: kind) else { continue }
                let space = type.isNamespaced ? namespace : ""
                let name = owner["name"]?.string ?? ""
                guard past.object(type.store, space, name)?.uid == owner["uid"]?.string,
                    let successor = present.object(type.store, space, name)
                else { continue }
                out[place]["uid"] = .string(successor.uid)
            }
            object["metadata", "ownerReferences"] = .array(out)
        }
        for place in creations.indices { current(&creations[place].object, creations[place].key.namespace) }
        for place in updates.indices { current(&updates[place].object, updates[place].key.namespace) }
    }

    // MARK: objects that are there, then and now

    private func update(
        _ former: StoredObject, _ now: StoredObject, _ updates: inout [Amendment.Write], _ plan: inout Plan
    ) {
        let (old, document) = (former.document, now.document)
        if now.key.resource != "nodes", Amendment.keeper(of: now.key, document) != nil { return }
        guard document["metadata", "deletionTimestamp"] == nil else {
            if old["metadata", "deletionTimestamp"] == nil {
                plan.left.append(
                    (now.key, "it is being deleted, which cannot be stopped: rewind again when it is gone"))
            }
            return
        }
        if old["metadata", "deletionTimestamp"] != nil { return }
        let object = Self.restored(old, document, now.key)
        guard Self.comparable(object) != Self.comparable(document) else { return }
        var write = Amendment.Write(.update, now.key)
        write.uid = now.uid
        write.object = object
        if former.uid != now.uid { write.formerUID = former.uid }
        updates.append(write)
    }

    /// The present object with its former content, but for what cannot or must not go back.
    static func restored(_ old: JSON, _ now: JSON, _ key: ObjectKey) -> JSON {
        func keep(_ object: inout JSON, _ paths: [[String]]) { for path in paths { object[path] = now[path] } }
        let server = [
            "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "name",
            "namespace",
        ].map { ["metadata", $0] }
        switch (key.group, key.resource) {
        case ("", "pods"):
            var object = now
            for member in ["labels", "annotations", "ownerReferences"] {
                object["metadata", member] = old["metadata", member]
            }
            return object
        case ("", "nodes"): return node(old, now)
        case ("", "persistentvolumeclaims"):
            var object = now
            for member in ["labels", "annotations"] { object["metadata", member] = old["metadata", member] }
            for (name, value) in now["metadata", "annotations"]?.entries ?? JSONObject()
            where name.hasPrefix("pv.kubernetes.io/") || name.hasPrefix("volume.") {
                object["metadata", "annotations", name] = value
            }
            return object
        default: break
        }
        var object = old
        keep(&object, server + [["status"], ["metadata", "deletionTimestamp"], ["metadata", "finalizers"]])
        switch (key.group, key.resource) {
        case ("", "namespaces"): keep(&object, [["spec", "finalizers"]])
        case ("", "persistentvolumes"): keep(&object, [["spec", "claimRef"]])
        case ("", "serviceaccounts"): keep(&object, [["secrets"]])
        case ("", "services"):
            if old["metadata", "uid"] != now["metadata", "uid"] {
                keep(&object, [["spec", "clusterIP"], ["spec", "clusterIPs"], ["spec", "healthCheckNodePort"]])
            }
        case ("batch", "jobs"): keep(&object, [["spec", "selector"], ["spec", "template"]])
        default: break
        }
        return object
    }

    /// A node says itself what it is; people say whether and for what it is used.
    private static func node(_ old: JSON, _ now: JSON) -> JSON {
        func isOurs(_ taint: JSON) -> Bool { taint["key"]?.string?.hasPrefix("node.kubernetes.io/") != true }
        var object = now
        object["metadata", "labels"] = old["metadata", "labels"]
        object["spec", "unschedulable"] = old["spec", "unschedulable"]
        var taints = (old["spec", "taints"]?.elements ?? []).filter(isOurs)
        taints += (now["spec", "taints"]?.elements ?? []).filter { taint in
            !isOurs(taint)
                && (taint["key"] != "node.kubernetes.io/unschedulable" || old["spec", "unschedulable"]?.bool == true)
        }
        object["spec", "taints"] = taints.isEmpty ? Optional.none : .array(taints)
        return object
    }

    private static func comparable(_ object: JSON) -> JSON {
        var object = object
        for member in ["resourceVersion", "managedFields", "generation"] { object["metadata", member] = nil }
        object["status"] = nil
        return object
    }
}
