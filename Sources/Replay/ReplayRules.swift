public import Scheduling

/// What is otherwise in a replay than it was.
public struct ReplayRules: Equatable, Sendable {
    public var scheduler = SchedulerSettings()
    /// Audit IDs of requests that do not happen.
    public var without: Set<String> = []
    public init() {}

    /// The names of the rules that can be set.
    public static let names = SchedulerSettings.names.map { "scheduler." + $0 }
}
