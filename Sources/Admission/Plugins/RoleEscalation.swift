import Access
import Document
import Schema

/// Nobody grants what they do not hold. Upstream does this in the storage of roles and bindings, not as a plugin.
struct RoleEscalation: AdmissionPlugin {
    let name = "RBAC"

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.type.group == "rbac.authorization.k8s.io",
            request.operation == .create || request.operation == .update
        else { return }
        if request.context.user.groups.contains("system:masters") { return }
        var object = request.object
        if !request.namespace.isEmpty { object["metadata", "namespace"] = .string(request.namespace) }
        let rules = AccessRules(request.context.state)
        let old: JSON? = request.operation == .create ? Optional.none : request.old
        if let refusal = rules.escalation(
            request.type.groupResource, object, old: old, user: request.context.user, request.context.state)
        {
            throw refusal
        }
    }
}
