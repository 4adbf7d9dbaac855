package import Document

/// Taints and tolerations: `v1.Taint`, `v1.Toleration`.
package struct Taint: Hashable, Sendable {
    package var key: String
    package var value: String
    package var effect: String
    package init(_ json: JSON) {
        key = json["key"]?.string ?? ""
        value = json["value"]?.string ?? ""
        effect = json["effect"]?.string ?? ""
    }
    package init(_ key: String, _ effect: String) {
        self.key = key
        value = ""
        self.effect = effect
    }
}

package struct Toleration: Sendable {
    package var key: String
    package var isExists: Bool
    package var value: String
    package var effect: String
    /// nil: for ever.
    package var seconds: Int64?
    package var comparison: String
    package init(_ json: JSON) {
        key = json["key"]?.string ?? ""
        comparison = json["operator"]?.string ?? "Equal"
        isExists = comparison == "Exists"
        value = json["value"]?.string ?? ""
        effect = json["effect"]?.string ?? ""
        seconds = json["tolerationSeconds"]?.int
    }
    /// `ToleratesTaint`.
    package func tolerates(_ taint: Taint) -> Bool {
        if !effect.isEmpty, effect != taint.effect { return false }
        if !key.isEmpty, key != taint.key { return false }
        switch comparison {
        case "Exists": return true
        case "Lt", "Gt":
            guard let mine = Int64(value), let theirs = Int64(taint.value) else { return false }
            return comparison == "Lt" ? theirs < mine : theirs > mine
        default: return value == taint.value
        }
    }
}
