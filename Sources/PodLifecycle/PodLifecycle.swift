public import Document

/// One pod's life on its node: upstream's pod worker, `computePodActions`, prober and status manager as one value.
///
///     running ──(deleted · removed · deadline · all containers done)──► terminating ──(all stopped)──► ended
///        │                                                                                              │
///        └─ volumes → sandbox → init containers in turn → containers; restarts, probes                  (deleted · removed)
///                                                                                                       ▼
///                                                            finished ◄──(object gone)── deleting ◄── cleaning
///
/// `on` takes what happened and the time, and returns what to do. It holds no handles and does nothing itself: the owner performs
/// the actions and answers with events, in any order. Every answer is checked against the container or sandbox it is about, so a
/// late one is harmless. The same events at the same times give the same actions.
public struct PodLifecycle: Sendable {
    enum Stage: Sendable { case running, terminating, ended, cleaning, deleting, finished }
    enum Volumes: Sendable { case none, preparing, ready }
    enum SandboxStep: Sendable { case none, starting, ready, stopping, stopped }
    /// Why the pod as a whole failed: `DeadlineExceeded`, `Evicted`.
    struct Failure: Equatable, Sendable {
        var reason: String
        var message: String
    }

    public internal(set) var definition: PodDefinition
    /// The addresses of the node: `status.hostIPs`, and the pod's own in the host's network.
    let nodeAddresses: [String]
    var stage = Stage.running
    var volumes = Volumes.none
    var volumesRetryAt: Timestamp?
    var sandboxStep = SandboxStep.none
    var sandbox: SandboxObservation?
    var nextSandboxAttempt = 0
    var sandboxRetryAt: Timestamp?
    var containers: [ContainerRecord]
    /// Init containers to run again because the sandbox is new: the attempt that no longer counts.
    var initRestartsBefore: [String: Int] = [:]
    var failure: Failure?
    var isObjectGone = false
    var startTime: Timestamp
    var stopDeadline: Timestamp?
    var graceSeconds: Int64 = 30
    var deleteRetryAt: Timestamp?
    /// The status as last reported; `.null` before the first report.
    public internal(set) var status: JSON
    var actions: [PodAction] = []
    /// The pod had ended before this kubelet began: its status stays as it is.
    let isFrozen: Bool
    /// When `tick` must come at the latest.
    public internal(set) var wakeAt: Timestamp?

    /// Begins with the pod's API object, whose status may tell of an earlier life on this node.
    public init(_ pod: JSON, nodeAddresses: [String], now: Timestamp) {
        definition = PodDefinition(pod)
        self.nodeAddresses = nodeAddresses
        containers = definition.containers.map(ContainerRecord.init)
        startTime = (pod["status", "startTime"]?.string).flatMap { Timestamp(rfc3339: $0) } ?? now
        status = pod["status"] ?? .null
        isFrozen = ["Succeeded", "Failed"].contains(pod["status", "phase"]?.string ?? "")
        if isFrozen { stage = .ended }
        for i in containers.indices { containers[i].assumedReady = wasReady(containers[i].name) }
    }

    /// Whether nothing is left to do.
    public var isFinished: Bool { stage == .finished }
    /// Whether the pod's containers still may run.
    public var isRunning: Bool { stage == .running }
    /// The sandbox that streams go to.
    public var sandboxID: String? { sandbox?.id }
    /// The newest container of that name, and the one before it.
    public func container(_ name: String) -> (current: ContainerObservation?, previous: ContainerObservation?)? {
        containers.first { $0.name == name }.map { ($0.current, $0.previous) }
    }

    /// Takes in what happened and says what to do now.
    public mutating func on(_ event: PodEvent, now: Timestamp) -> [PodAction] {
        actions = []
        absorb(event, now: now)
        wakeAt = nil
        advance(now: now)
        report(now: now)
        return actions
    }

    mutating func wake(at time: Timestamp) {
        if wakeAt == nil || time < wakeAt! { wakeAt = time }
    }

    mutating func note(_ container: ContainerRecord, isWarning: Bool = false, _ reason: String, _ message: String) {
        actions.append(
            .record(PodNote(isWarning: isWarning, reason, message, fieldPath: container.definition.fieldPath)))
    }

    func index(_ name: String) -> Int? { containers.firstIndex { $0.name == name } }

    private func wasReady(_ name: String) -> Bool {
        for list in ["containerStatuses", "initContainerStatuses"] {
            for entry in status[list]?.elements ?? [] where entry["name"]?.string == name {
                return entry["ready"]?.bool ?? false
            }
        }
        return false
    }
}
