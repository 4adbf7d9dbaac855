import Document
import Records
import Requests
import Schema

/// `sessions`: who went into which container, what was run there, and who was turned away. Newest first.
enum SessionsQuestion {
    private static let kinds: Set<String> = ["exec", "attach", "portforward"]

    /// `user`, `namespace`, `name` (of the pod), `denied`, `since`, `until`, `limit`.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        var filter = RecordFilter()
        filter.user = query["user"].flatMap { $0.isEmpty ? Optional.none : $0 }
        filter.namespace = query["namespace"].flatMap { $0.isEmpty ? Optional.none : $0 }
        filter.name = query["name"].flatMap { $0.isEmpty ? Optional.none : $0 }
        let isDenied = query.flag("denied") ?? false
        let (since, until) = (try ground.bound(query, "since"), try ground.bound(query, "until"))
        let limit = try ground.count(query, "limit", default: 100, most: 10_000)
        var reader = RecordReader(
            ground.past, from: ground.past.newest, ordinal: ground.past.newestAccess, wantsJournal: false)
        var (items, looked, goesOn) = ([JSON](), 0, false)
        while let record = try reader.next() {
            looked += 1
            if since.isAfter(record) { break }
            guard let session = session(record), filter.holds(record), !until.isBefore(record),
                !isDenied || record.outcome.code == 403
            else { continue }
            items.append(session)
            if items.count == limit || looked >= AuditQuestion.recordsMax {
                goesOn = true
                break
            }
        }
        return [
            "kind": "SessionList", "apiVersion": "reckon.dev/v1", "items": .array(items), "looked": .int(Int64(looked)),
            "goesOn": .bool(goesOn),
        ]
    }

    /// nil when the record is of no session.
    private static func session(_ record: EventRecord) -> JSON? {
        // Most records are of something else: their paths tell.
        guard let last = record.request.path.split(separator: "/").last, kinds.contains(String(last)) else {
            return nil
        }
        let asked = RecordedRequest.attributes(record)
        guard asked.resource == "pods", kinds.contains(asked.subresource) else { return nil }
        let info = RequestInfo(method: "GET", target: record.request.path + "?" + record.request.query)
        var json = EventSummary.whole(record)
        json["session"] = .string(asked.subresource)
        json["pod"] = .string(asked.name)
        json["namespace"] = .string(asked.namespace)
        json["container"] = .string(info.query["container"] ?? "")
        json["command"] = .array(info.query.all("command").map { .string($0) })
        json["tty"] = .bool(info.query.flag("tty") ?? false)
        json["stdin"] = .bool(info.query.flag("stdin") ?? false)
        return json
    }
}
