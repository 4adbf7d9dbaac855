import Document

/// What is known of one container of a pod, and what is being done to it.
struct ContainerRecord: Sendable {
    enum Operation: Sendable { case none, pulling, starting, stopping }
    /// Why it is not running, for the status: upstream's waiting reason.
    struct Waiting: Equatable, Sendable {
        var reason: String
        var message: String
    }

    var definition: ContainerDefinition
    var operation = Operation.none
    /// The newest container; nil before the first.
    var current: ContainerObservation?
    /// The one before it.
    var previous: ContainerObservation?
    /// The error that the last try to start met.
    var failure: Waiting?
    var failedAt: Timestamp?
    var hasImage = false
    var imageBackOff = BackOff()
    var restartBackOff = BackOff()
    var probes: [ProbeState] = []
    var isPostStartPending = false
    /// Killed although it should run: a failed probe or a changed image.
    var isKilled = false
    /// Readiness that the API status had before the kubelet restarted.
    var assumedReady = false
    /// The image that the running container was started with.
    var startedImage = ""
    /// The attempt number whose restart was put in the crash back-off and told about.
    var toldBackOff = -1

    init(_ definition: ContainerDefinition) { self.definition = definition }

    var name: String { definition.name }
    var isRunning: Bool { current?.state == .running }
    var hasExited: Bool { current.map { $0.state == .exited || $0.state == .unknown } ?? false }
    var nextAttempt: Int { current.map { $0.attempt + 1 } ?? 0 }

    func verdict(_ kind: ProbeKind) -> ProbeState.Verdict? { probes.first { $0.definition.kind == kind }?.verdict }

    /// Upstream's `started`: running, its hook done, its startup probe passed.
    var isStarted: Bool { isRunning && !isPostStartPending && (verdict(.startup) ?? .success) == .success }

    /// Upstream's `ready`.
    var isReady: Bool {
        switch definition.kind {
        case .initial: return hasExited && current?.exitCode == 0
        case .ephemeral: return false
        case .regular, .sidecar: return isStarted && !isKilled && (verdict(.readiness) ?? .success) == .success
        }
    }

    /// A new container of this name runs.
    mutating func begin(_ observation: ContainerObservation, now: Timestamp) {
        if let current, current.id != observation.id { previous = current }
        current = observation
        failure = nil
        isKilled = false
        startedImage = definition.image
        let startedAt = observation.startedAt ?? now
        probes =
            observation.state == .running
            ? definition.probes.map { ProbeState($0, startedAt: startedAt, now: now) } : []
    }

    /// The container is no longer running.
    mutating func end() {
        probes = []
        isPostStartPending = false
        isKilled = false
    }
}
