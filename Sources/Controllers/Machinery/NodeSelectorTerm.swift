package import Document

/// `v1.NodeSelectorTerm`s and the like, ready to match against a node's labels and name.
package struct NodeSelectorTerm: Sendable {
    package struct Requirement: Sendable {
        var key: String
        var comparison: String
        var values: [String]
        var isField: Bool

        package init(_ json: JSON, isField: Bool) {
            key = json["key"]?.string ?? ""
            comparison = json["operator"]?.string ?? "In"
            values = json["values"]?.strings ?? []
            self.isField = isField
        }
        package func matches(labels: [String: String], name: String) -> Bool {
            let value = isField ? (key == "metadata.name" ? name : nil) : labels[key]
            switch comparison {
            case "In": return value.map(values.contains) ?? false
            case "NotIn": return value.map { !values.contains($0) } ?? true
            case "Exists": return value != nil
            case "DoesNotExist": return value == nil
            case "Gt", "Lt":
                guard let value, let number = Int64(value), let bound = values.first.flatMap({ Int64($0) }) else {
                    return false
                }
                return comparison == "Gt" ? number > bound : number < bound
            default: return false
            }
        }
    }
    package var requirements: [Requirement]

    package init(_ json: JSON) {
        requirements = (json["matchExpressions"]?.elements ?? []).map { Requirement($0, isField: false) }
        requirements += (json["matchFields"]?.elements ?? []).map { Requirement($0, isField: true) }
    }
    /// A term without requirements matches nothing.
    package func matches(labels: [String: String], name: String) -> Bool {
        !requirements.isEmpty && requirements.allSatisfy { $0.matches(labels: labels, name: name) }
    }
    /// The nodes that terms name one by one; nil when a term leaves that open.
    package static func names(_ terms: [NodeSelectorTerm]) -> Set<String>? {
        var all: Set<String> = []
        for term in terms {
            var named: Set<String>?
            for requirement in term.requirements
            where requirement.isField && requirement.key == "metadata.name" && requirement.comparison == "In" {
                named = named?.intersection(requirement.values) ?? Set(requirement.values)
            }
            guard let named else { return nil }
            all.formUnion(named)
        }
        return terms.isEmpty ? nil : all
    }
    /// Terms are alternatives.
    package static func any(_ terms: [NodeSelectorTerm], labels: [String: String], name: String) -> Bool {
        terms.contains { $0.matches(labels: labels, name: name) }
    }
}
