public import Schema

/// Which paths a resource is served at: the routes that upstream installs for its verbs.
public enum ResourcePath {
    /// Whether there is such a path at all; where there is none even a method that no path has is answered 404.
    public static func exists(_ info: RequestInfo, of type: ResourceType) -> Bool {
        if type.isNamespaced != isInNamespace(info) { return type.isNamespaced && isWholeCluster(info, of: type) }
        if !info.subresource.isEmpty { return true }
        return !info.nameIsInPath || type.verbs.contains { ["get", "update", "patch", "delete"].contains($0) }
    }

    /// Whether the path is one for the verb: PUT and PATCH want a name, POST wants none and a namespace.
    public static func allows(_ info: RequestInfo, of type: ResourceType) -> Bool {
        switch info.verb {
        case "create": !info.nameIsInPath && type.isNamespaced == isInNamespace(info)
        case "deletecollection": type.isNamespaced == isInNamespace(info)
        case "update", "patch", "delete", "get": info.nameIsInPath
        default: true
        }
    }

    /// A namespaced resource in all namespaces can be listed and nothing else.
    private static func isWholeCluster(_ info: RequestInfo, of type: ResourceType) -> Bool {
        info.subresource.isEmpty && !info.nameIsInPath && type.verbs.contains("list")
    }

    /// Whether the path names a namespace that the resource is in; `/namespaces/x` itself does not.
    private static func isInNamespace(_ info: RequestInfo) -> Bool {
        let own = info.resource == "namespaces" && info.nameIsInPath ? info.name : ""
        return info.namespace != own
    }
}
