import Schema

/// The rules of this group's kinds.
enum BatchRules {
    static let entries: [RuleBook.Entry] = [
        (.init(group: "batch", resource: "cronjobs"), CronJobRules()),
        (.init(group: "batch", resource: "jobs"), JobRules()),
    ]
}
