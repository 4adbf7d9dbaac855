import Access
import ClusterState
import Document
import Records
import Requests
import Schema

/// `minimal`: the rights that somebody really used, as the smallest roles that hold them, and what he holds and did not use.
enum MinimalAccessQuestion {
    /// `user`, `since`, `until`.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        guard let name = query["user"], !name.isEmpty else {
            throw .badRequest("user: say whose requests are looked at")
        }
        let since = try ground.bound(query, "since")
        let until = try ground.bound(query, "until")
        var reader = RecordReader(
            ground.past, from: ground.past.newest, ordinal: ground.past.newestAccess, wantsJournal: true)
        // Without any role of their own all who signed in may do some things.
        let rules = AccessRules(ground.present)
        var used = UsedRights()
        var user: UserInfo?
        var (looked, requests, denied) = (0, 0, 0)
        while let record = try reader.next() {
            looked += 1
            if looked > AuditQuestion.recordsMax || since.isAfter(record) { break }
            guard record.authentication.user.name == name, !until.isBefore(record) else { continue }
            if user == nil { user = record.authentication.user }
            requests += 1
            if record.authorization.verdict != .allowed {
                denied += record.outcome.code == 403 ? 1 : 0
                continue
            }
            var attributes = RecordedRequest.attributes(record)
            if record.authorization.authorizer == "reckon" { continue }
            attributes.user = UserInfo(name: "", groups: ["system:authenticated"])
            if !used.holds(attributes), rules.authorize(attributes, ground.present).verdict == .allowed { continue }
            used.add(attributes)
        }
        guard let user else {
            throw APIError(
                code: 404, reason: "NotFound", message: "no request of \(name) is kept in the time that was asked about"
            )
        }
        var answer: JSON = [
            "kind": "MinimalAccess", "apiVersion": "reckon.dev/v1", "user": .string(name),
            "requests": .int(Int64(requests)), "denied": .int(Int64(denied)),
            "isCut": .bool(looked > AuditQuestion.recordsMax), "items": .array(used.manifests(for: name)),
        ]
        answer["unused"] = .array(unused(user, rules, used, ground.present))
        return answer
    }

    /// The rules that he holds now and that none of the requests needed.
    private static func unused(
        _ user: UserInfo, _ rules: AccessRules, _ used: UsedRights, _ state: ClusterState
    ) -> [JSON] {
        let everywhere = rules.rules(for: user, namespace: "").rules
        // What comes with the groups that Kubernetes itself puts everybody into is no grant to him.
        let crowd = UserInfo(name: "", groups: user.groups.filter { $0.hasPrefix("system:") })
        let common = Set(rules.rules(for: crowd, namespace: "").rules)
        var out: [JSON] = everywhere.filter { !common.contains($0) && !used.needs($0, in: nil) }
            .map { ["rule": $0.document] }
        let bindings = GroupResource(group: RoleKinds.group, resource: "rolebindings")
        for space in Set(state.objects(bindings).map(\.key.namespace)).sorted() {
            // Those of the whole cluster come first.
            for rule in rules.rules(for: user, namespace: space).rules.dropFirst(everywhere.count)
            where !used.needs(rule, in: space) {
                out.append(["namespace": .string(space), "rule": rule.document])
            }
        }
        return out
    }
}

/// Rights as they were used: by namespace ("" for the whole cluster), group, resource and verb.
private struct UsedRights {
    private struct Kind: Hashable {
        let group: String
        /// `pods`, `pods/log`.
        let resource: String
    }
    private var byNamespace: [String: [Kind: Set<String>]] = [:]
    private var paths: [String: Set<String>] = [:]
    /// Single requests, for rules that name objects.
    private var requests: Set<AccessAttributes> = []
    private static let requestsMax = 20_000

    private static func kind(_ attributes: AccessAttributes) -> Kind {
        let sub = attributes.subresource.isEmpty ? "" : "/" + attributes.subresource
        return Kind(group: attributes.group, resource: attributes.resource + sub)
    }

    func holds(_ attributes: AccessAttributes) -> Bool {
        guard attributes.isResourceRequest else { return paths[attributes.path]?.contains(attributes.verb) ?? false }
        return byNamespace[attributes.namespace]?[Self.kind(attributes)]?.contains(attributes.verb) ?? false
    }

    mutating func add(_ request: AccessAttributes) {
        if requests.count < Self.requestsMax { requests.insert(request) }
        guard request.isResourceRequest else {
            paths[request.path, default: []].insert(request.verb)
            return
        }
        byNamespace[request.namespace, default: [:]][Self.kind(request), default: []].insert(request.verb)
    }

    /// Whether a request needed that rule; within a namespace, or (nil) anywhere.
    func needs(_ rule: PolicyRule, in namespace: String?) -> Bool {
        requests.contains { (namespace == nil || $0.namespace == namespace) && rule.allows($0) }
    }

    // MARK: roles

    /// A ClusterRole for what was asked of the whole cluster, a Role for each namespace, and their bindings.
    func manifests(for user: String) -> [JSON] {
        let name = "used-by-" + Self.plain(user)
        var out: [JSON] = []
        for space in byNamespace.keys.sorted() where !space.isEmpty {
            out += Self.pair("Role", name, space, Self.rules(byNamespace[space]!), user)
        }
        var rules = Self.rules(byNamespace[""] ?? [:])
        for (verbs, paths) in Self.grouped(paths.map { ($0.key, $0.value) }) {
            rules.append(PolicyRule(verbs: verbs, nonResourceURLs: paths))
        }
        return rules.isEmpty ? out : Self.pair("ClusterRole", name, "", rules, user) + out
    }

    private static func rules(_ used: [Kind: Set<String>]) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        for group in Set(used.keys.map(\.group)).sorted() {
            let kinds = used.filter { $0.key.group == group }.map { ($0.key.resource, $0.value) }
            for (verbs, resources) in grouped(kinds) {
                rules.append(PolicyRule(verbs: verbs, apiGroups: [group], resources: resources))
            }
        }
        return rules
    }

    /// Things with the same verbs together, in the order of their names.
    private static func grouped(_ used: [(name: String, verbs: Set<String>)]) -> [(verbs: [String], names: [String])] {
        Dictionary(grouping: used) { $0.verbs.sorted() }.map { ($0.key, $0.value.map(\.name).sorted()) }
            .sorted { $0.names[0] < $1.names[0] }
    }

    private static func pair(
        _ kind: String, _ name: String, _ namespace: String, _ rules: [PolicyRule], _ user: String
    ) -> [JSON] {
        var metadata: JSON = ["name": .string(name)]
        if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
        let parts = user.split(separator: ":").map(String.init)
        var subject: JSON = ["kind": "User", "apiGroup": .string(RoleKinds.group), "name": .string(user)]
        if parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" {
            subject = ["kind": "ServiceAccount", "namespace": .string(parts[2]), "name": .string(parts[3])]
        }
        let version = JSON.string(RoleKinds.group + "/v1")
        return [
            [
                "apiVersion": version, "kind": .string(kind), "metadata": metadata,
                "rules": .array(rules.map(\.document)),
            ],
            [
                "apiVersion": version, "kind": .string(kind + "Binding"), "metadata": metadata,
                "roleRef": ["apiGroup": .string(RoleKinds.group), "kind": .string(kind), "name": .string(name)],
                "subjects": [subject],
            ],
        ]
    }

    /// A user's name as the name of an object.
    private static func plain(_ user: String) -> String {
        let text = user.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(String(text).drop { $0 == "-" }.prefix(200))
    }
}
