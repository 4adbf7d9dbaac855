public import Records

/// What a request wants to do, as authorizers see it: Kubernetes' `authorizer.Attributes`.
public struct AccessAttributes: Hashable, Sendable {
    public var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`, …; for a path the HTTP
    /// method in lower case.
    public var verb: String
    /// The API group; "" for the core group.
    public var group: String
    public var version: String
    /// The plural name.
    public var resource: String
    public var subresource: String
    public var namespace: String
    /// Empty for a create and for a whole collection.
    public var name: String
    /// The path of a request that is for no resource, `/metrics`.
    public var path: String
    public var isResourceRequest: Bool
    /// The raw `fieldSelector` of a list, watch or deletecollection. Only the node authorizer reads it: a kubelet may list the
    /// pods of its own node.
    public var fieldSelector: String

    /// A request for a resource.
    public init(
        user: UserInfo, verb: String, group: String = "", version: String = "", resource: String,
        subresource: String = "",
        namespace: String = "", name: String = "", fieldSelector: String = ""
    ) {
        self.user = user
        self.verb = verb
        self.group = group
        self.version = version
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.path = ""
        self.isResourceRequest = true
        self.fieldSelector = fieldSelector
    }

    /// A request for a path that names no resource.
    public init(user: UserInfo, verb: String, path: String) {
        self.init(user: user, verb: verb, resource: "")
        self.path = path
        isResourceRequest = false
    }
}

extension AccessAttributes {
    /// What `user` must be allowed before it may speak as `target` (the `Impersonate-*` headers): each of these, in order.
    public static func impersonation(of target: UserInfo, by user: UserInfo) -> [AccessAttributes] {
        var asked: [AccessAttributes] = []
        let parts = target.name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" {
            asked.append(
                .init(
                    user: user, verb: "impersonate", version: "v1", resource: "serviceaccounts", namespace: parts[2],
                    name: parts[3]))
        } else {
            asked.append(.init(user: user, verb: "impersonate", version: "v1", resource: "users", name: target.name))
        }
        for group in target.groups {
            asked.append(.init(user: user, verb: "impersonate", version: "v1", resource: "groups", name: group))
        }
        for extra in target.extra {
            for value in extra.values {
                asked.append(
                    .init(
                        user: user, verb: "impersonate", group: "authentication.k8s.io", version: "v1",
                        resource: "userextras", subresource: extra.key, name: value))
            }
        }
        if !target.uid.isEmpty {
            asked.append(
                .init(
                    user: user, verb: "impersonate", group: "authentication.k8s.io", version: "v1", resource: "uids",
                    name: target.uid))
        }
        return asked
    }
}
