/// An API group and a resource's plural name: what one store of objects is named by. The core group is "".
public struct GroupResource: Hashable, Sendable, Comparable {
    public let group: String
    public let resource: String
    public init(group: String = "", resource: String) {
        self.group = group
        self.resource = resource
    }
    /// `pods`, `deployments.apps`: the form of Kubernetes' own messages.
    public var description: String { group.isEmpty ? resource : resource + "." + group }
    public static func < (a: Self, b: Self) -> Bool { (a.group, a.resource) < (b.group, b.resource) }
}

/// An API group, version and kind.
public struct GroupVersionKind: Hashable, Sendable {
    public let group: String
    public let version: String
    public let kind: String
    public init(group: String = "", version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }
    /// Reads `apiVersion` as it stands in an object: `v1`, `apps/v1`.
    public init(apiVersion: String, kind: String) {
        if let slash = apiVersion.firstIndex(of: "/") {
            self.init(
                group: String(apiVersion[..<slash]), version: String(apiVersion[apiVersion.index(after: slash)...]),
                kind: kind)
        } else {
            self.init(version: apiVersion, kind: kind)
        }
    }
    /// `v1`, `apps/v1`.
    public var apiVersion: String { group.isEmpty ? version : group + "/" + version }
}
