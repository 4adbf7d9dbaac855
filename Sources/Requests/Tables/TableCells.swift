import Document

/// One object while its row is made, with what many kinds' cells have in common.
struct TableCells {
    let object: JSON
    /// The moment that ages count from.
    let now: Timestamp

    var name: JSON { .string(object["metadata", "name"]?.string ?? "") }
    /// Since the object was made.
    var age: JSON { .string(since(object["metadata", "creationTimestamp"])) }
    var isTerminating: Bool { object["metadata", "deletionTimestamp"]?.string != nil }

    /// The time since a moment, `<unknown>` when there is none.
    func since(_ moment: JSON?) -> String {
        guard let text = moment?.string, let time = Timestamp(rfc3339: text) else { return "<unknown>" }
        return HumanDuration.text(microseconds: now.since(time))
    }

    /// The text at a path, or the words for none.
    func text(_ path: String..., none: String = "") -> JSON {
        guard let value = object[path]?.string, !value.isEmpty else { return .string(none) }
        return .string(value)
    }
    /// The same, where an empty text that is set counts.
    func set(_ path: String..., none: String) -> JSON { .string(object[path]?.string ?? none) }
    func number(_ path: String...) -> JSON { .int(object[path]?.int ?? 0) }
    func flag(_ path: String..., none: Bool = false) -> JSON { .bool(object[path]?.bool ?? none) }
    func count(_ path: String...) -> JSON {
        switch object[path] {
        case .array(let elements): .int(Int64(elements.count))
        case .object(let members): .int(Int64(members.count))
        default: 0
        }
    }

    /// Names and images of the containers of a pod template.
    func containers(_ path: String...) -> [JSON] {
        let all = object[path]?.elements ?? []
        return [
            .string(all.map { $0["name"]?.string ?? "" }.joined(separator: ",")),
            .string(all.map { $0["image"]?.string ?? "" }.joined(separator: ",")),
        ]
    }

    /// `a=b,c=d`, or `<none>`: upstream's `labels.FormatLabels`.
    static func labels(_ labels: JSON?) -> JSON {
        let pairs = labels?.entries.stringPairs ?? []
        return .string(pairs.isEmpty ? "<none>" : pairs.map { $0.key + "=" + $0.value }.joined(separator: ","))
    }

    /// A LabelSelector object in the selector syntax. `none` for one that selects everything, or for no selector at all.
    static func selector(_ selector: JSON?, none: String = "<none>") -> JSON {
        guard let selector, selector.object != nil else { return .string("<none>") }
        var requirements = (selector["matchLabels"]?.entries.stringPairs ?? []).map {
            LabelSelector.Requirement(key: $0.key, op: .equals, values: [$0.value])
        }
        for expression in selector["matchExpressions"]?.elements ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = (expression["values"]?.strings ?? []).sorted { $0.bytesPrecede($1) }
            switch expression["operator"]?.string {
            case "In": requirements.append(.init(key: key, op: .in, values: values))
            case "NotIn": requirements.append(.init(key: key, op: .notIn, values: values))
            case "Exists": requirements.append(.init(key: key, op: .exists, values: []))
            case "DoesNotExist": requirements.append(.init(key: key, op: .doesNotExist, values: []))
            default: return "<error>"
            }
        }
        let text = LabelSelector(requirements).description
        return .string(text.isEmpty ? none : text)
    }

    /// At most `most` of a list and how many more there are.
    static func list(_ all: [String], most: Int, none: String) -> String {
        if all.isEmpty { return none }
        let shown = all.prefix(most).joined(separator: ",")
        return all.count > most ? "\(shown) + \(all.count - most) more..." : shown
    }

    /// The status of a condition; nil when the object has none of that type.
    func condition(_ type: String) -> JSON? {
        object["status", "conditions"]?.elements.first { $0["type"]?.string == type }
    }

    /// `RWO,ROX,RWX,RWOP`: upstream's order, each once.
    static func accessModes(_ modes: JSON?) -> JSON {
        let given = modes?.strings ?? []
        let order = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        return .string(order.filter { given.contains($0.0) }.map(\.1).joined(separator: ","))
    }
}
