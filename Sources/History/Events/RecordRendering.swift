public import Document
public import Records

/// Records as text and as JSON: what `reckon log list` and `reckon log show` print.
public enum RecordRendering {
    public static let titles = ["REVISION", "TIME", "USER", "VERB", "OBJECT", "CODE", "CAUSE"]

    /// The cells of one line of a listing. An access record's number is the revision it saw and its ordinal: `41+7`.
    public static func cells(_ record: EventRecord) -> [String] {
        let place = record.stream == .journal ? String(record.revision) : "\(record.revision)+\(record.ordinal)"
        var object = record.changes.first?.key.description ?? record.request.path
        if record.changes.count > 1 { object += " (+\(record.changes.count - 1))" }
        let code =
            record.outcome.reason.isEmpty ? "\(record.outcome.code)" : "\(record.outcome.code) \(record.outcome.reason)"
        return [
            place, record.time.rfc3339Micro, record.authentication.user.name, record.request.verb, object, code,
            record.cause.map { String($0) } ?? "",
        ]
    }

    /// A table of records.
    public static func list(_ records: [EventRecord]) -> String { TextTable(titles, records.map(cells)).text }

    /// Everything about one record, a field a line. `previous` gives the body before a change, for a difference instead of the whole.
    public static func show(_ record: EventRecord, previous: (Change) throws -> [UInt8]?) rethrows -> String {
        var rows: [[String]] = []
        func row(_ title: String, _ text: String) { if !text.isEmpty { rows.append([title, text]) } }
        row(
            "revision",
            record.stream == .journal ? String(record.revision) : "\(record.revision), access record \(record.ordinal)")
        row("time", record.time.rfc3339Micro)
        row("cause", record.cause.map { String($0) } ?? "")
        row(
            "request",
            "\(record.request.verb) \(record.request.path)"
                + (record.request.query.isEmpty ? "" : "?\(record.request.query)"))
        row("request id", record.request.auditID)
        row("user agent", record.request.userAgent)
        row("field manager", record.request.fieldManager)
        row("from", record.request.source)
        row("user", record.authentication.user.name)
        row("groups", record.authentication.user.groups.joined(separator: ", "))
        row("authenticated by", record.authentication.authenticator)
        row("credential", record.authentication.fingerprint)
        row("as asked by", record.authentication.impersonator?.name ?? "")
        for verdict in record.authentication.verdicts {
            row("refused by", "\(verdict.authenticator): \(verdict.refusal)")
        }
        row(
            "authorization",
            [String(describing: record.authorization.verdict), record.authorization.authorizer].filter { !$0.isEmpty }
                .joined(separator: " by "))
        row(
            "rule",
            record.authorization.rule.isEmpty
                ? "" : "\(record.authorization.rule) (revision \(record.authorization.ruleRevision))")
        row(
            "binding",
            record.authorization.binding.isEmpty
                ? "" : "\(record.authorization.binding) (revision \(record.authorization.bindingRevision))")
        row("reason", record.authorization.reason)
        for fact in record.admission {
            row("admission", "\(fact.plugin) \(fact.effect)" + (fact.detail.isEmpty ? "" : ": \(fact.detail)"))
        }
        row("outcome", "\(record.outcome.code)" + (record.outcome.reason.isEmpty ? "" : " \(record.outcome.reason)"))
        row("decision", String(decoding: record.decision, as: UTF8.self))
        var lines = [TextTable([], rows).text]
        for change in record.changes {
            lines.append("\(change.kind.word) \(change.key.description)  uid \(change.uid)")
            if change.body.isEmpty {
                lines.append("  what it was is no longer kept")
                continue
            }
            let after = Hidden.cleared((try? JSON(parsing: change.body)) ?? .null, of: change.key)
            if change.kind == .updated, let old = try previous(change), let before = try? JSON(parsing: old) {
                for field in Difference.between(Hidden.cleared(before, of: change.key), after) {
                    lines.append("  " + field.text)
                }
            } else if change.kind == .created {
                for field in Difference.leaves(after) { lines.append("  " + field.text) }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// A record as JSON. A Secret's values are never in it.
    public static func json(_ record: EventRecord, withBodies: Bool) -> JSON {
        var request: JSON = [
            "verb": .string(record.request.verb), "path": .string(record.request.path),
            "id": .string(record.request.auditID),
        ]
        func put(_ json: inout JSON, _ key: String, _ text: String) { if !text.isEmpty { json[key] = .string(text) } }
        put(&request, "query", record.request.query)
        put(&request, "userAgent", record.request.userAgent)
        put(&request, "source", record.request.source)
        put(&request, "fieldManager", record.request.fieldManager)
        var authentication = user(record.authentication.user)
        put(&authentication, "authenticator", record.authentication.authenticator)
        put(&authentication, "fingerprint", record.authentication.fingerprint)
        if let impersonator = record.authentication.impersonator { authentication["impersonator"] = user(impersonator) }
        if !record.authentication.verdicts.isEmpty {
            authentication["verdicts"] = .array(
                record.authentication.verdicts.map {
                    ["authenticator": .string($0.authenticator), "refusal": .string(String(describing: $0.refusal))]
                })
        }
        var authorization: JSON = ["verdict": .string(String(describing: record.authorization.verdict))]
        put(&authorization, "authorizer", record.authorization.authorizer)
        put(&authorization, "rule", record.authorization.rule)
        put(&authorization, "binding", record.authorization.binding)
        put(&authorization, "reason", record.authorization.reason)
        if !record.authorization.rule.isEmpty {
            authorization["ruleRevision"] = .int(Int64(record.authorization.ruleRevision))
        }
        if !record.authorization.binding.isEmpty {
            authorization["bindingRevision"] = .int(Int64(record.authorization.bindingRevision))
        }
        var json: JSON = [
            "stream": .string(record.stream == .journal ? "journal" : "access"),
            "revision": .int(Int64(record.revision)),
            "time": .string(record.time.rfc3339Micro), "request": request, "authentication": authentication,
            "authorization": authorization,
        ]
        if record.stream == .access { json["ordinal"] = .int(Int64(record.ordinal)) }
        if let cause = record.cause { json["cause"] = .int(Int64(cause)) }
        var outcome: JSON = ["code": .int(Int64(record.outcome.code))]
        put(&outcome, "reason", record.outcome.reason)
        json["outcome"] = outcome
        if !record.admission.isEmpty {
            json["admission"] = .array(
                record.admission.map {
                    [
                        "plugin": .string($0.plugin), "effect": .string(String(describing: $0.effect)),
                        "detail": .string($0.detail),
                    ]
                })
        }
        if !record.changes.isEmpty { json["changes"] = .array(record.changes.map { change($0, withBodies) }) }
        if let decision = try? JSON(parsing: record.decision) { json["decision"] = decision }
        return json
    }

    private static func user(_ user: UserInfo) -> JSON {
        var json: JSON = ["user": .string(user.name)]
        if !user.uid.isEmpty { json["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { json["groups"] = .array(user.groups.map { .string($0) }) }
        return json
    }

    private static func change(_ change: Change, _ withBodies: Bool) -> JSON {
        var json: JSON = [
            "kind": .string(change.kind.word), "resource": .string(change.key.resource),
            "name": .string(change.key.name),
            "uid": .string(change.uid),
        ]
        if !change.key.group.isEmpty { json["group"] = .string(change.key.group) }
        if !change.key.namespace.isEmpty { json["namespace"] = .string(change.key.namespace) }
        if change.previousRevision > 0 { json["previousRevision"] = .int(Int64(change.previousRevision)) }
        if withBodies, let body = try? JSON(parsing: change.body) {
            json["body"] = Hidden.cleared(body, of: change.key)
        }
        return json
    }
}
