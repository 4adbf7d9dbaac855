import ClusterState
import Document
import Records
public import Schema

/// Gives every namespace its `default` service account.
public struct ServiceAccountController: Controller {
    public let name = "service-account-controller"
    public var watches: Set<GroupResource>? { [.namespaces, .serviceAccounts] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .namespaces {
            if change.kind != .deleted { dirty.add(change.key) }
        } else if change.kind == .deleted, change.key.name == "default" {
            dirty.add(GroupResource.namespaces.key("", change.key.namespace))
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard view.state.object(.serviceAccounts, work.key.name, "default") == nil,
            let namespace = view.document(work.key),
            namespace["status"]?["phase"]?.string != "Terminating", !namespace.isBeingDeleted
        else { return }
        work.decision = ["controller": "service-account-controller", "why": "the namespace has no default account"]
        work.create(
            "serviceaccounts",
            [
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": ["name": "default", "namespace": .string(work.key.name)],
            ],
            tolerating: [403, 404, 409])
    }
}
