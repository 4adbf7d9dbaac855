import Schema

/// The rules of this group's kinds.
enum BatchRules {
    static let entries: [RuleBook.Entry] = []
}
