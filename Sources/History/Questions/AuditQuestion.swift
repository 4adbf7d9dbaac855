import ClusterState
import Document
import Records
import Requests
import Schema

/// `audit`: who asked for what, by which credential, and by which rule he was let in or turned away. Newest first.
enum AuditQuestion {
    /// Records that one answer looks at, at most: the answer then says where to go on.
    static let recordsMax = 200_000

    /// `user`, `verb`, `resource`, `namespace`, `name`, `code`, `credential`, `denied`, `failedLogins`, `writes`, `since`, `until`,
    /// `limit`, `continue`. Kubernetes' own components are left out unless `user` names one or `all` is given.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        var filter = RecordFilter()
        filter.user = nonEmpty(query["user"])
        filter.verb = nonEmpty(query["verb"])
        filter.namespace = nonEmpty(query["namespace"])
        filter.name = nonEmpty(query["name"])
        if let word = nonEmpty(query["resource"]) {
            filter.resource = (try? ground.type(named: word, group: query["group"] ?? ""))?.resource ?? word
        }
        if let code = nonEmpty(query["code"]) {
            guard let number = Int(code.replacing("xx", with: "00")) else {
                throw .badRequest("code takes a number, or 4xx")
            }
            filter.code = number
        }
        let since = try ground.bound(query, "since")
        let until = try ground.bound(query, "until")
        let (denied, failed) = (query.flag("denied") ?? false, query.flag("failedLogins") ?? false)
        let (all, writes) = (query.flag("all") ?? false, query.flag("writes") ?? false)
        let credential = nonEmpty(query["credential"])
        let limit = try ground.count(query, "limit", default: 100, most: 10_000)

        var start = (revision: ground.past.newest, ordinal: ground.past.newestAccess)
        if let token = nonEmpty(query["continue"]) {
            let parts = token.split(separator: ".").compactMap { UInt64($0) }
            guard parts.count == 2 else { throw .badRequest("continue: \"\(token)\" is not from an earlier answer") }
            start = (min(parts[0], start.revision), min(parts[1], start.ordinal))
        }
        var reader = RecordReader(
            ground.past, from: start.revision, ordinal: start.ordinal, wantsJournal: !denied && !failed)
        var items: [JSON] = []
        var (looked, hiddenOwn) = (0, 0)
        var goesOn = false
        while let record = try reader.next() {
            looked += 1
            if since.isAfter(record) { break }
            if until.isBefore(record) { continue }
            guard filter.holds(record), !denied || record.outcome.code == 403, !failed || record.outcome.code == 401,
                !writes || record.stream == .journal,
                credential == nil || record.authentication.fingerprint == credential
            else { continue }
            if !all, filter.user == nil, !denied, !failed, record.authentication.authenticator == "internal" {
                hiddenOwn += 1
                continue
            }
            items.append(EventSummary.whole(record))
            if items.count == limit || looked >= recordsMax {
                goesOn = true
                break
            }
        }
        var answer: JSON = [
            "kind": "AuditList", "apiVersion": "reckon.dev/v1", "items": .array(items), "looked": .int(Int64(looked)),
        ]
        if hiddenOwn > 0 { answer["leftOut"] = .int(Int64(hiddenOwn)) }
        let place = reader.place
        if goesOn, place.revision > ground.past.floor || place.ordinal > 0 {
            answer["continue"] = .string("\(place.revision).\(place.ordinal)")
        }
        return answer
    }

    private static func nonEmpty(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}

/// `explain`: one request by its audit id: who, how that was established or why not, by which rule, or why none held.
enum ExplainQuestion {
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        guard let id = query["id"], !id.isEmpty else { throw .badRequest("id: name a request by its audit id") }
        var reader = RecordReader(
            ground.past, from: ground.past.newest, ordinal: ground.past.newestAccess, wantsJournal: true)
        while let record = try reader.next() {
            guard record.request.auditID == id else { continue }
            var answer: JSON = [
                "kind": "RequestExplanation", "apiVersion": "reckon.dev/v1", "event": EventSummary.whole(record),
            ]
            if record.authorization.verdict == .denied {
                answer["access"] = try AccessQuestion.access(
                    RecordedRequest.attributes(record), at: record.revision, ground)
            } else if !record.authorization.rule.isEmpty {
                answer["granted"] = try AccessQuestion.origin(record.authorization, ground)
            }
            return answer
        }
        throw APIError(code: 404, reason: "NotFound", message: "no request with the audit id \(id) is kept")
    }
}
