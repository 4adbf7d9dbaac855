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
        if parts.first == "forks" { return try forkEndpoint(exchange, snapshot, parts) }
        let method = exchange.info.method
        guard method == "GET" || method == "HEAD" else { return try change(exchange, snapshot, parts) }
        switch parts.first {
        case "capture": try capture(exchange, snapshot)
        case "digest": stateDigest(exchange, snapshot)
        case "events": try events(exchange, snapshot, named: parts.dropFirst().first)
        case "inventory": try inventory(exchange, snapshot)
        case "pages": try listPages(exchange, snapshot)
        case "status": logStatus(exchange, snapshot)
        case "timeline": try clusterTimeline(exchange, snapshot)
        case let name? where parts.count == 1 && pastQuestion(name, exchange, snapshot): break
        default:
            throw APIError(
                code: 404, reason: "NotFound",
                message:
                    "nothing is served at \(exchange.info.path): try /reckon/v1/status, timeline, events, history, diff, blame or why"
            )
        }
    }

    /// What every known user may ask, because the answer holds only what the rules let this one read, object by object. Who asked
    /// for what (`audit`, `explain`, `can`, `minimal`, `sessions`, `who-could`) is for those who have a rule for it: the ClusterRole `reckon:auditor` is one.
    private static let openEndpoints: Set<String> = [
        "bisect", "blame", "diff", "doctor", "event", "events", "history", "inventory", "names", "pages", "show",
        "status", "timeline", "why",
    ]

    /// Whether a path is answered without a rule for the path itself: see `openEndpoints`.
    static func looksAtRightsItself(_ info: RequestInfo, _ user: UserInfo) -> Bool {
        guard info.path.hasPrefix("/reckon/v1/"), info.method == "GET", user.groups.contains("system:authenticated")
        else { return false }
        let parts = info.path.split(separator: "/")
        return parts.count > 2 && openEndpoints.contains(String(parts[2]))
    }

    /// Whether a person's word names this resource: plural, singular, short name or kind.
    static func names(_ type: ResourceType, _ word: String, _ group: String) -> Bool {
        if !group.isEmpty, type.group != group { return false }
        let lower = word.lowercased()
        return type.resource == lower || type.singular == lower || type.shortNames.contains(lower)
            || type.kind.lowercased() == lower
            || type.groupResource.description == lower
    }

    /// What changes something: only the present can be.
    private func change(_ exchange: Exchange, _ snapshot: Snapshot, _ parts: [String]) throws(APIError) {
        switch (exchange.info.method, parts.count == 1 ? parts.first : nil) {
        case ("POST", "undo"): try undo(exchange, snapshot)
        case ("POST", "undelete"): try undelete(exchange, snapshot)
        case ("POST", "rewind"): try rewind(exchange, snapshot)
        case ("POST", "replay"): try replay(exchange, snapshot)
        default: throw Self.notAllowed
        }
    }

    /// The body of a change's request: one JSON object, whose members are among those known.
    func askedChange(_ exchange: Exchange, _ kind: String, members: Set<String>) throws(APIError) -> JSON {
        var duplicates: [String] = []
        let body = try document(exchange, .json, as: .object(kind), &duplicates)
        guard let object = body.object else { throw .badRequest("the body must be a JSON object of kind \(kind)") }
        let known = members.union(["apiVersion", "kind"])
        if let other = object.keys.first(where: { !known.contains($0) }) {
            throw .badRequest(
                "unknown field \"\(other)\" in \(kind): it knows \(members.sorted().joined(separator: ", "))")
        }
        return body
    }
}
