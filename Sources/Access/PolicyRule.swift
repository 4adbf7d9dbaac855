public import Document

/// One rule of a Role or ClusterRole: Kubernetes' `rbac/v1.PolicyRule`.
public struct PolicyRule: Hashable, Sendable {
    public var verbs: [String]
    public var apiGroups: [String]
    public var resources: [String]
    public var resourceNames: [String]
    public var nonResourceURLs: [String]

    public init(
        verbs: [String], apiGroups: [String] = [], resources: [String] = [], resourceNames: [String] = [],
        nonResourceURLs: [String] = []
    ) {
        self.verbs = verbs
        self.apiGroups = apiGroups
        self.resources = resources
        self.resourceNames = resourceNames
        self.nonResourceURLs = nonResourceURLs
    }

    /// Reads a rule of a role's `rules`.
    public init(_ json: JSON) {
        verbs = json["verbs"]?.strings ?? []
        apiGroups = json["apiGroups"]?.strings ?? []
        resources = json["resources"]?.strings ?? []
        resourceNames = json["resourceNames"]?.strings ?? []
        nonResourceURLs = json["nonResourceURLs"]?.strings ?? []
    }

    /// The rule as it stands in a role.
    public var document: JSON {
        var out = JSONObject()
        func put(_ key: String, _ values: [String]) {
            if !values.isEmpty { out[key] = .array(values.map { .string($0) }) }
        }
        put("apiGroups", apiGroups)
        put("nonResourceURLs", nonResourceURLs)
        put("resourceNames", resourceNames)
        put("resources", resources)
        out["verbs"] = .array(verbs.map { .string($0) })
        return .object(out)
    }

    /// Whether this rule allows the request.
    public func allows(_ request: AccessAttributes) -> Bool {
        guard matchesVerb(request.verb) else { return false }
        return request.isResourceRequest
            ? matchesResource(request) && (resourceNames.isEmpty || resourceNames.contains(request.name))
            : nonResourceURLs.contains { PolicyRule.path(request.path, matches: $0) }
    }

    func matchesVerb(_ verb: String) -> Bool { verbs.contains { $0 == verb || $0 == "*" } }

    /// Verb aside: whether group, resource and subresource fit.
    func matchesResource(_ request: AccessAttributes) -> Bool {
        guard apiGroups.contains(where: { $0 == request.group || $0 == "*" }) else { return false }
        return resources.contains { resource in
            if resource == "*" { return true }
            if request.subresource.isEmpty { return resource == request.resource }
            return PolicyRule.resource(resource, names: request.resource, request.subresource)
        }
    }

    /// Whether `rule` is `resource/subresource` or `*/subresource`.
    private static func resource(_ rule: String, names resource: String, _ subresource: String) -> Bool {
        let text = rule.utf8
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let head = text[..<slash]
        guard text[text.index(after: slash)...].elementsEqual(subresource.utf8) else { return false }
        return head.elementsEqual(resource.utf8) || head.elementsEqual(CollectionOfOne(UInt8(ascii: "*")))
    }

    static func path(_ path: String, matches rule: String) -> Bool {
        if rule == "*" || rule == path { return true }
        return rule.utf8.last == UInt8(ascii: "*") && path.utf8.starts(with: rule.utf8.dropLast())
    }
}
