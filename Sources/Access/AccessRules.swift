public import ClusterState
import Document
public import Records
import Schema

/// RBAC and its friends at one revision: an index over Roles, ClusterRoles and their bindings by who they speak of, so that a
/// question costs as much as the answer has rules, however many bindings there are.
public struct AccessRules: Sendable {
    static let group = "rbac.authorization.k8s.io"

    struct RoleKey: Hashable, Sendable {
        /// "" for a ClusterRole.
        let namespace: String
        let name: String
    }
    struct Role: Sendable {
        let rules: [PolicyRule]
        let revision: UInt64
    }
    /// A user or a group, within a namespace or ("") the whole cluster. A service account is the user that it speaks as.
    struct SubjectKey: Hashable, Sendable {
        let namespace: String
        let isGroup: Bool
        let name: String
    }
    /// One (Cluster)RoleBinding.
    struct Binding: Sendable {
        let namespace: String
        let name: String
        let revision: UInt64
        let roleIsCluster: Bool
        let roleName: String
        let subjects: [Subject]
        var roleKey: RoleKey { RoleKey(namespace: roleIsCluster ? "" : namespace, name: roleName) }
        var kind: String { namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding" }
        var roleKind: String { roleIsCluster ? "ClusterRole" : "Role" }
    }
    /// Who a binding speaks of.
    public struct Subject: Hashable, Sendable {
        /// `User`, `Group` or `ServiceAccount`.
        public let kind: String
        public let namespace: String
        public let name: String
        /// As upstream describes it: `User "alice"`, `ServiceAccount "robot/shop"`.
        public var description: String {
            kind == "ServiceAccount" ? "\(kind) \"\(name)/\(namespace)\"" : "\(kind) \"\(name)\""
        }
    }

    /// Rises with each change of the index: what was decided under another generation must be asked again.
    public private(set) var generation: UInt64 = 0
    private var roles: [RoleKey: Role] = [:]
    private var bindings: [RoleKey: Binding] = [:]
    /// Bindings by subject, ordered by name.
    private var bySubject: [SubjectKey: [Binding]] = [:]

    /// The rules of that state.
    public init(_ state: ClusterState) {
        for resource in ["clusterroles", "roles", "clusterrolebindings", "rolebindings"] {
            for object in state.objects(GroupResource(group: AccessRules.group, resource: resource)) {
                put(object.key, object.document, revision: object.revision)
            }
        }
        generation = 1
    }

    /// Follows one event of the journal. Costs next to nothing when no role or binding changed.
    public mutating func apply(_ changes: [Change], revision: UInt64) {
        for change in changes where change.key.group == AccessRules.group {
            remove(change.key)
            if change.kind != .deleted, let body = try? JSON(parsing: change.body) {
                put(change.key, body, revision: revision)
            }
            generation += 1
        }
    }

    private mutating func put(_ key: ObjectKey, _ object: JSON, revision: UInt64) {
        let place = RoleKey(namespace: key.namespace, name: key.name)
        switch key.resource {
        case "roles", "clusterroles":
            roles[place] = Role(rules: object["rules"]?.elements.map { PolicyRule($0) } ?? [], revision: revision)
        case "rolebindings", "clusterrolebindings":
            let subjects = object["subjects"]?.elements.map { subject in
                var namespace = subject["namespace"]?.string ?? ""
                if namespace.isEmpty { namespace = key.namespace }
                return Subject(
                    kind: subject["kind"]?.string ?? "", namespace: namespace, name: subject["name"]?.string ?? "")
            }
            let binding = Binding(
                namespace: key.namespace, name: key.name, revision: revision,
                roleIsCluster: object["roleRef", "kind"]?.string == "ClusterRole",
                roleName: object["roleRef", "name"]?.string ?? "", subjects: subjects ?? [])
            bindings[place] = binding
            for subject in subjectKeys(binding) {
                var list = bySubject[subject] ?? []
                list.insert(binding, at: list.firstIndex { binding.name.bytesPrecede($0.name) } ?? list.count)
                bySubject[subject] = list
            }
        default: break
        }
    }

    private mutating func remove(_ key: ObjectKey) {
        let place = RoleKey(namespace: key.namespace, name: key.name)
        switch key.resource {
        case "roles", "clusterroles": roles[place] = nil
        case "rolebindings", "clusterrolebindings":
            guard let binding = bindings.removeValue(forKey: place) else { return }
            for subject in subjectKeys(binding) {
                bySubject[subject]?.removeAll { $0.name == binding.name }
                if bySubject[subject]?.isEmpty == true { bySubject[subject] = nil }
            }
        default: break
        }
    }

    private func subjectKeys(_ binding: Binding) -> Set<SubjectKey> {
        var keys: Set<SubjectKey> = []
        for subject in binding.subjects {
            switch subject.kind {
            case "User": keys.insert(SubjectKey(namespace: binding.namespace, isGroup: false, name: subject.name))
            case "Group": keys.insert(SubjectKey(namespace: binding.namespace, isGroup: true, name: subject.name))
            case "ServiceAccount" where !subject.namespace.isEmpty:
                let user = "system:serviceaccount:\(subject.namespace):\(subject.name)"
                keys.insert(SubjectKey(namespace: binding.namespace, isGroup: false, name: user))
            default: break
            }
        }
        return keys
    }

    // MARK: Questions

