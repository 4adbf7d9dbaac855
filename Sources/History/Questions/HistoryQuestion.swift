import ClusterState
import Document
import Records
import Requests
import Schema

/// `history`: every version of an object, or the changes of all objects of a kind.
enum HistoryQuestion {
    /// An object, or `resource` with an optional `namespace` and `labelSelector`; `since` and `until`; the newest `limit`.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let (first, last) = try span(query, ground)
        let limit = try ground.count(query, "limit", default: query["name"] == nil ? 100 : 1000, most: 100_000)
        if query["name"] != nil { return try ofObject(query, ground, first, last, limit) }
        return try ofKind(query, ground, first, last, limit)
    }

    /// The revisions after `since` and up to `until`.
    static func span(_ query: Query, _ ground: Ground) throws(APIError) -> (first: UInt64, last: UInt64) {
        let last = try ground.revision(query, "until")
        guard let text = query["since"], !text.isEmpty else { return (ground.past.floor + 1, last) }
        let moment = try ground.moment(text, "since")
        do throws(APIError) {
            return (try moment.revision(in: ground.past, now: ground.now) + 1, last)
        } catch {
            // Since before the beginning is since the beginning.
            if error.code == 410, moment.time(now: ground.now) != nil { return (ground.past.floor + 1, last) }
            throw error
        }
    }

    private static func ofObject(
        _ query: Query, _ ground: Ground, _ first: UInt64, _ last: UInt64, _ limit: Int
    ) throws(APIError) -> JSON {
        let key = try ground.object(query, at: last)
        let (before, events) = try ground.past.changes(of: key, from: first, through: last, limit: limit)
        var timeline = Timeline(of: key, before: before?.document)
        for event in events { timeline.add(event) }
        if timeline.lives.isEmpty {
            if before == nil, try ground.past.versions(of: key).isEmpty { throw try Absence.error(key, last, ground) }
        }
        return [
            "kind": "ObjectHistory", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(last)),
            "object": ground.reference(key, uid: timeline.lives.last?.uid ?? before?.uid ?? ""),
            "lives": .array(
                timeline.lives.map { ["uid": .string($0.uid), "entries": .array($0.entries.map(\.json))] }),
        ]
    }

    private static func ofKind(
        _ query: Query, _ ground: Ground, _ first: UInt64, _ last: UInt64, _ limit: Int
    ) throws(APIError) -> JSON {
        guard query["resource"].map({ !$0.isEmpty }) ?? false else {
            throw .badRequest("resource: name a kind, and with name one object of it")
        }
        let scope = try ground.scope(query, at: last)
        var visibility = Visibility(ground)
        let all = ObjectKey(
            group: scope.store!.group, resource: scope.store!.resource, namespace: scope.namespace ?? "", name: "")
        // Without a namespace what may be seen is shown; a namespace that is named must be open.
        if scope.namespace != nil, let refusal = ground.refusal("list", all) { throw refusal }
        var items: [JSON] = []
        var isComplete = true
        try ground.past.eachBackwards(from: last, notBefore: max(first, ground.past.floor(of: all) + 1)) {
            outline throws(APIError) in
            guard outline.changes.contains(where: { scope.holds($0.key) }),
                let event = try ground.past.event(outline.revision)
            else { return true }
            for change in event.changes.reversed() where scope.holds(change.key) && visibility.shows(change.key) {
                let entry = try entry(event, change, ground)
                if let labels = scope.labels, !labels.matches(entry.labels) { continue }
                if items.count == limit {
                    isComplete = false
                    return false
                }
                items.append(entry.json)
            }
            return true
        }
        var answer: JSON = [
            "kind": "KindHistory", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(last)),
            "items": .array(items.reversed()),
        ]
        if !isComplete { answer["isTruncated"] = true }
        return answer
    }

    /// One change as an entry that names its object.
    static func entry(_ event: EventRecord, _ change: Change, _ ground: Ground) throws(APIError) -> (
        json: JSON, labels: [(key: String, value: String)]
    ) {
        let body = StoredObject(key: change.key, uid: change.uid, revision: event.revision, body: change.body)
        var before: JSON?
        if change.kind == .updated, event.revision > ground.past.floor(of: change.key) {
            before = try ground.past.object(change.key, at: event.revision - 1)
                .map { Hidden.cleared($0.document, of: change.key) }
        }
        let entry = HistoryEntry(
            event, change, before: before, after: Hidden.cleared(body.document, of: change.key))
        var json = entry.json
        json["object"] = ground.reference(change.key, uid: change.uid)
        return (json, body.labels)
    }
}
