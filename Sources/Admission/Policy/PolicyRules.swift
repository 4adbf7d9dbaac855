import Schema

/// The rules of this group's kinds.
enum PolicyRules {
    static let entries: [RuleBook.Entry] = []
}
