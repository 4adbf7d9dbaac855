import Controllers
import Document
import Engine
import Foundation
import Logging
import PodLifecycle
import Schema

/// Every pod of the node: feeds each pod's `PodLifecycle` with what happens and has its actions performed.
///
/// Nothing here waits: what takes time runs in a task of its own and comes back as an event. A pod's events are taken one
/// after the other.
actor PodManager {
    struct Entry {
        var lifecycle: PodLifecycle
        var timer: Task<Void, Never>?
        var timerAt: Timestamp?
        /// What the runtime last said of each container, by id.
        var seen: [String: ContainerObservation] = [:]
        /// Counts what was started: a look at the runtime that began before is out of date.
        var version = 0
        /// The status that the API server has, and the one it is to get.
        var sent: JSON
        var waiting: JSON?
        var isSending = false
        var mustDelete = false
    }

    let performer: PodPerformer
    let sender: RequestSender
    let recorder: EventRecorder
    let logger: Logger
    var entries: [String: Entry] = [:]
    private var isRelisting = false
    private var mustRelist = false

    init(performer: PodPerformer, sender: RequestSender, recorder: EventRecorder, logger: Logger) {
        self.performer = performer
        self.sender = sender
        self.recorder = recorder
        self.logger = logger
    }

    private var now: Timestamp { sender.door.now }

    // MARK: the API's side

    /// At the start: pods that this node should have, and what the runtime has.
    func begin(_ pods: [JSON]) async {
        let found = (try? await performer.runtime.list()) ?? [:]
        var wanted: Set<String> = []
        for object in pods {
            let uid = object["metadata", "uid"]?.string ?? ""
            wanted.insert(uid)
            guard entries[uid] == nil else { continue }
            var entry = Entry(
                lifecycle: PodLifecycle(object, nodeAddresses: performer.nodeAddresses, now: now),
                sent: object["status"] ?? .null)
            var event = PodEvent.tick
            if let mine = found[uid] {
                let (sandbox, containers) = await adopt(mine)
                for container in containers { entry.seen[container.id] = container }
                event = .adopted(sandbox, containers)
            }
            entries[uid] = entry
            deliver(uid, event)
        }
        // What runs here and belongs to no pod of this node any more.
        for (uid, orphan) in found.sorted(by: { $0.key < $1.key }) where !wanted.contains(uid) {
            logger.info(
                "removing a pod that the cluster no longer has",
                metadata: ["uid": "\(uid)", "sandboxes": "\(orphan.sandboxes.count)"])
            let performer = performer
            Task { await performer.cleanUp(uid: uid, logDirectory: nil) }
        }
        performer.removeStrayDirectories(keeping: wanted)
    }

    private func adopt(_ found: RuntimePod) async -> (SandboxObservation?, [ContainerObservation]) {
        let sandboxes = found.sandboxes.sorted {
            ($0.metadata.attempt, $0.createdAt) > ($1.metadata.attempt, $1.createdAt)
        }
        var sandbox: SandboxObservation?
        for candidate in sandboxes {
            if sandbox == nil, let status = await performer.runtime.sandbox(candidate.id) {
                sandbox = status
            } else {
                try? await performer.runtime.stopSandbox(candidate.id)
                try? await performer.runtime.removeSandbox(candidate.id)
            }
        }
        var containers: [ContainerObservation] = []
        for container in found.containers
        where container.podSandboxID == sandbox?.id || container.state == .containerExited {
            if container.state == .containerCreated {
                // Created when the kubelet went away, never started: it is made anew.
                try? await performer.runtime.remove(container.id)
                continue
            }
            if let observation = await performer.observe(container.id) { containers.append(observation) }
        }
        return (sandbox, containers)
    }

    /// A pod of this node is new or has changed.
    func changed(_ object: JSON) {
        let uid = object["metadata", "uid"]?.string ?? ""
        if entries[uid] != nil {
            deliver(uid, .changed(object))
        } else {
            entries[uid] = Entry(
                lifecycle: PodLifecycle(object, nodeAddresses: performer.nodeAddresses, now: now),
                sent: object["status"] ?? .null)
            deliver(uid, .tick)
        }
    }

    /// The API no longer has the pod.
    func removed(uid: String) { deliver(uid, .removed) }

    /// Brings the files of every pod's volumes up to date.
    func refreshVolumes() async {
        for (_, entry) in entries where entry.lifecycle.isRunning {
            await performer.refreshVolumes(PodFacts(entry.lifecycle.definition.object), addresses: entry.addresses)
        }
    }

    // MARK: the runtime's side

    /// Looks at the runtime and tells pods what changed. One look at a time; asked for during one, another follows.
    func relist() async {
        mustRelist = true
        guard !isRelisting else { return }
        isRelisting = true
        while mustRelist {
            mustRelist = false
            await lookOnce()
        }
        isRelisting = false
    }

    private func lookOnce() async {
        let versions = entries.mapValues(\.version)
        guard let found = try? await performer.runtime.list() else { return }
        for (uid, version) in versions {
            guard let entry = entries[uid], entry.version == version, !entry.lifecycle.isFinished else { continue }
            let mine = found[uid] ?? ([], [])
            var seen: [String: ContainerObservation] = [:]
            var changed = false
            for container in mine.containers where container.state != .containerCreated {
                let isRunning = container.state == .containerRunning
                if let known = entry.seen[container.id], (known.state == .running) == isRunning {
                    seen[container.id] = known
                } else if let observation = await performer.observe(container.id) {
                    seen[container.id] = observation
                    changed = true
                }
            }
            if seen.count != entry.seen.count { changed = true }
            let newest = mine.sandboxes.max { $0.metadata.attempt < $1.metadata.attempt }
            let sandbox = newest.map {
                SandboxObservation(
                    id: $0.id, attempt: Int($0.metadata.attempt), isReady: $0.state == .sandboxReady,
                    createdAt: Timestamp(microseconds: $0.createdAt / 1000), addresses: entry.addresses)
            }
            if let id = entry.lifecycle.sandboxID, sandbox?.id != id || sandbox?.isReady != true { changed = true }
            // Something was started while we looked: the next look tells.
            guard changed, entries[uid]?.version == version else { continue }
            entries[uid]?.seen = seen
            if let sandbox, sandbox.id != entry.lifecycle.sandboxID, entry.lifecycle.sandboxID != nil {
                deliver(uid, .observed(nil, Array(seen.values)))
            } else {
                deliver(uid, .observed(sandbox, Array(seen.values)))
            }
        }
    }

    // MARK: one pod

    func deliver(_ uid: String, _ event: PodEvent) {
        guard entries[uid] != nil, !performer.ended.with({ $0 }) else { return }
        switch event {
        case .containerStarted(let observation):
            entries[uid]?.seen[observation.id] = observation
            entries[uid]?.version += 1
        case .sandboxStarted, .containerStopped, .sandboxStopped: entries[uid]?.version += 1
        case .changed(let object):
            // Somebody else may have written the status; what they wrote is the base of the next difference.
            if entries[uid]?.isSending == false, let status = object["status"] { entries[uid]?.sent = status }
        default: break
        }
        let actions = entries[uid]!.lifecycle.on(event, now: now)
        setTimer(uid)
        for action in actions { perform(uid, action) }
    }

    private func setTimer(_ uid: String) {
        guard let entry = entries[uid], entry.timerAt != entry.lifecycle.wakeAt else { return }
        entry.timer?.cancel()
        guard let at = entry.lifecycle.wakeAt else {
            entries[uid]?.timer = nil
            entries[uid]?.timerAt = nil
            return
        }
        let wait = max(0, at.since(now))
        entries[uid]?.timerAt = at
        entries[uid]?.timer = Task { [weak self] in
            try? await Task.sleep(for: .microseconds(wait))
            if Task.isCancelled { return }
            await self?.tick(uid)
        }
    }

    private func tick(_ uid: String) {
        entries[uid]?.timerAt = nil
        deliver(uid, .tick)
    }

    private func perform(_ uid: String, _ action: PodAction) {
        guard let entry = entries[uid] else { return }
        let object = entry.lifecycle.definition.object
        switch action {
        case .report(let status):
            entries[uid]?.waiting = status
            sendStatus(uid)
        case .deleteObject:
            entries[uid]?.mustDelete = true
            sendStatus(uid)
        case .record(let note):
            let recorder = recorder
            Task { await recorder.record(note, about: object) }
        case .finish:
            entry.timer?.cancel()
            entries[uid] = nil
        default:
            entries[uid]?.version += 1
            let performer = performer
            let addresses = entry.addresses
            let sandbox = entry.lifecycle.sandboxID
            Task { [weak self] in
                if let answer = await performer.perform(
                    action, PodFacts(object), sandboxID: sandbox, addresses: addresses)
                {
                    await self?.deliver(uid, answer)
                }
            }
        }
    }

    // MARK: status

    /// Sends the newest status, one request at a time; then the deletion, when that is due.
    private func sendStatus(_ uid: String) {
        guard let entry = entries[uid], !entry.isSending else { return }
        let definition = entry.lifecycle.definition
        if let status = entry.waiting {
            entries[uid]?.waiting = nil
            guard let patch = StatusPatch.make(from: entry.sent, to: status, uid: uid) else {
                sendStatus(uid)
                return
            }
            entries[uid]?.isSending = true
            let intent = Intent(
                .patch(.strategic, patch), apiVersion: "v1", resource: "pods", namespace: definition.namespace,
                name: definition.name,
                subresource: "status")
            sender.send(intent) { [weak self] answer in Task { await self?.statusAnswered(uid, status, answer) } }
        } else if entry.mustDelete {
            entries[uid]?.mustDelete = false
            entries[uid]?.isSending = true
            let options: JSON = [
                "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
                "preconditions": ["uid": .string(uid)],
            ]
            let intent = Intent(
                .delete(options), apiVersion: "v1", resource: "pods", namespace: definition.namespace,
                name: definition.name)
            sender.send(intent) { [weak self] answer in Task { await self?.deletionAnswered(uid, answer) } }
        }
    }

    private func statusAnswered(_ uid: String, _ status: JSON, _ answer: Result<JSON, APIError>) async {
        entries[uid]?.isSending = false
        switch answer {
        case .success: entries[uid]?.sent = status
        case .failure(let error) where error.code == 404 || error.code == 409: break
        case .failure(let error):
            logger.warning("a pod's status was not taken", metadata: ["uid": "\(uid)", "error": "\(error.message)"])
            if entries[uid]?.waiting == nil { entries[uid]?.waiting = status }
            try? await Task.sleep(for: .seconds(1))
        }
        sendStatus(uid)
    }

    private func deletionAnswered(_ uid: String, _ answer: Result<JSON, APIError>) {
        entries[uid]?.isSending = false
        if case .failure(let error) = answer {
            // Gone already, or another pod has the name by now.
            if error.code == 404 || error.code == 409 {
                deliver(uid, .removed)
                return
            }
            logger.warning("a pod could not be deleted", metadata: ["uid": "\(uid)", "error": "\(error.message)"])
        }
        sendStatus(uid)
    }

    // MARK: questions

    func entry(uid: String) -> Entry? { entries[uid] }
    func entry(namespace: String, name: String) -> Entry? {
        entries.values.first { $0.lifecycle.definition.namespace == namespace && $0.lifecycle.definition.name == name }
    }
    var runningContainers: [(uid: String, observation: ContainerObservation)] {
        entries.flatMap { uid, entry in entry.seen.values.filter { $0.state == .running }.map { (uid, $0) } }
    }
}

extension PodManager.Entry {
    /// The pod's addresses as far as they are known.
    var addresses: [String] {
        (lifecycle.status["podIPs"]?.elements ?? []).compactMap { $0["ip"]?.string }
    }
}
