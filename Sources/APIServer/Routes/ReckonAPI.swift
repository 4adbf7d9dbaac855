import Access
import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import History
import Records
import Requests
import Schema

/// `/reckon/v1/…`: history as JSON. Reading it takes the same right as reading the object today.
extension APIServer {
    func reckonAPI(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let parts = exchange.info.path.split(separator: "/").dropFirst(2).map(String.init)
        switch parts.first {
        case "history": try objectHistory(exchange, snapshot)
        case "digest":
            // One hash over every object: two servers that agree on it agree on everything.
            note(exchange, code: 200)
            inPast {
                let digest = snapshot.state.digest(SHA256Hasher.self).map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.utf8.count == 1 ? "0" + digits : digits
                }
                let answer: JSON = [
                    "kind": "StateDigest", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(snapshot.revision)),
                    "digest": .string(digest.joined()),
                ]
                exchange.answer(200, answer.encoded())
            }
        case "status":
            let floor = engine.floor
            let answer: JSON = [
                "kind": "LogStatus", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(snapshot.revision)),
                "floor": .int(Int64(floor)),
                "time": .string(snapshot.state.time.rfc3339Micro),
            ]
            note(exchange, code: 200)
            exchange.answer(200, answer.encoded())
        default:
            throw APIError(
                code: 404, reason: "NotFound",
                message:
                    "nothing is served at \(exchange.info.path): try /reckon/v1/history, /reckon/v1/status or /reckon/v1/digest"
            )
        }
    }

    /// `/reckon/v1/history?resource=deployments&group=apps&namespace=shop&name=web`: every version, by whom, by which request, what changed.
    private func objectHistory(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let query = exchange.info.query
        let group = query["group"] ?? ""
        guard let asked = query["resource"], let name = query["name"], !asked.isEmpty, !name.isEmpty else {
            throw .badRequest(
                "history needs the parameters resource and name (and group and namespace where they apply)")
        }
        guard let type = snapshot.catalog.resources.first(where: { Self.names($0, asked, group) }) else {
            throw .badRequest("no kind of resource is called \"\(asked)\"")
        }
        let namespace = type.isNamespaced ? query["namespace"] ?? "default" : ""
        let attributes = AccessAttributes(
            user: exchange.authentication.user, verb: "get", group: type.group, version: type.version,
            resource: type.resource,
            namespace: namespace, name: name)
        let facts = engine.authorize(attributes)
        guard facts.verdict == .allowed else { throw attributes.forbidden(facts) }
        let key = ObjectKey(group: type.store.group, resource: type.store.resource, namespace: namespace, name: name)
        inPast { [self] in
            do throws(APIError) {
                let timeline = try timeline(of: key)
                guard !timeline.lives.isEmpty else { throw APIError.notFound(type.groupResource, name) }
                var answer = timeline.json
                answer["kind"] = "ObjectHistory"
                answer["apiVersion"] = "reckon.dev/v1"
                answer["text"] = .string(timeline.text())
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// Everything that ever happened to a key, oldest first.
    private func timeline(of key: ObjectKey) throws(APIError) -> Timeline {
        try engine.reading { log throws(LogError) in
            let versions = try log.versions(of: key)
            var events: [EventRecord] = []
            for version in versions { events += try log.events(from: version.revision, limit: 1) }
            var before: JSON?
            if let first = versions.first, first.kind != .created, first.revision > log.floor {
                before = try log.object(key, at: first.revision - 1)?.document
            }
            return Timeline(of: key, in: events, before: before)
        }
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
