import Schema

/// The rules of this group's kinds.
enum AutoscalingRules {
    static let entries: [RuleBook.Entry] = []
}
