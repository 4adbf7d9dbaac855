import Document
import Schema

/// A kubelet touches only what is its own: its Node, the status of its pods, its lease and its CSINode.
struct NodeRestriction: AdmissionPlugin {
    let name = "NodeRestriction"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        let user = request.context.user
        guard user.groups.contains("system:nodes"), user.name.hasPrefix("system:node:") else { return }
        let node = String(user.name.dropFirst("system:node:".count))
        if node.isEmpty { throw request.forbidden("could not determine node from user \"\(user.name)\"") }
        switch (request.type.group, request.type.resource) {
        case ("", "pods"): try pods(request, node)
        case ("", "nodes"): try nodes(request, node)
        case ("", "serviceaccounts"): try tokens(request, node)
        case ("coordination.k8s.io", "leases"):
            if request.namespace != "kube-node-lease" {
                throw request.forbidden("can only access leases in the \"kube-node-lease\" system namespace")
            }
            if objectName(request) != node {
                throw request.forbidden("can only access node lease with the same name as the requesting node")
            }
        case ("storage.k8s.io", "csinodes"):
            if objectName(request) != node {
                throw request.forbidden("can only access CSINode with the same name as the requesting node")
            }
        default: break
        }
    }

    private func objectName(_ request: AdmissionRequest) -> String {
        request.name.isEmpty ? request.object["metadata", "name"]?.string ?? "" : request.name
    }

    private func pods(_ request: AdmissionRequest, _ node: String) throws(APIError) {
        let stored = request.context.state.object(GroupResource(resource: "pods"), request.namespace, request.name)
        switch (request.subresource, request.operation) {
        case ("", .create):
            guard request.object["metadata", "annotations", "kubernetes.io/config.mirror"] != nil else {
                throw request.forbidden(
                    "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"\(node)\" can only create mirror pods"
                )
            }
            if request.object["spec", "nodeName"]?.string != node {
                throw request.forbidden("node \"\(node)\" can only create pods with spec.nodeName set to itself")
            }
            for list in ["serviceAccountName"] where !(request.object["spec"]?.text(list) ?? "").isEmpty {
                throw request.forbidden("node \"\(node)\" can not create pods that reference a service account")
            }
        case ("", .delete):
            if let stored, stored.nodeName != node {
                throw request.forbidden("node \"\(node)\" can only delete pods with spec.nodeName set to itself")
            }
        case ("", .update):
            throw request.forbidden(
                "unexpected operation \"UPDATE\", node \"\(node)\" can only create and delete mirror pods")
        case ("status", _):
            if request.old["spec", "nodeName"]?.string != node {
                throw request.forbidden(
                    "node \"\(node)\" can only update pod status for pods with spec.nodeName set to itself")
            }
            if request.object["metadata", "labels"] ?? .null != request.old["metadata", "labels"] ?? .null {
                throw request.forbidden("node \"\(node)\" cannot update labels through pod status")
            }
        case ("eviction", _):
            if let stored, stored.nodeName != node {
                throw request.forbidden("node \"\(node)\" can only evict pods with spec.nodeName set to itself")
            }
        default:
            throw request.forbidden(
                "unexpected pod subresource \"\(request.subresource)\", only 'status' and 'eviction' are allowed")
        }
    }

    private func nodes(_ request: AdmissionRequest, _ node: String) throws(APIError) {
        if request.operation == .delete || objectName(request) != node {
            let verb = request.operation == .delete ? "delete" : "modify"
            throw request.forbidden("node \"\(node)\" is not allowed to \(verb) node \"\(objectName(request))\"")
        }
        let new = request.object["metadata", "labels"]?.entries ?? JSONObject()
        let old = request.old["metadata", "labels"]?.entries ?? JSONObject()
        let touched = Set(new.keys).union(old.keys).filter { new[$0] != old[$0] && NodeRestriction.isReserved($0) }
            .sorted()
        if !touched.isEmpty {
            let verb = request.operation == .create ? "set" : "modify"
            throw request.forbidden(
                "is not allowed to \(verb) the following labels: \(touched.joined(separator: ", "))")
        }
        if request.operation == .update, request.subresource.isEmpty,
            request.object["spec", "taints"] ?? .null != request.old["spec", "taints"] ?? .null
        {
            throw request.forbidden("node \"\(node)\" is not allowed to modify taints")
        }
    }

    /// Labels of Kubernetes' own domains that a kubelet may not choose.
    private static func isReserved(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let domain = label[..<slash]
        func within(_ parent: String) -> Bool { domain == parent[...] || domain.hasSuffix("." + parent) }
        if within("node-restriction.kubernetes.io") { return true }
        guard within("kubernetes.io") || within("k8s.io") else { return false }
        if within("kubelet.kubernetes.io") || within("node.kubernetes.io") { return false }
        let allowed: Set<String> = [
            "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/instance-type",
            "node.kubernetes.io/instance-type", "failure-domain.beta.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/zone",
            "failure-domain.kubernetes.io/region", "failure-domain.kubernetes.io/zone", "topology.kubernetes.io/region",
            "topology.kubernetes.io/zone", "beta.kubernetes.io/arch", "beta.kubernetes.io/os",
        ]
        return !allowed.contains(label)
    }

    private func tokens(_ request: AdmissionRequest, _ node: String) throws(APIError) {
        guard request.operation == .create, request.subresource == "token" else { return }
        let reference = request.object["spec", "boundObjectRef"] ?? .null
        guard reference.text("kind") == "Pod", reference.text("apiVersion") == "v1", !reference.text("name").isEmpty
        else {
            throw request.forbidden("node requested token not bound to a pod")
        }
        guard !reference.text("uid").isEmpty else {
            throw request.forbidden("node requested token with a pod binding without a uid")
        }
        let pod = request.context.state.object(
            GroupResource(resource: "pods"), request.namespace, reference.text("name"))
        guard let pod else { throw request.forbidden("pod \"\(reference.text("name"))\" not found") }
        if pod.uid != reference.text("uid") {
            throw request.forbidden(
                "the UID in the bound object reference (\(reference.text("uid"))) does not match the UID in record. The object might have been deleted and then recreated"
            )
        }
        if pod.nodeName != node {
            throw request.forbidden("node requested token bound to a pod scheduled on a different node")
        }
    }
}
