public import Document
public import Records

extension AccessRules {
    /// The `status` of a SelfSubjectRulesReview of somebody who may do anything.
    public static let everything: JSON = [
        "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
    ]

    /// Every rule that holds for a user in a namespace, the cluster's first, and what could not be resolved.
    public func rules(for user: UserInfo, namespace: String) -> (rules: [PolicyRule], errors: [String]) {
        var found: [PolicyRule] = []
        var errors: [String] = []
        visitBindings(of: user, namespace: namespace) { binding in
            if let role = role(binding.roleKey) {
                found += role.rules
            } else {
                errors.append("\(binding.roleKind.lowercased()).\(AccessRules.group) \"\(binding.roleName)\" not found")
            }
            return true
        }
        return (found, errors)
    }

    /// The `status` of a SelfSubjectRulesReview.
    public func review(of user: UserInfo, namespace: String) -> JSON {
        var (rules, errors) = rules(for: user, namespace: namespace)
        if user.groups.contains("system:nodes"), user.name.utf8.starts(with: "system:node:".utf8) {
            errors.append("node authorizer does not support user rule resolution")
        }
        var resources: [JSON] = []
        var paths: [JSON] = []
        for rule in rules {
            if rule.nonResourceURLs.isEmpty { resources.append(rule.document) } else { paths.append(rule.document) }
        }
        rules = []
        var status: JSONObject = [
            "resourceRules": .array(resources), "nonResourceRules": .array(paths), "incomplete": .bool(!errors.isEmpty),
        ]
        if !errors.isEmpty { status["evaluationError"] = .string(errors.joined(separator: ", ")) }
        return .object(status)
    }
}
