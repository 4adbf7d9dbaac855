public import ClusterState
public import Document
public import Records
public import Schema

/// Nobody may grant what they do not hold: the checks on writes of roles and bindings.
extension AccessRules {
    /// Why the user may not write this Role, ClusterRole, RoleBinding or ClusterRoleBinding; nil when they may, and for any other
    /// resource. `old` is the object as it is, nil for a create.
    public func escalation(
        _ resource: GroupResource, _ object: JSON, old: JSON?, user: UserInfo, _ state: ClusterState
    ) -> APIError? {
        guard resource.group == AccessRules.group, !user.groups.contains("system:masters") else { return nil }
        let namespace = object["metadata", "namespace"]?.string ?? ""
        let name = object["metadata", "name"]?.string ?? ""
        let parts = ["rules", "aggregationRule", "roleRef", "subjects"]
        if let old, parts.allSatisfy({ (old[$0] ?? .null) == (object[$0] ?? .null) }) { return nil }
        let wanted: [PolicyRule]
        switch resource.resource {
        case "roles", "clusterroles":
            let asked = AccessAttributes(
                user: user, verb: "escalate", group: AccessRules.group, version: "v1", resource: resource.resource,
                namespace: namespace, name: old == nil ? "" : name)
            if authorize(asked, state).verdict == .allowed { return nil }
            if let aggregation = object["aggregationRule"], !aggregation.isNull {
                let everything = [
                    PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]),
                    PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]),
                ]
                if refusalToGrant(everything, user, namespace) != nil {
                    return .forbidden(resource, name, "must have cluster-admin privileges to use the aggregationRule")
                }
            }
            wanted = object["rules"]?.elements.map { PolicyRule($0) } ?? []
        case "rolebindings", "clusterrolebindings":
            let isCluster = object["roleRef", "kind"]?.string == "ClusterRole"
            let roleName = object["roleRef", "name"]?.string ?? ""
            let asked = AccessAttributes(
                user: user, verb: "bind", group: object["roleRef", "apiGroup"]?.string ?? "", version: "*",
                resource: isCluster ? "clusterroles" : "roles", namespace: namespace, name: roleName)
            if authorize(asked, state).verdict == .allowed { return nil }
            guard let role = role(RoleKey(namespace: isCluster ? "" : namespace, name: roleName)) else {
                return .notFound(
                    GroupResource(group: AccessRules.group, resource: isCluster ? "clusterrole" : "role"), roleName)
            }
            wanted = role.rules
        default: return nil
        }
        return refusalToGrant(wanted, user, namespace).map { .forbidden(resource, name, $0) }
    }

    /// Upstream's words when the user's own rules do not cover all of `wanted`.
    private func refusalToGrant(_ wanted: [PolicyRule], _ user: UserInfo, _ namespace: String) -> String? {
        let (held, errors) = rules(for: user, namespace: namespace)
        let missing = wanted.flatMap(\.single).filter { one in !held.contains { $0.covers(one) } }
        if missing.isEmpty { return nil }
        let lines = Set(PolicyRule.compact(missing).map(\.description)).sorted()
        var text =
            "user \(goQuoted(user.name)) (groups=\(goQuoted(user.groups))) is attempting to grant RBAC permissions not currently held:\n"
        text += lines.joined(separator: "\n")
        if !errors.isEmpty { text += "; resolution errors: [\(errors.joined(separator: ", "))]" }
        return text
    }
}

extension PolicyRule {
    /// The same permissions as rules of one verb, group, resource and name (or path) each.
    var single: [PolicyRule] {
        var out: [PolicyRule] = []
        for group in apiGroups {
            for resource in resources {
                for verb in verbs {
                    if resourceNames.isEmpty {
                        out.append(PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource]))
                    }
                    for name in resourceNames {
                        out.append(
                            PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: [name]))
                    }
                }
            }
        }
        for path in nonResourceURLs {
            for verb in verbs { out.append(PolicyRule(verbs: [verb], nonResourceURLs: [path])) }
        }
        return out
    }

    /// Whether this rule allows all that a `single` one does.
    func covers(_ one: PolicyRule) -> Bool {
        func has(_ list: [String], _ wanted: [String]) -> Bool {
            list.contains("*") || wanted.allSatisfy(list.contains)
        }
        guard has(verbs, one.verbs), has(apiGroups, one.apiGroups) else { return false }
        let resourcesFit =
            resources.contains("*")
            || one.resources.allSatisfy { wanted in
                if resources.contains(wanted) { return true }
                guard let slash = wanted.firstIndex(of: "/") else { return false }
                return resources.contains("*" + wanted[slash...])
            }
        guard resourcesFit else { return false }
        guard
            resourceNames.isEmpty
                || (!one.resourceNames.isEmpty && one.resourceNames.allSatisfy(resourceNames.contains))
        else {
            return false
        }
        return one.nonResourceURLs.allSatisfy { path in nonResourceURLs.contains { PolicyRule.path(path, matches: $0) }
        }
    }

    /// Single rules with those of one group, resource and name joined: their verbs in one rule.
    static func compact(_ rules: [PolicyRule]) -> [PolicyRule] {
        var out: [PolicyRule] = []
        for rule in rules {
            let place = out.firstIndex {
                rule.nonResourceURLs.isEmpty && $0.nonResourceURLs.isEmpty && $0.apiGroups == rule.apiGroups
                    && $0.resources == rule.resources && $0.resourceNames == rule.resourceNames
            }
            if let place { out[place].verbs += rule.verbs } else { out.append(rule) }
        }
        return out
    }

    /// `{APIGroups:[""], Resources:["secrets"], Verbs:["*"]}`.
    var description: String {
        var parts: [String] = []
        if !apiGroups.isEmpty { parts.append("APIGroups:" + goQuoted(apiGroups)) }
        if !resources.isEmpty { parts.append("Resources:" + goQuoted(resources)) }
        if !nonResourceURLs.isEmpty { parts.append("NonResourceURLs:" + goQuoted(nonResourceURLs)) }
        if !resourceNames.isEmpty { parts.append("ResourceNames:" + goQuoted(resourceNames)) }
        if !verbs.isEmpty { parts.append("Verbs:" + goQuoted(verbs)) }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
