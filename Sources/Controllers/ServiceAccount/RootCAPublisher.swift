import ClusterState
import Document
import Records
public import Schema

/// Keeps `kube-root-ca.crt` with the cluster's CA in every namespace.
public struct RootCAPublisher: Controller {
    static let configMap = "kube-root-ca.crt"
    static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service "
        + "IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."

    public let name = "root-ca-cert-publisher"
    public var watches: Set<GroupResource>? { [.namespaces, .configMaps] }
    private let certificate: String

    /// `certificate`: the CA in PEM.
    public init(certificate: String) { self.certificate = certificate }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .namespaces {
            if change.kind != .deleted { dirty.add(change.key) }
        } else if change.key.name == Self.configMap {
            dirty.add(GroupResource.namespaces.key("", change.key.namespace))
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let namespace = view.document(work.key), namespace["status"]?["phase"]?.string != "Terminating",
            !namespace.isBeingDeleted
        else { return }
        let data: JSON = ["ca.crt": .string(certificate)]
        let annotation = "kubernetes.io/description"
        guard let map = view.document(.configMaps, work.key.name, Self.configMap) else {
            work.decision = ["controller": "root-ca-cert-publisher", "why": "missing"]
            work.create(
                "configmaps",
                [
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": [
                        "name": .string(Self.configMap), "namespace": .string(work.key.name),
                        "annotations": [annotation: .string(Self.description)],
                    ], "data": data,
                ], tolerating: [403, 404, 409])
            return
        }
        if map["data"] == data, map.annotation(annotation)?.isEmpty == false { return }
        var changed = map
        changed["data"] = data
        changed.setAnnotation(annotation, Self.description)
        work.decision = ["controller": "root-ca-cert-publisher", "why": "edited"]
        work.update("configmaps", changed, tolerating: [404])
    }
}
