import ClusterState
import Document
import Records
public import Schema

/// Empties namespaces that are going away: pods first, then everything else, then the namespace's own finalizer.
public struct NamespaceController: Controller {
    static let deletionsPerLookMax = 500
    public let name = "namespace-controller"
    public var watches: Set<GroupResource>? { nil }
    private var terminating: Set<String> = []

    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .namespaces {
            if change.kind == .deleted {
                terminating.remove(change.key.name)
            } else if change.document.isBeingDeleted {
                terminating.insert(change.key.name)
                dirty.add(change.key)
            }
        } else if !terminating.isEmpty, terminating.contains(change.key.namespace) {
            dirty.add(GroupResource.namespaces.key("", change.key.namespace))
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let namespace = view.document(work.key), namespace.isBeingDeleted,
            namespace["spec"]?["finalizers"]?.elements.isEmpty == false
        else { return }
        let name = work.key.name
        var left: [(store: GroupResource, count: Int)] = []
        for store in view.state.storesInUse where store != .namespaces {
            let count = view.state.count(store, namespace: name)
            if count > 0 { left.append((store, count)) }
        }
        var status = namespace["status"] ?? .object(JSONObject())
        status["phase"] = "Terminating"
        var finalizers: [(name: String, count: Int)] = []
        let pods = left.first { $0.store == .pods }
        var deletions = 0
        for (store, _) in left {
            if pods != nil, store != .pods { continue }
            for stored in view.state.objects(store, namespace: name) {
                if deletions >= Self.deletionsPerLookMax { break }
                let object = view.document(stored)
                for finalizer in object.objectFinalizers {
                    if let place = finalizers.firstIndex(where: { $0.name == finalizer }) {
                        finalizers[place].count += 1
                    } else {
                        finalizers.append((finalizer, 1))
                    }
                }
                if object.isBeingDeleted { continue }
                deletions += 1
                work.delete(
                    object["apiVersion"]?.string ?? "v1", store.resource, name, stored.key.name, uid: stored.uid,
                    policy: "Background")
            }
        }
        work.decision = [
            "controller": "namespace-controller",
            "left": .array(left.map { .string("\($0.store.description): \($0.count)") }),
            "deleting": .int(Int64(deletions)),
        ]
        describe(left, finalizers, in: &status, now: work.now)
        if status != namespace["status"] {
            var changed = namespace
            changed["status"] = status
            work.update("namespaces", changed, subresource: "status", tolerating: [404])
            if left.isEmpty {
                // The resourceVersion moves by this; the finalizer goes in the next look.
                return
            }
        }
        if left.isEmpty {
            var changed = namespace
            let rest = (namespace["spec"]?["finalizers"]?.strings ?? []).filter { $0 != "kubernetes" }
            changed["spec", "finalizers"] = rest.isEmpty ? Optional.none : .array(rest.map { .string($0) })
            work.update("namespaces", changed, subresource: "finalize", tolerating: [404])
        } else {
            work.requeue(after: 5_000_000)
        }
    }

    private func describe(
        _ left: [(store: GroupResource, count: Int)], _ finalizers: [(name: String, count: Int)], in status: inout JSON,
        now: Timestamp
    ) {
        func set(_ type: String, _ bad: Bool, _ reason: String, _ message: String) {
            Conditions.set(&status, type, bad ? "True" : "False", reason: reason, message: message, now: now)
        }
        set("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered")
        set(
            "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
            "All legacy kube types successfully parsed")
        set(
            "NamespaceDeletionContentFailure", false, "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization")
        if left.isEmpty {
            set("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed")
        } else {
            let texts = left.map { "\($0.store.resource).\($0.store.group) has \($0.count) resource instances" }
                .sorted()
            set(
                "NamespaceContentRemaining", true, "SomeResourcesRemain",
                "Some resources are remaining: " + texts.joined(separator: ", "))
        }
        if finalizers.isEmpty {
            set(
                "NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers",
                "All content-preserving finalizers finished")
        } else {
            let texts = finalizers.map { "\($0.name) in \($0.count) resource instances" }.sorted()
            set(
                "NamespaceFinalizersRemaining", true, "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: " + texts.joined(separator: ", "))
        }
    }
}
