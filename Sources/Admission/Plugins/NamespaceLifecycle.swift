import Document
import Schema

/// Objects live in namespaces that exist and are not going away; the system's own namespaces stay.
struct NamespaceLifecycle: AdmissionPlugin {
    let name = "NamespaceLifecycle"
    private static let immortal: Set<String> = ["default", "kube-system", "kube-public"]

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        if request.operation == .delete {
            if request.isFor("namespaces"), NamespaceLifecycle.immortal.contains(request.name) {
                throw .forbidden(request.type.groupResource, request.name, "this namespace may not be deleted")
            }
            return
        }
        guard request.type.isNamespaced, !request.namespace.isEmpty,
            request.type.resource != "localsubjectaccessreviews"
        else { return }
        guard let namespace = request.context.state.object(GroupResource(resource: "namespaces"), "", request.namespace)
        else {
            throw .notFound(GroupResource(resource: "namespaces"), request.namespace)
        }
        guard request.operation == .create,
            namespace.body.holds("deletionTimestamp") || namespace.body.holds("Terminating")
        else { return }
        let document = namespace.document
        guard document["metadata", "deletionTimestamp"] != nil || document["status", "phase"]?.string == "Terminating"
        else { return }
        var error = request.forbidden(
            "unable to create new content in namespace \(request.namespace) because it is being terminated")
        error.causes = [
            .init(
                reason: "NamespaceTerminating", message: "namespace \(request.namespace) is being terminated",
                field: "metadata.namespace")
        ]
        throw error
    }
}
