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
        guard request.type.isNamespaced, !request.namespace.isEmpty, request.type.resource != "localsubjectaccessreviews" else { return }
        guard let namespace = request.context.state.object(GroupResource(resource: "namespaces"), "", request.namespace) else {
            throw .notFound(GroupResource(resource: "namespaces"), request.namespace)
        }
        guard request.operation == .create, namespace.body.containsDeletionTimestamp else { return }
        let document = namespace.document
        guard document["metadata", "deletionTimestamp"] != nil || document["status", "phase"]?.string == "Terminating" else { return }
        var error = request.forbidden("unable to create new content in namespace \(request.namespace) because it is being terminated")
        error.causes = [
            .init(
                reason: "NamespaceTerminating", message: "namespace \(request.namespace) is being terminated",
                field: "metadata.namespace")
        ]
        throw error
    }
}

extension [UInt8] {
    /// A quick look before the whole body is read: whether the words `deletionTimestamp` or `Terminating` occur.
    fileprivate var containsDeletionTimestamp: Bool {
        holds("deletionTimestamp") || holds("Terminating")
    }

    private func holds(_ word: StaticString) -> Bool {
        let n = word.utf8CodeUnitCount
        guard count >= n else { return false }
        return withUnsafeBufferPointer { bytes in
            let first = word.utf8Start[0]
            var i = 0
            while i <= bytes.count - n {
                if bytes[i] == first {
                    var k = 1
                    while k < n, bytes[i + k] == word.utf8Start[k] { k += 1 }
                    if k == n { return true }
                }
                i += 1
            }
            return false
        }
    }
}
