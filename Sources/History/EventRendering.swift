public import Document
public import Records

/// An event as lists of the page and the command line show it: a line's worth, with only the changes that the reader may see.
public enum EventRendering {
    /// `changes` are those of the event that may be shown.
    public static func line(_ event: EventRecord, changes: [Change]) -> JSON {
        var json: JSON = [
            "revision": .int(Int64(event.revision)), "time": .string(event.time.rfc3339Micro),
            "verb": .string(event.request.verb), "path": .string(event.request.path),
            "user": .string(event.authentication.user.name), "userAgent": .string(event.request.userAgent),
            "auditID": .string(event.request.auditID), "code": .int(Int64(event.outcome.code)),
            "changes": .array(changes.map(object)), "summary": .string(summary(event, changes)),
        ]
        if let cause = event.cause { json["cause"] = .int(Int64(cause)) }
        if !event.request.fieldManager.isEmpty { json["manager"] = .string(event.request.fieldManager) }
        return json
    }

    /// Everything about an event, and for each of its changes the fields that differ. A Secret's values are never in it.
    /// `previous` gives the body before a change.
    public static func whole(_ event: EventRecord, changes: [Change], previous: (Change) throws -> [UInt8]?) rethrows
        -> JSON
    {
        var shown = event
        shown.changes = []
        var json = line(event, changes: changes)
        json["record"] = RecordRendering.json(shown, withBodies: false)
        if let decision = try? JSON(parsing: event.decision) { json["decision"] = decision }
        var list: [JSON] = []
        for change in changes {
            var item = object(change)
            let after = Hidden.cleared((try? JSON(parsing: change.body)) ?? .null, of: change.key)
            var fields: [FieldChange] = []
            switch change.kind {
            case .created: fields = Difference.leaves(after)
            case .deleted: break
            case .updated:
                if let old = try previous(change), let before = try? JSON(parsing: old) {
                    fields = Difference.between(Hidden.cleared(before, of: change.key), after)
                }
            }
            if change.previousRevision > 0 { item["previousRevision"] = .int(Int64(change.previousRevision)) }
            item["fields"] = .array(
                fields.map { field in
                    var json: JSON = ["path": .string(field.path)]
                    json["old"] = field.before
                    json["new"] = field.after
                    return json
                })
            list.append(item)
        }
        json["changes"] = .array(list)
        return json
    }

    private static func object(_ change: Change) -> JSON {
        [
            "group": .string(change.key.group), "resource": .string(change.key.resource),
            "namespace": .string(change.key.namespace), "name": .string(change.key.name), "uid": .string(change.uid),
            "change": .string(change.kind.word),
        ]
    }

    /// `created deployments.apps/shop/web`, `deleted pods/shop/web-1 and 3 more`.
    private static func summary(_ event: EventRecord, _ changes: [Change]) -> String {
        guard let first = changes.first else { return "\(event.request.verb) \(event.request.path)" }
        let rest = changes.count > 1 ? " and \(changes.count - 1) more" : ""
        return "\(first.kind.word) \(first.key.description)\(rest)"
    }
}
