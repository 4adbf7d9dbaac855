public import Document
public import Records

/// A whole event with, for each of its changes, the fields that differ.
public enum EventFields {
    /// `event` holds only the changes that may be shown; `previous` gives the body before a change. A Secret's values are never told.
    /// Of a change whose body is no longer kept it is told that it was there (`isForgotten`).
    public static func json(_ event: EventRecord, previous: (Change) throws -> [UInt8]?) rethrows -> JSON {
        var json = EventSummary.whole(event)
        var list: [JSON] = []
        for (i, change) in event.changes.enumerated() {
            var item = json["changes"]?.elements[i] ?? .null
            if change.body.isEmpty {
                item["isForgotten"] = true
                list.append(item)
                continue
            }
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
            item["fields"] = .array(fields.map(\.comparison))
            list.append(item)
        }
        json["changes"] = .array(list)
        return json
    }
}
