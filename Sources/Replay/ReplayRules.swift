import Controllers
public import Document
public import Scheduling

/// What is otherwise in a replay than it was.
public struct ReplayRules: Equatable, Sendable {
    public var scheduler = SchedulerSettings()
    /// Controllers that are not there, by their names: `horizontal-pod-autoscaler`.
    public private(set) var idle: Set<String> = []
    /// Audit IDs of requests that do not happen.
    public var without: Set<String> = []
    /// Manifests that are applied before anything else happens.
    public var manifests: [JSON] = []
    public init() {}

    /// The names of the rules that can be set.
    public static let names =
        SchedulerSettings.names.map { "scheduler." + $0 } + controllers.map { "controllers." + $0 }

    private static let controllers = Set(standardControllers(caCertificate: "").map(\.name)).sorted()

    /// Sets a rule by its name: a scheduler's to a weight from 0 to 1000, a controller's to 0 when it shall not be there. False when
    /// there is no such rule, or not with that value.
    public mutating func set(_ name: String, to value: Int64) -> Bool {
        if name.hasPrefix("scheduler.") {
            return (0...1000).contains(value) && scheduler.set(String(name.dropFirst(10)), to: value)
        }
        let controller = String(name.dropFirst(12))
        guard name.hasPrefix("controllers."), (0...1).contains(value), Self.controllers.contains(controller) else {
            return false
        }
        if value == 0 { idle.insert(controller) } else { idle.remove(controller) }
        return true
    }
}
