package import Document

/// `metav1.LabelSelector`, ready to match. An absent selector matches nothing, an empty one everything.
package struct LabelSelector: Sendable {
    package enum Requirement: Sendable, Equatable {
        case isIn(String, [String]), notIn(String, [String]), exists(String), absent(String)
    }
    /// A selector as Go prints it; messages of upstream quote it so.
    package static func goText(_ json: JSON?) -> String {
        var text = "&LabelSelector{MatchLabels:map[string]string{"
        let labels = (json?["matchLabels"]?.entries ?? JSONObject()).map { ($0.key, $0.value.string ?? "") }
        for (key, value) in labels.sorted(by: { $0.0.bytesPrecede($1.0) }) { text += "\(key): \(value)," }
        text += "},MatchExpressions:[]LabelSelectorRequirement{"
        for entry in json?["matchExpressions"]?.elements ?? [] {
            let values = (entry["values"]?.strings ?? []).joined(separator: " ")
            text +=
                "LabelSelectorRequirement{Key:\(entry["key"]?.string ?? ""),Operator:\(entry["operator"]?.string ?? ""),Values:[\(values)],},"
        }
        return text + "},}"
    }

    package var requirements: [Requirement] = []
    package var matchesNothing = false

    package init(_ json: JSON?) {
        guard let json, !json.isNull else {
            matchesNothing = true
            return
        }
        for (key, value) in json["matchLabels"]?.entries ?? JSONObject() {
            requirements.append(.isIn(key, [value.string ?? ""]))
        }
        for entry in json["matchExpressions"]?.elements ?? [] {
            let key = entry["key"]?.string ?? ""
            let values = entry["values"]?.strings ?? []
            switch entry["operator"]?.string {
            case "In": requirements.append(.isIn(key, values))
            case "NotIn": requirements.append(.notIn(key, values))
            case "Exists": requirements.append(.exists(key))
            case "DoesNotExist": requirements.append(.absent(key))
            default: matchesNothing = true
            }
        }
    }
    /// A plain map, as Services and ReplicationControllers have; an empty one matches nothing.
    package init(map: JSON?) {
        for (key, value) in map?.entries ?? JSONObject() { requirements.append(.isIn(key, [value.string ?? ""])) }
        matchesNothing = requirements.isEmpty
    }
    /// `a=b,c!=d,e,!f`, the text that `scale` subresources have; nil for what is no such list.
    package init?(equalities text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if part.contains(where: { $0 == " " || $0 == "(" || $0 == ")" }) { return nil }
            let isNegated = part.contains("!=")
            let sides = part.split(omittingEmptySubsequences: true) { $0 == "=" || $0 == "!" }.map(String.init)
            switch (sides.count, part.first, part.contains("=")) {
            case (2, _, true):
                requirements.append(isNegated ? .notIn(sides[0], [sides[1]]) : .isIn(sides[0], [sides[1]]))
            case (1, _, true): requirements.append(isNegated ? .notIn(sides[0], [""]) : .isIn(sides[0], [""]))
            case (1, "!", false): requirements.append(.absent(sides[0]))
            case (1, _, false): requirements.append(.exists(sides[0]))
            default: return nil
            }
        }
    }
    /// In the selector syntax.
    package var text: String {
        func list(_ values: [String]) -> String { values.sorted { $0.bytesPrecede($1) }.joined(separator: ",") }
        return requirements.map { requirement in
            switch requirement {
            case .isIn(let key, let values):
                return (key, values.count == 1 ? "\(key)=\(values[0])" : "\(key) in (\(list(values)))")
            case .notIn(let key, let values): return (key, "\(key) notin (\(list(values)))")
            case .exists(let key): return (key, key)
            case .absent(let key): return (key, "!" + key)
            }
        }.sorted { $0.0.bytesPrecede($1.0) }.map(\.1).joined(separator: ",")
    }
    package var isEverything: Bool { requirements.isEmpty && !matchesNothing }

    package func matches(_ lookup: (String) -> String?) -> Bool {
        if matchesNothing { return false }
        for requirement in requirements {
            switch requirement {
            case .isIn(let key, let values):
                guard let value = lookup(key), values.contains(value) else { return false }
            case .notIn(let key, let values):
                if let value = lookup(key), values.contains(value) { return false }
            case .exists(let key): if lookup(key) == nil { return false }
            case .absent(let key): if lookup(key) != nil { return false }
            }
        }
        return true
    }
    package func matches(_ labels: JSONObject) -> Bool { matches { labels[$0]?.string } }
    package func matches(_ labels: Labels) -> Bool { matches { labels[$0] } }
}

/// The labels of an object, few and in byte order.
package struct Labels: Sendable, Equatable {
    package let pairs: [(key: String, value: String)]
    package init(_ pairs: [(key: String, value: String)]) { self.pairs = pairs }
    package subscript(key: String) -> String? {
        for pair in pairs where pair.key == key { return pair.value }
        return nil
    }
    package static func == (a: Labels, b: Labels) -> Bool {
        a.pairs.count == b.pairs.count && zip(a.pairs, b.pairs).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    }
}
