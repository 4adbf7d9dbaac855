public import Document
public import Records

/// A record as an event of `audit.k8s.io/v1`, as a kube-apiserver's audit log has it at the stage ResponseComplete: what audit
/// tools read.
public enum AuditEvent {
    /// `withObject` adds the object as it was after the request; Secrets' values are hidden.
    public static func json(_ record: EventRecord, withObject: Bool = false) -> JSON {
        let place = Place(path: record.request.path)
        var event: JSON = [
            "kind": "Event", "apiVersion": "audit.k8s.io/v1",
            "level": withObject && !record.changes.isEmpty ? "RequestResponse" : "Metadata",
            "auditID": .string(record.request.auditID), "stage": "ResponseComplete",
            "requestURI": .string(
                record.request.path + (record.request.query.isEmpty ? "" : "?" + record.request.query)),
            "verb": .string(record.request.verb == "watch-closed" ? "watch" : record.request.verb),
            "requestReceivedTimestamp": .string(record.time.rfc3339Micro),
            "stageTimestamp": .string(record.time.rfc3339Micro),
        ]
        // Kubernetes names the real user first.
        event["user"] = user(record.authentication.impersonator ?? record.authentication.user)
        if record.authentication.impersonator != nil {
            event["impersonatedUser"] = user(record.authentication.user)
        }
        if let address = address(record.request.source) { event["sourceIPs"] = [.string(address)] }
        if !record.request.userAgent.isEmpty { event["userAgent"] = .string(record.request.userAgent) }
        if let reference = reference(place, record) { event["objectRef"] = reference }
        var status: JSON = ["metadata": [:], "code": .int(Int64(record.outcome.code))]
        if !record.outcome.reason.isEmpty {
            status["reason"] = .string(record.outcome.reason)
            status["status"] = "Failure"
        }
        event["responseStatus"] = status
        if withObject, let change = record.changes.first, let body = try? JSON(parsing: change.body) {
            event["responseObject"] = Hidden.cleared(body, of: change.key)
        }
        let annotations = annotations(record)
        if !annotations.entries.isEmpty { event["annotations"] = annotations }
        return event
    }

    private static func annotations(_ record: EventRecord) -> JSON {
        var annotations: JSON = [:]
        switch record.authorization.verdict {
        case .allowed: annotations["authorization.k8s.io/decision"] = "allow"
        case .denied: annotations["authorization.k8s.io/decision"] = "forbid"
        case .notAsked: break
        }
        if record.authorization.verdict != .notAsked {
            annotations["authorization.k8s.io/reason"] = .string(record.authorization.reason)
        }
        if record.stream == .journal { annotations["reckon.dev/revision"] = .string(String(record.revision)) }
        if let cause = record.cause { annotations["reckon.dev/cause"] = .string(String(cause)) }
        if !record.authentication.authenticator.isEmpty {
            annotations["reckon.dev/authenticator"] = .string(record.authentication.authenticator)
        }
        if !record.authentication.verdicts.isEmpty {
            annotations["reckon.dev/authentication-refusals"] = .string(
                record.authentication.verdicts.map { "\($0.authenticator): \($0.refusal)" }.joined(separator: ", "))
        }
        return annotations
    }

    private static func user(_ user: UserInfo) -> JSON {
        var json: JSON = ["username": .string(user.name)]
        if !user.uid.isEmpty { json["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { json["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.extra.isEmpty {
            var extra: JSON = [:]
            for entry in user.extra { extra[entry.key] = .array(entry.values.map { .string($0) }) }
            json["extra"] = extra
        }
        return json
    }

    /// `10.0.0.7:51234` → `10.0.0.7`, `[::1]:443` → `::1`.
    private static func address(_ source: String) -> String? {
        guard !source.isEmpty else { return nil }
        if source.first == "[" { return String(source.dropFirst().prefix { $0 != "]" }) }
        let parts = source.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : source
    }

    private static func reference(_ place: Place?, _ record: EventRecord) -> JSON? {
        guard let place else { return nil }
        var reference: JSON = ["resource": .string(place.resource), "apiVersion": .string(place.version)]
        if !place.group.isEmpty { reference["apiGroup"] = .string(place.group) }
        if !place.namespace.isEmpty { reference["namespace"] = .string(place.namespace) }
        if !place.subresource.isEmpty { reference["subresource"] = .string(place.subresource) }
        var name = place.name
        if let change = record.changes.first, name.isEmpty || change.key.name == name {
            name = change.key.name
            reference["uid"] = .string(change.uid)
            reference["resourceVersion"] = .string(String(record.revision))
        }
        if !name.isEmpty { reference["name"] = .string(name) }
        return reference
    }

    /// What a path names: `/apis/apps/v1/namespaces/shop/deployments/web/scale`.
    private struct Place {
        var group = ""
        var version = ""
        var namespace = ""
        var resource = ""
        var name = ""
        var subresource = ""

        init?(path: String) {
            var parts = path.split(separator: "/").map(String.init)[...]
            if parts.first == "at" { parts = parts.dropFirst(2) }
            guard let root = parts.popFirst(), root == "api" || root == "apis" else { return nil }
            if root == "apis" {
                guard let found = parts.popFirst() else { return nil }
                group = found
            }
            guard let found = parts.popFirst() else { return nil }
            version = found
            if parts.first == "namespaces", parts.count > 2 {
                namespace = parts[parts.startIndex + 1]
                parts = parts.dropFirst(2)
            }
            guard let plural = parts.popFirst() else { return nil }
            resource = plural
            if let found = parts.popFirst() { name = found }
            // A namespace is in itself.
            if resource == "namespaces", group.isEmpty { namespace = name }
            if !parts.isEmpty { subresource = parts.joined(separator: "/") }
        }
    }
}
