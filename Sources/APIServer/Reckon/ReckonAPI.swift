import Access
import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import Records
import Requests
import Schema

/// `/reckon/v1/…`: the log as JSON, for the command line and the page. An endpoint is a file of this folder.
extension APIServer {
    func reckonAPI(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let parts = exchange.info.path.split(separator: "/").dropFirst(2).map(String.init)
        switch parts.first {
        case "history": try objectHistory(exchange, snapshot)
        case "digest": stateDigest(exchange, snapshot)
        case "status": logStatus(exchange, snapshot)
        default:
            throw APIError(
                code: 404, reason: "NotFound",
                message:
                    "nothing is served at \(exchange.info.path): try /reckon/v1/history, /reckon/v1/status or /reckon/v1/digest"
            )
        }
    }

    /// The object that a request asks about, by its query: resource (any name that kubectl takes), group, namespace and name.
    /// The caller needs the present right to get it.
    func askedObject(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) -> (
        type: ResourceType, key: ObjectKey
    ) {
        let query = exchange.info.query
        let group = query["group"] ?? ""
        guard let asked = query["resource"], let name = query["name"], !asked.isEmpty, !name.isEmpty else {
            throw .badRequest(
                "name the object with the parameters resource and name (and group and namespace where they apply)")
        }
        guard let type = snapshot.catalog.resources.first(where: { Self.names($0, asked, group) }) else {
            throw .badRequest("no kind of resource is called \"\(asked)\"")
        }
        let namespace = type.isNamespaced ? query["namespace"] ?? "default" : ""
        let attributes = AccessAttributes(
            user: exchange.authentication.user, verb: "get", group: type.group, version: type.version,
            resource: type.resource, namespace: namespace, name: name)
        let facts = engine.authorize(attributes)
        guard facts.verdict == .allowed else { throw attributes.forbidden(facts) }
        return (
            type, ObjectKey(group: type.store.group, resource: type.store.resource, namespace: namespace, name: name)
        )
    }

    /// Whether a person's word names this resource: plural, singular, short name or kind.
    private static func names(_ type: ResourceType, _ word: String, _ group: String) -> Bool {
        if !group.isEmpty, type.group != group { return false }
        let lower = word.lowercased()
        return type.resource == lower || type.singular == lower || type.shortNames.contains(lower)
            || type.kind.lowercased() == lower
            || type.groupResource.description == lower
    }
}
