import Access
import ClusterState
import Document
import Records
import Requests
import Schema

/// `who-could`: everybody who might do something at some moment of a stretch of time, since when and until when, and who granted it and
/// took it away. By roles and bindings; `system:masters` may in any case.
enum WhoCouldQuestion {
    private struct Span {
        let grant: Grant
        /// nil for one that was there at the beginning.
        var from: EventRecord?
        /// nil for one that was there at the end.
        var until: EventRecord?
    }

    /// `verb`, `resource` (or `path`), `group`, `namespace`, `name`, `subresource`; `from` and `to`, both now without them.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        guard let verb = query["verb"], !verb.isEmpty else {
            throw .badRequest("verb: say what they would do, get or delete")
        }
        let end = try ground.revision(query, "to")
        let start = (query["from"] ?? "").isEmpty ? end : try ground.revision(query, "from")
        guard start <= end else { throw .badRequest("from: revision \(start) comes after revision \(end)") }
        let nobody = UserInfo(name: "", groups: [])
        let attributes = try AccessQuestion.attributes(query, nobody, verb, at: end, ground)

        var rules = AccessRules(try ground.state(at: start))
        var open = rules.whoCan(attributes).map { Span(grant: $0) }
        var closed: [Span] = []
        for revision in try changes(after: start, through: end, ground) {
            guard let event = try ground.past.event(revision) else { continue }
            rules.apply(event.changes, revision: revision)
            let now = rules.whoCan(attributes)
            let holders = Set(now)
            for var span in open where !holders.contains(span.grant) {
                span.until = event
                closed.append(span)
            }
            open.removeAll { !holders.contains($0.grant) }
            let known = Set(open.map(\.grant))
            open += now.filter { !known.contains($0) }.map { Span(grant: $0, from: event) }
        }
        let spans = (closed + open).sorted {
            ($0.from?.revision ?? 0, $0.grant.subject.description, $0.grant.binding)
                < ($1.from?.revision ?? 0, $1.grant.subject.description, $1.grant.binding)
        }
        return [
            "kind": "AccessHistory", "apiVersion": "reckon.dev/v1", "verb": .string(verb),
            "asked": AccessQuestion.asked(attributes), "from": .int(Int64(start)), "to": .int(Int64(end)),
            "items": .array(spans.map(document)),
        ]
    }

    /// The revisions that changed roles or bindings.
    private static func changes(after start: UInt64, through end: UInt64, _ ground: Ground) throws(APIError) -> [UInt64]
    {
        var found: [UInt64] = []
        try ground.past.eachBackwards(from: end, notBefore: start + 1) { event throws(APIError) in
            if event.changes.contains(where: { $0.key.group == RoleKinds.group }) { found.append(event.revision) }
            return true
        }
        return found.reversed()
    }

    private static func document(_ span: Span) -> JSON {
        var json: JSON = [
            "subject": .string(span.grant.subject.description), "binding": .string(span.grant.binding),
            "rule": .string(span.grant.rule),
        ]
        json["granted"] = span.from.map(EventSummary.json)
        json["ended"] = span.until.map(EventSummary.json)
        return json
    }
}

/// Roles, ClusterRoles and their bindings.
enum RoleKinds {
    static let group = "rbac.authorization.k8s.io"
}
