import Document

/// A parameter of an operation: in the query, or in the path.
struct QueryParameter: Equatable {
    let name: String
    let type: String
    var isInPath = false

    static func text(_ name: String) -> QueryParameter { QueryParameter(name: name, type: "string") }
    static func flag(_ name: String) -> QueryParameter { QueryParameter(name: name, type: "boolean") }
    static func number(_ name: String) -> QueryParameter { QueryParameter(name: name, type: "integer") }
    static func path(_ name: String) -> QueryParameter { QueryParameter(name: name, type: "string", isInPath: true) }

    static let pretty = text("pretty")

    static let list: [QueryParameter] = [
        flag("allowWatchBookmarks"), text("continue"), text("fieldSelector"), text("labelSelector"), number("limit"),
        text("resourceVersion"), text("resourceVersionMatch"), flag("sendInitialEvents"), number("timeoutSeconds"),
        flag("watch"),
    ]
    static let write: [QueryParameter] = [text("dryRun"), text("fieldManager"), text("fieldValidation")]
    static let delete: [QueryParameter] = [
        text("dryRun"), number("gracePeriodSeconds"), flag("ignoreStoreReadErrorWithClusterBreakingPotential"),
        flag("orphanDependents"), text("propagationPolicy"),
    ]
    /// What selects objects, without what only a watch needs.
    private static let selection = list.filter { !["allowWatchBookmarks", "watch"].contains($0.name) }

    /// What an operation may be asked with, besides `pretty`.
    static func all(of verb: String, isCustom: Bool) -> [QueryParameter] {
        switch verb {
        case "get": isCustom ? [text("resourceVersion")] : []
        case "list", "watch", "watchlist": list
        case "create", "update": write
        case "patch": write + [flag("force")]
        case "delete": delete
        case "deletecollection": isCustom ? list : selection + delete
        default: []
        }
    }

    /// What a connection to a container, or through a server, may be asked with.
    static func connection(_ subresource: String) -> [QueryParameter] {
        let streams = [text("container"), flag("stderr"), flag("stdin"), flag("stdout"), flag("tty")]
        return switch subresource {
        case "exec": [text("command")] + streams
        case "attach": streams
        case "portforward": [number("ports")]
        case "log":
            [
                pretty, text("container"), flag("follow"), flag("insecureSkipTLSVerifyBackend"), number("limitBytes"),
                flag("previous"), number("sinceSeconds"), text("stream"), number("tailLines"), flag("timestamps"),
            ]
        default: [text("path")]
        }
    }

    func document(_ version: SchemaDocument.Version) -> JSON {
        var out: JSON = ["name": .string(name), "in": isInPath ? "path" : "query"]
        if isInPath { out["required"] = true }
        if version == .v3 {
            out["schema"] = ["type": .string(type), "uniqueItems": true]
        } else {
            out["type"] = .string(type)
            out["uniqueItems"] = true
        }
        return out
    }
}
