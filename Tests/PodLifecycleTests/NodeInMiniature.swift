import Document
import PodLifecycle

/// A kubelet and a container runtime in a few lines: performs a pod's actions in simulated time and keeps what they led to.
struct NodeInMiniature {
    struct Program {
        /// nil runs until stopped.
        var runsSeconds: Int64?
        var exitCode = 0
    }
    struct Running {
        var observation: ContainerObservation
        var endsAt: Timestamp?
        var exitCode: Int
    }

    var now = Timestamp(seconds: 1_800_000_000)
    var pod: PodLifecycle
    var programs: [String: Program] = [:]
    var failingImages: Set<String> = []
    /// Container name to the outcome of its probes.
    var probes: [String: ProbeOutcome] = [:]
    var containers: [String: Running] = [:]
    var sandbox: SandboxObservation?
    var log: [PodAction] = []
    var serial = 0
    var isObjectGone = false

    init(_ pod: JSON) { self.pod = PodLifecycle(pod, nodeAddresses: ["192.0.2.1"], now: now) }

    mutating func send(_ event: PodEvent) {
        var queue = pod.on(event, now: now)
        while !queue.isEmpty {
            let action = queue.removeFirst()
            log.append(action)
            for answer in perform(action) { queue += pod.on(answer, now: now) }
        }
    }

    /// Lets time pass, second by second, with the runtime's observations and the ticks asked for.
    mutating func run(seconds: Int64) {
        for _ in 0..<seconds {
            now = now.adding(seconds: 1)
            var changed = false
            for (id, container) in containers where container.observation.state == .running {
                if let end = container.endsAt, end <= now {
                    finish(id, code: container.exitCode)
                    changed = true
                }
            }
            if changed { send(.observed(sandbox, containers.values.map(\.observation))) }
            if let wake = pod.wakeAt, wake <= now { send(.tick) }
        }
    }

    private mutating func finish(_ id: String, code: Int) {
        containers[id]?.observation.state = .exited
        containers[id]?.observation.exitCode = code
        containers[id]?.observation.finishedAt = now
    }

    private mutating func perform(_ action: PodAction) -> [PodEvent] {
        switch action {
        case .prepareVolumes: return [.volumesReady]
        case .startSandbox(let attempt):
            sandbox = SandboxObservation(
                id: "s\(attempt)", attempt: attempt, isReady: true, createdAt: now, addresses: ["10.244.0.9"])
            return [.sandboxStarted(sandbox!)]
        case .stopSandbox:
            sandbox = nil
            return [.sandboxStopped]
        case .pullImage(let name, let image, _):
            if failingImages.contains(image) {
                return [.imageFailed(container: name, reason: "ErrImagePull", message: "no such image")]
            }
            return [.imageReady(container: name, wasPresent: true, message: "present")]
        case .startContainer(let name, let attempt):
            serial += 1
            let program = programs[name] ?? Program()
            let observation = ContainerObservation(
                id: "c\(serial)", name: name, attempt: attempt, state: .running, startedAt: now, image: "i",
                imageID: "sha256:1")
            containers[observation.id] = Running(
                observation: observation, endsAt: program.runsSeconds.map { now.adding(seconds: $0) },
                exitCode: program.exitCode)
            return [.containerStarted(observation)]
        case .stopContainer(let name, let id, _, _):
            if containers[id]?.observation.state == .running { finish(id, code: 143) }
            return [.containerStopped(container: name, id: id, containers[id]?.observation)]
        case .removeContainer(let id):
            containers[id] = nil
            return []
        case .runPostStart(let name, let id, _): return [.postStartFinished(container: name, id: id, failure: nil)]
        case .probe(let name, let id, let kind, _):
            return [.probed(container: name, id: id, kind, probes[name] ?? .success)]
        case .updateResources, .report, .record: return []
        case .cleanUp:
            containers = [:]
            return [.cleanedUp]
        case .deleteObject:
            isObjectGone = true
            return [.removed]
        case .finish: return []
        }
    }

    var status: JSON { pod.status }
    var phase: String { status["phase"]?.string ?? "" }
    func condition(_ type: String) -> String? {
        status["conditions"]?.elements.first { $0["type"]?.string == type }?["status"]?.string
    }
    func containerStatus(_ name: String) -> JSON {
        for list in ["containerStatuses", "initContainerStatuses"] {
            for entry in status[list]?.elements ?? [] where entry["name"]?.string == name { return entry }
        }
        return .null
    }
    func notes(_ reason: String) -> [String] {
        log.compactMap { if case .record(let note) = $0, note.reason == reason { note.message } else { nil } }
    }
    var starts: [String] { log.compactMap { if case .startContainer(let name, _) = $0 { name } else { nil } } }
    var stops: [String] { log.compactMap { if case .stopContainer(let name, _, _, _) = $0 { name } else { nil } } }
}

/// A pod of that spec, as the API holds it after scheduling.
func pod(_ spec: JSON, deleted: Bool = false, grace: Int64 = 30) -> JSON {
    var metadata: JSONObject = ["name": "web", "namespace": "shop", "uid": "u1", "generation": 1]
    if deleted {
        metadata["deletionTimestamp"] = "2027-01-15T08:00:30Z"
        metadata["deletionGracePeriodSeconds"] = .int(grace)
    }
    return [
        "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata), "spec": spec,
        "status": ["phase": "Pending", "qosClass": "BestEffort"],
    ]
}
