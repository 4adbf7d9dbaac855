import Document
import Records

/// Names and uids that loops were given when they made objects: the next one of the same kind gets the same.
struct RecordedNames {
    struct Drawn {
        let name: String
        let uid: String
    }
    /// In the order of the record; a place is taken once.
    private var drawn: [String: [Drawn]] = [:]

    mutating func take(_ event: EventRecord) {
        for change in event.changes where change.kind == .created {
            guard let metadata = (try? JSON(parsing: change.body))?["metadata"] else { continue }
            let prefix = metadata["generateName"]?.string ?? ""
            let name = change.key.name
            // A controller may make up a name by itself: it is the same then.
            drawn[Self.slot(change.key, prefix.isEmpty ? name : prefix), default: []].append(
                Drawn(name: name, uid: change.uid))
        }
    }

    /// What the record gave for an object of that key, whose name is empty when it is to be made up from `prefix`.
    mutating func next(_ key: ObjectKey, prefix: String, isFree: (String) -> Bool) -> Drawn? {
        let slot = Self.slot(key, key.name.isEmpty ? prefix : key.name)
        while let first = drawn[slot]?.first {
            drawn[slot]!.removeFirst()
            if isFree(first.name) { return first }
        }
        return nil
    }

    private static func slot(_ key: ObjectKey, _ name: String) -> String {
        "\(key.resource).\(key.group)/\(key.namespace)/\(name)"
    }
}
