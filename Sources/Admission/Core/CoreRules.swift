import Schema

/// The rules of this group's kinds.
enum CoreRules {
    static let entries: [RuleBook.Entry] = []
}
