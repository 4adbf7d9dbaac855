/// Somebody who may do what was asked, and why.
public struct Grant: Hashable, Sendable {
    public let subject: AccessRules.Subject
    /// `ClusterRoleBinding/x`, `RoleBinding/ns/x`.
    public let binding: String
    /// `ClusterRole/x#0`: the role and the place of the rule.
    public let rule: String
}

extension AccessRules {
    /// Everyone whom a binding allows the request; its own user is not looked at.
    public func whoCan(_ request: AccessAttributes) -> [Grant] {
        var found: [Grant] = []
        for binding in allBindings where binding.namespace.isEmpty || binding.namespace == request.namespace {
            guard let role = role(binding.roleKey), let place = role.rules.firstIndex(where: { $0.allows(request) })
            else { continue }
            let name = binding.namespace.isEmpty ? binding.name : binding.namespace + "/" + binding.name
            let roleName = binding.roleIsCluster ? binding.roleName : binding.namespace + "/" + binding.roleName
            for subject in binding.subjects {
                found.append(
                    Grant(
                        subject: subject, binding: "\(binding.kind)/\(name)",
                        rule: "\(binding.roleKind)/\(roleName)#\(place)"))
            }
        }
        return found
    }
}
