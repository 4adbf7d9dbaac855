import Access
import Document
import Records

/// One FlowSchema, ready to be matched.
public struct FlowSchema: Sendable {
    public let name: String
    /// For `X-Kubernetes-PF-FlowSchema-UID`.
    public let uid: String
    /// The name of the level that its requests belong to.
    public let levelName: String
    let precedence: Int64
    let distinguisher: Distinguisher
    let rules: [Rule]

    enum Distinguisher: Sendable { case none, user, namespace }

    struct Rule: Sendable {
        let subjects: [Subject]
        let resources: [ResourceRule]
        let paths: [PathRule]
    }
    enum Subject: Sendable {
        case everyUser
        case user(String)
        case everyGroup
        case group(String)
        /// Every service account of a namespace: the start of their user names.
        case accounts(prefix: String)
    }
    struct ResourceRule: Sendable {
        let verbs: Names
        let groups: Names
        let resources: Names
        let namespaces: Names
        let includesClusterScope: Bool
    }
    struct PathRule: Sendable {
        let verbs: Names
        let paths: [String]
    }
    /// A list of names in which `*` stands for all.
    struct Names: Sendable {
        let isEvery: Bool
        let list: [String]
        init(_ json: JSON?) {
            list = json?.strings ?? []
            isEvery = list.contains("*")
        }
        func contains(_ name: String) -> Bool { isEvery || list.contains(name) }
        /// Whether `resource` or `resource/subresource` is listed.
        func contains(_ resource: String, _ subresource: String) -> Bool {
            if isEvery { return true }
            if subresource.isEmpty { return list.contains(resource) }
            return list.contains { entry in
                let text = entry.utf8
                guard text.count == resource.utf8.count + subresource.utf8.count + 1 else { return false }
                return text.starts(with: resource.utf8) && text.dropFirst(resource.utf8.count).first == 0x2F
                    && text.dropFirst(resource.utf8.count + 1).elementsEqual(subresource.utf8)
            }
        }
    }

    init(_ object: JSON) {
        let spec = object["spec"] ?? .null
        name = object["metadata", "name"]?.string ?? ""
        uid = object["metadata", "uid"]?.string ?? ""
        levelName = spec["priorityLevelConfiguration", "name"]?.string ?? ""
        precedence = spec["matchingPrecedence"]?.int ?? 1000
        switch spec["distinguisherMethod", "type"]?.string {
        case "ByUser": distinguisher = .user
        case "ByNamespace": distinguisher = .namespace
        default: distinguisher = .none
        }
        rules = (spec["rules"]?.elements ?? []).map { rule in
            Rule(
                subjects: (rule["subjects"]?.elements ?? []).compactMap(FlowSchema.subject),
                resources: (rule["resourceRules"]?.elements ?? []).map {
                    ResourceRule(
                        verbs: Names($0["verbs"]), groups: Names($0["apiGroups"]), resources: Names($0["resources"]),
                        namespaces: Names($0["namespaces"]), includesClusterScope: $0["clusterScope"] == true)
                },
                paths: (rule["nonResourceRules"]?.elements ?? []).map {
                    PathRule(verbs: Names($0["verbs"]), paths: $0["nonResourceURLs"]?.strings ?? [])
                })
        }
    }

    private static func subject(_ json: JSON) -> Subject? {
        switch json["kind"]?.string {
        case "User":
            let name = json["user", "name"]?.string ?? ""
            return name == "*" ? .everyUser : .user(name)
        case "Group":
            let name = json["group", "name"]?.string ?? ""
            return name == "*" ? .everyGroup : .group(name)
        case "ServiceAccount":
            let prefix = "system:serviceaccount:\(json["serviceAccount", "namespace"]?.string ?? ""):"
            let name = json["serviceAccount", "name"]?.string ?? ""
            return name == "*" ? .accounts(prefix: prefix) : .user(prefix + name)
        default: return nil
        }
    }

    /// Whether one of the rules speaks of the request.
    func matches(_ request: AccessAttributes) -> Bool {
        rules.contains { rule in
            rule.subjects.contains { FlowSchema.matches($0, request) }
                && (request.isResourceRequest
                    ? rule.resources.contains { FlowSchema.matches($0, request) }
                    : rule.paths.contains { FlowSchema.matches($0, request) })
        }
    }

    private static func matches(_ subject: Subject, _ request: AccessAttributes) -> Bool {
        switch subject {
        case .everyUser: true
        case .user(let name): request.user.name == name
        case .everyGroup: !request.user.groups.isEmpty
        case .group(let name): request.user.groups.contains(name)
        case .accounts(let prefix): request.user.name.utf8.starts(with: prefix.utf8)
        }
    }

    private static func matches(_ rule: ResourceRule, _ request: AccessAttributes) -> Bool {
        rule.verbs.contains(request.verb) && rule.groups.contains(request.group)
            && rule.resources.contains(request.resource, request.subresource)
            && (request.namespace.isEmpty ? rule.includesClusterScope : rule.namespaces.contains(request.namespace))
    }

    private static func matches(_ rule: PathRule, _ request: AccessAttributes) -> Bool {
        rule.verbs.contains(request.verb)
            && rule.paths.contains { path in
                if path == "*" || path == request.path { return true }
                return path.utf8.last == UInt8(ascii: "*") && request.path.utf8.starts(with: path.utf8.dropLast())
            }
    }

    /// A number for the flow that the request belongs to: the same for the same schema and distinguisher.
    func flow(_ request: AccessAttributes) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01b3
        }
        mix(name)
        switch distinguisher {
        case .none: break
        case .user: mix(request.user.name)
        case .namespace: mix(request.namespace)
        }
        // FNV's low bits differ little for names that differ in their ends.
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 33
        return hash
    }
}
