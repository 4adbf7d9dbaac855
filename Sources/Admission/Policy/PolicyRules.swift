import Schema

/// The rules of this group's kinds.
enum PolicyRules {
    static let entries: [RuleBook.Entry] = [
        (.init(group: "policy", resource: "poddisruptionbudgets"), PodDisruptionBudgetRules())
    ]
}
