import ClusterState
import Document
import Schema

/// A claim that names no storage class gets the one marked as default.
struct DefaultStorageClass: AdmissionPlugin {
    let name = "DefaultStorageClass"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create, request.isFor("persistentvolumeclaims"),
            request.object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"] == nil,
            request.object["spec", "storageClassName"]?.string == nil
        else { return }
        let marks = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
        guard
            let found = newestDefault(
                request.context.state, GroupResource(group: "storage.k8s.io", resource: "storageclasses"), marks)
        else { return }
        request.object.modify("spec") { $0["storageClassName"] = .string(found) }
        request.changed(self, "storageClassName \(found)")
    }
}

/// An Ingress that names no class gets the one marked as default.
struct DefaultIngressClass: AdmissionPlugin {
    let name = "DefaultIngressClass"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create, request.isFor("ingresses", group: "networking.k8s.io"),
            request.object["metadata", "annotations", "kubernetes.io/ingress.class"] == nil,
            request.object["spec", "ingressClassName"]?.string == nil
        else { return }
        guard
            let found = newestDefault(
                request.context.state, GroupResource(group: "networking.k8s.io", resource: "ingressclasses"),
                ["ingressclass.kubernetes.io/is-default-class"])
        else { return }
        request.object["spec", "ingressClassName"] = .string(found)
        request.changed(self, "ingressClassName \(found)")
    }
}

/// The newest object that carries one of the annotations with "true"; of several equally new ones the first by name.
private func newestDefault(_ state: ClusterState, _ store: GroupResource, _ annotations: [String]) -> String? {
    var best: (time: String, name: String)?
    for object in state.objects(store) where object.body.holds("is-default-class") {
        let metadata = object.document["metadata"] ?? .null
        guard annotations.contains(where: { metadata["annotations", $0]?.string == "true" }) else { continue }
        let time = metadata.text("creationTimestamp")
        if best == nil || time > best!.time { best = (time, object.key.name) }
    }
    return best?.name
}