    /// Every binding, in the order of namespace and name; the cluster's own first.
    var allBindings: [Binding] {
        bindings.values.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }

    func role(_ key: RoleKey) -> Role? { roles[key] }

    /// Calls `visit` with each binding that speaks of the user, the cluster's first and then those of the namespace, until it
    /// answers false.
    func visitBindings(of user: UserInfo, namespace: String, _ visit: (Binding) -> Bool) {
        for place in namespace.isEmpty ? [""] : ["", namespace] {
            for binding in bySubject[SubjectKey(namespace: place, isGroup: false, name: user.name)] ?? [] {
                if !visit(binding) { return }
            }
            for group in user.groups {
                for binding in bySubject[SubjectKey(namespace: place, isGroup: true, name: group)] ?? [] {
                    if !visit(binding) { return }
                }
            }
        }
    }

    /// The subject of that binding that the user is.
    func subject(of binding: Binding, for user: UserInfo) -> Subject? {
        binding.subjects.first { subject in
            switch subject.kind {
            case "User": subject.name == user.name
            case "Group": user.groups.contains(subject.name)
            case "ServiceAccount": user.name == "system:serviceaccount:\(subject.namespace):\(subject.name)"
            default: false
            }
        }
    }

    /// What RBAC says, and whether the answer depends on the request's name.
    func decide(_ request: AccessAttributes) -> (facts: AuthorizationFacts, dependsOnName: Bool) {
        var found: AuthorizationFacts?
        var dependsOnName = false
        var missing: [String] = []
        visitBindings(of: request.user, namespace: request.namespace) { binding in
            guard let role = roles[binding.roleKey] else {
                missing.append(
                    "\(binding.roleKind.lowercased()).\(AccessRules.group) \"\(binding.roleName)\" not found")
                return true
            }
            for (place, rule) in role.rules.enumerated() {
                guard rule.matchesVerb(request.verb) else { continue }
                if request.isResourceRequest {
                    guard rule.matchesResource(request) else { continue }
                    if !rule.resourceNames.isEmpty {
                        dependsOnName = true
                        guard rule.resourceNames.contains(request.name) else { continue }
                    }
                } else if !rule.nonResourceURLs.contains(where: { PolicyRule.path(request.path, matches: $0) }) {
                    continue
                }
                found = allowed(by: binding, role, place, request.user)
                return false
            }
            return true
        }
        if let found { return (found, dependsOnName) }
        let reason =
            missing.isEmpty ? "" : "RBAC: " + (missing.count == 1 ? missing[0] : "[\(missing.joined(separator: ", "))]")
        return (AuthorizationFacts(verdict: .denied, authorizer: "RBAC", reason: reason), dependsOnName)
    }

    private func allowed(by binding: Binding, _ role: Role, _ place: Int, _ user: UserInfo) -> AuthorizationFacts {
        let who = subject(of: binding, for: user)?.description ?? ""
        let name = binding.namespace.isEmpty ? binding.name : "\(binding.name)/\(binding.namespace)"
        return AuthorizationFacts(
            verdict: .allowed, authorizer: "RBAC",
            binding: binding.namespace.isEmpty
                ? "\(binding.kind)/\(binding.name)" : "\(binding.kind)/\(binding.namespace)/\(binding.name)",
            bindingRevision: binding.revision,
            rule: binding.roleIsCluster
                ? "ClusterRole/\(binding.roleName)#\(place)" : "Role/\(binding.namespace)/\(binding.roleName)#\(place)",
            ruleRevision: role.revision,
            reason:
                "RBAC: allowed by \(binding.kind) \"\(name)\" of \(binding.roleKind) \"\(binding.roleName)\" to \(who)")
    }

    /// Whether the user may, and by which rule: members of `system:masters` always, a kubelet by the node authorizer, everyone by
    /// RBAC. `state` is the one these rules are of; only a kubelet's questions look into it. For a server's every request use
    /// `Authorizer`, which remembers.
    public func authorize(_ request: AccessAttributes, _ state: ClusterState) -> AuthorizationFacts {
        if let facts = AccessRules.privileged(request.user) { return facts }
        var graph = NodeGraph()
        return authorizeNode(request, state, &graph) ?? decide(request).facts
    }

    static func privileged(_ user: UserInfo) -> AuthorizationFacts? {
        user.groups.contains("system:masters") ? AuthorizationFacts(verdict: .allowed, authorizer: "privileged") : nil
    }

    /// The node authorizer's answer, with RBAC's behind it; nil for users that are no kubelets.
    func authorizeNode(_ request: AccessAttributes, _ state: ClusterState, _ graph: inout NodeGraph)
        -> AuthorizationFacts?
    {
        guard request.user.groups.contains("system:nodes"), request.user.name.utf8.starts(with: "system:node:".utf8)
        else { return nil }
        let node = String(request.user.name.utf8.dropFirst("system:node:".utf8.count)) ?? ""
        let answer = NodeAuthorizer.decide(request, node: node, state, &graph)
        if answer.allowed { return AuthorizationFacts(verdict: .allowed, authorizer: "Node", reason: answer.reason) }
        var facts = decide(request).facts
        if facts.verdict == .denied, !answer.reason.isEmpty {
            facts.reason = facts.reason.isEmpty ? answer.reason : answer.reason + "\n" + facts.reason
        }
        return facts
    }
}
