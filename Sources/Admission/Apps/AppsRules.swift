import Schema

/// The rules of this group's kinds.
enum AppsRules {
    static let entries: [RuleBook.Entry] = []
}
