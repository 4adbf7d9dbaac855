import Document
import Schema

/// A new node takes no pods until it is said to be ready.
struct TaintNodesByCondition: AdmissionPlugin {
    let name = "TaintNodesByCondition"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create, request.isFor("nodes") else { return }
        let key = "node.kubernetes.io/not-ready"
        var taints = request.object["spec"]?.list("taints") ?? []
        if taints.contains(where: { $0.text("key") == key && $0.text("effect") == "NoSchedule" }) { return }
        taints.append(["effect": "NoSchedule", "key": .string(key)])
        request.object["spec", "taints"] = .array(taints)
    }
}

/// Volumes, claims and attribute classes stay as long as something uses them.
struct StorageObjectInUseProtection: AdmissionPlugin {
    let name = "StorageObjectInUseProtection"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create else { return }
        let finalizer: String
        if request.isFor("persistentvolumeclaims") {
            finalizer = "kubernetes.io/pvc-protection"
        } else if request.isFor("persistentvolumes") {
            finalizer = "kubernetes.io/pv-protection"
        } else if request.isFor("volumeattributesclasses", group: "storage.k8s.io") {
            finalizer = "kubernetes.io/vac-protection"
        } else {
            return
        }
        let finalizers = request.object["metadata", "finalizers"]?.strings ?? []
        if finalizers.contains(finalizer) { return }
        request.object["metadata", "finalizers"] = .array((finalizers + [finalizer]).map { .string($0) })
    }
}

/// A pod learns the zone and region of the node that it is bound to, or was made for.
struct PodTopologyLabels: AdmissionPlugin {
    let name = "PodTopologyLabels"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create else { return }
        var name = ""
        if request.isFor("pods") {
            name = request.object["spec", "nodeName"]?.string ?? ""
        } else if request.isFor("pods", subresource: "binding") || request.isFor("bindings"),
            request.object["target", "kind"]?.string == "Node"
        {
            name = request.object["target", "name"]?.string ?? ""
        }
        guard !name.isEmpty, let node = request.context.state.object(GroupResource(resource: "nodes"), "", name)
        else { return }
        for label in ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] {
            if let value = node.label(label) { request.object["metadata", "labels", label] = .string(value) }
        }
    }
}

/// Only a bound claim whose class allows it may grow.
struct PersistentVolumeClaimResize: AdmissionPlugin {
    let name = "PersistentVolumeClaimResize"

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .update, request.isFor("persistentvolumeclaims") else { return }
        let path = ["spec", "resources", "requests", "storage"]
        guard Amount(request.object[path]) > Amount(request.old[path]) else { return }
        if request.old["status", "phase"]?.string != "Bound" {
            throw request.forbidden("Only bound persistent volume claims can be expanded")
        }
        let className =
            request.object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]?.string
            ?? request.object["spec", "storageClassName"]?.string ?? ""
        let found = request.context.state.object(
            GroupResource(group: "storage.k8s.io", resource: "storageclasses"), "", className)
        if className.isEmpty || found?.document["allowVolumeExpansion"]?.bool != true {
            throw request.forbidden(
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
            )
        }
    }
}
