import Document
import Records

/// An event record as text and as JSON.
enum RecordText {
    /// One line: revision, time, user, request, outcome, what changed.
    static func line(_ r: EventRecord) -> String {
        let number = r.stream == .journal ? String(r.revision) : "\(r.revision).\(r.ordinal)"
        let user = r.authentication.user.name.isEmpty ? "-" : r.authentication.user.name
        let cause = r.cause.map { " because of \($0)" } ?? ""
        let changes = r.changes.map { "\($0.kind) \($0.key.description)" }.joined(separator: ", ")
        let query = r.request.query.isEmpty ? "" : "?" + r.request.query
        return "\(number)  \(r.time.rfc3339Micro)  \(user)  \(r.request.verb) \(r.request.path)\(query)  \(r.outcome.code)"
            + (r.outcome.reason.isEmpty ? "" : " \(r.outcome.reason)") + (changes.isEmpty ? "" : "  \(changes)") + cause
    }

    static func json(_ r: EventRecord) -> JSON {
        var request: JSON = [
            "auditID": .string(r.request.auditID), "verb": .string(r.request.verb), "path": .string(r.request.path),
            "query": .string(r.request.query), "userAgent": .string(r.request.userAgent), "source": .string(r.request.source),
        ]
        if !r.request.fieldManager.isEmpty { request["fieldManager"] = .string(r.request.fieldManager) }
        let a = r.authentication
        var authentication: JSON = [
            "authenticator": .string(a.authenticator), "user": user(a.user), "fingerprint": .string(a.fingerprint),
        ]
        if !a.verdicts.isEmpty {
            authentication["verdicts"] = .array(
                a.verdicts.map { ["authenticator": .string($0.authenticator), "refusal": .string("\($0.refusal)")] })
        }
        if let impersonator = a.impersonator { authentication["impersonator"] = user(impersonator) }
        let z = r.authorization
        let authorization: JSON = [
            "verdict": .string("\(z.verdict)"), "authorizer": .string(z.authorizer), "binding": .string(z.binding),
            "bindingRevision": .int(Int64(z.bindingRevision)), "rule": .string(z.rule), "ruleRevision": .int(Int64(z.ruleRevision)),
            "reason": .string(z.reason),
        ]
        var out: JSON = [
            "stream": .string("\(r.stream)"), "revision": .int(Int64(r.revision)), "time": .string(r.time.rfc3339Micro),
            "request": request, "authentication": authentication, "authorization": authorization,
            "outcome": ["code": .int(Int64(r.outcome.code)), "reason": .string(r.outcome.reason)],
        ]
        if r.stream == .access { out["ordinal"] = .int(Int64(r.ordinal)) }
        if let cause = r.cause { out["cause"] = .int(Int64(cause)) }
        if !r.admission.isEmpty {
            out["admission"] = .array(
                r.admission.map { ["plugin": .string($0.plugin), "effect": .string("\($0.effect)"), "detail": .string($0.detail)] })
        }
        if !r.changes.isEmpty {
            out["changes"] = .array(
                r.changes.map { change in
                    [
                        "kind": .string("\(change.kind)"), "object": .string(change.key.description), "uid": .string(change.uid),
                        "previousRevision": .int(Int64(change.previousRevision)), "body": (try? JSON(parsing: change.body)) ?? .null,
                    ]
                })
        }
        if !r.decision.isEmpty { out["decision"] = (try? JSON(parsing: r.decision)) ?? .string(String(decoding: r.decision, as: UTF8.self)) }
        return out
    }

    /// Several lines: everything there is to one event. Values of Secrets are left out.
    static func whole(_ r: EventRecord) -> String {
        var lines = [line(r)]
        lines.append("  request         \(r.request.auditID) from \(r.request.source.isEmpty ? "inside" : r.request.source) by \(r.request.userAgent)")
        let a = r.authentication
        lines.append("  authentication  \(a.authenticator.isEmpty ? "refused" : a.authenticator) groups \(a.user.groups.joined(separator: ","))")
        for verdict in a.verdicts { lines.append("                  \(verdict.authenticator): \(verdict.refusal)") }
        if let impersonator = a.impersonator { lines.append("  impersonated by \(impersonator.name)") }
        let z = r.authorization
        lines.append(
            "  authorization   \(z.verdict) \(z.authorizer) \(z.rule.isEmpty ? "" : "\(z.rule)@\(z.ruleRevision) through \(z.binding)@\(z.bindingRevision)") \(z.reason)")
        for fact in r.admission { lines.append("  admission       \(fact.plugin) \(fact.effect) \(fact.detail)") }
        for change in r.changes {
            lines.append("  \(change.kind) \(change.key.description) uid \(change.uid) from \(change.previousRevision)")
            if change.key.resource != "secrets" { lines.append("    " + String(decoding: change.body, as: UTF8.self)) }
        }
        if !r.decision.isEmpty { lines.append("  decision        " + String(decoding: r.decision, as: UTF8.self)) }
        return lines.joined(separator: "\n")
    }

    private static func user(_ user: UserInfo) -> JSON {
        var out: JSON = ["name": .string(user.name), "groups": .array(user.groups.map { .string($0) })]
        if !user.uid.isEmpty { out["uid"] = .string(user.uid) }
        return out
    }
}
