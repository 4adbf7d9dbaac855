public import Document
public import Records

/// One record of the log as answers give it (`EVENT`): who did what to which objects, why, and with what success.
public enum EventSummary {
    /// The short form, for lists and timelines.
    public static func json(_ record: EventRecord) -> JSON {
        var json: JSON = [
            "revision": .int(Int64(record.revision)), "time": .string(record.time.rfc3339Micro),
            "verb": .string(record.request.verb), "path": .string(record.request.path),
            "user": .string(record.authentication.user.name), "userAgent": .string(record.request.userAgent),
            "code": .int(Int64(record.outcome.code)), "auditID": .string(record.request.auditID),
            "changes": .array(
                record.changes.map { change in
                    var json: JSON = [
                        "group": .string(change.key.group), "resource": .string(change.key.resource),
                        "name": .string(change.key.name), "uid": .string(change.uid),
                        "change": .string(change.kind.word),
                    ]
                    if !change.key.namespace.isEmpty { json["namespace"] = .string(change.key.namespace) }
                    return json
                }),
            "summary": .string(sentence(record)),
        ]
        if record.stream == .access { json["ordinal"] = .int(Int64(record.ordinal)) }
        if let cause = record.cause { json["cause"] = .int(Int64(cause)) }
        if !record.outcome.reason.isEmpty { json["reason"] = .string(record.outcome.reason) }
        return json
    }

    /// With how the user was established, why he might, what admission did, and a controller's reasons.
    public static func whole(_ record: EventRecord) -> JSON {
        var json = json(record)
        func put(_ name: String, _ text: String) { if !text.isEmpty { json[name] = .string(text) } }
        let (who, may) = (record.authentication, record.authorization)
        put("query", record.request.query)
        put("fieldManager", record.request.fieldManager)
        put("source", record.request.source)
        put("authenticator", who.authenticator)
        put("credential", who.fingerprint)
        put("impersonatedBy", who.impersonator?.name ?? "")
        if !who.user.groups.isEmpty { json["groups"] = .array(who.user.groups.map { .string($0) }) }
        if !who.verdicts.isEmpty {
            json["verdicts"] = .array(
                who.verdicts.map {
                    [
                        "authenticator": .string($0.authenticator), "refusal": .string(String(describing: $0.refusal)),
                        "meaning": .string($0.refusal.meaning),
                    ]
                })
        }
        json["verdict"] = .string(String(describing: may.verdict))
        put("authorizer", may.authorizer)
        if !may.rule.isEmpty {
            json["rule"] = .string(may.rule)
            json["ruleRevision"] = .int(Int64(may.ruleRevision))
        }
        if !may.binding.isEmpty {
            json["binding"] = .string(may.binding)
            json["bindingRevision"] = .int(Int64(may.bindingRevision))
        }
        put("authorizationReason", may.reason)
        if !record.admission.isEmpty {
            json["admission"] = .array(
                record.admission.map {
                    [
                        "plugin": .string($0.plugin), "effect": .string(String(describing: $0.effect)),
                        "detail": .string($0.detail),
                    ]
                })
        }
        if let decision = try? JSON(parsing: record.decision) {
            json["decision"] = decision
            put("why", Reasons.sentence(decision))
        }
        return json
    }

    /// `created pod web-7 and 2 more`, `patched deployment web/scale`, `get secrets: 403 Forbidden`.
    public static func sentence(_ record: EventRecord) -> String {
        guard let first = record.changes.first else {
            let end = record.outcome.code < 300 ? "" : ": \(record.outcome.code) \(record.outcome.reason)"
            return "\(record.request.verb) \(record.request.path)\(end)"
        }
        // A graceful deletion begins as an update.
        let isRequested = first.kind == .updated && record.request.verb.hasPrefix("delete")
        let word = isRequested ? "asked to delete" : first.kind.word
        var text = "\(word) \(singular(first.key.resource)) \(first.key.name)"
        if let sub = subresource(record.request.path, first.key) { text += "/" + sub }
        if record.changes.count > 1 { text += " and \(record.changes.count - 1) more" }
        return text
    }

    /// What follows the object's name in a path: `status`, `scale`, `binding`.
    static func subresource(_ path: String, _ key: ObjectKey) -> String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[parts.count - 2] == key.name, parts[parts.count - 3] == key.resource else {
            return nil
        }
        return String(parts[parts.count - 1])
    }

    /// `pods` → `pod`, `policies` → `policy`, `ingresses` → `ingress`; words that are no plural stay.
    public static func singular(_ resource: String) -> String {
        if resource == "endpoints" { return resource }
        if resource.hasSuffix("ies") { return resource.dropLast(3) + "y" }
        if resource.hasSuffix("sses") { return String(resource.dropLast(2)) }
        return resource.hasSuffix("s") && !resource.hasSuffix("ss") ? String(resource.dropLast()) : resource
    }
}

extension AuthenticationFacts.Refusal {
    /// The reason in words, for the one who has to mend it.
    public var meaning: String {
        switch self {
        case .none: "accepted"
        case .noCredential: "no credential of this sort was sent"
        case .malformed: "the credential is not of this sort or cannot be read"
        case .badSignature: "the signature is wrong"
        case .unknownKey: "signed with a key that is not known here"
        case .expired: "expired"
        case .notYetValid: "not valid yet"
        case .wrongAudience: "made for another audience"
        case .wrongIssuer: "made by another issuer"
        case .unknownCA: "signed by an authority that is not trusted here"
        case .revoked: "revoked"
        case .boundObjectGone: "the object it was bound to is gone"
        case .unknownToken: "no such token"
        case .wrongUsage: "the certificate is not meant for clients"
        }
    }
}
