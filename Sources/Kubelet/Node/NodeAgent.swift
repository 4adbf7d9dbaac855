import CRI
import Controllers
import Document
import Engine
import Logging
import PodLifecycle

/// Keeps the Node object and its Lease: registers, renews every ten seconds, reports what changed.
actor NodeAgent {
    static let leaseSeconds: Int64 = 10
    /// Without a change the status is written this often, as upstream does.
    static let statusSeconds: Int64 = 300

    private let status: NodeStatus
    private let sender: RequestSender
    private let runtime: ContainerRuntime
    private let recorder: EventRecorder
    private let logger: Logger
    private var last = JSON.null
    private var lastAt = Timestamp(microseconds: 0)
    private var runtimeVersion = "containerd://unknown"
    private var hasLease = false

    private var name: String { status.configuration.nodeName }

    init(status: NodeStatus, sender: RequestSender, runtime: ContainerRuntime, recorder: EventRecorder, logger: Logger)
    {
        self.status = status
        self.sender = sender
        self.runtime = runtime
        self.recorder = recorder
        self.logger = logger
    }

    /// Makes the Node object, or takes over the one that is there.
    func register() async {
        if let version = await runtime.version() { runtimeVersion = "\(version.name)://\(version.version)" }
        let object = status.object(runtimeVersion: runtimeVersion, now: sender.door.now)
        while !Task.isCancelled {
            let answer = await sender.send(Intent(.create(object), apiVersion: "v1", resource: "nodes"))
            if case .failure(let error) = answer, error.code != 409 {
                logger.warning("the node was not registered", metadata: ["error": "\(error.message)"])
                try? await Task.sleep(for: .seconds(1))
                continue
            }
            break
        }
        await report(force: true)
        await renewLease()
        let uid = ClusterReader(door: sender.door).node(name)?["metadata", "uid"]?.string ?? ""
        await recorder.recordNode(PodNote("Starting", "Starting kubelet."), uid: uid)
    }

    /// One round: the lease, and the status when it changed or is old.
    func beat() async {
        await renewLease()
        await report(force: false)
    }

    private func renewLease() async {
        let time = sender.door.now.rfc3339Micro
        if hasLease {
            let patch: JSON = ["spec": ["renewTime": .string(time)]]
            let answer = await sender.send(
                Intent(
                    .patch(.merge, patch), apiVersion: "coordination.k8s.io/v1", resource: "leases",
                    namespace: "kube-node-lease",
                    name: name))
            guard case .failure(let error) = answer else { return }
            if error.code != 404 { return }
        }
        let uid = ClusterReader(door: sender.door).node(name)?["metadata", "uid"]?.string ?? ""
        let lease: JSON = [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": [
                "name": .string(name), "namespace": "kube-node-lease",
                "ownerReferences": [["apiVersion": "v1", "kind": "Node", "name": .string(name), "uid": .string(uid)]],
            ],
            "spec": ["holderIdentity": .string(name), "leaseDurationSeconds": 40, "renewTime": .string(time)],
        ]
        let answer = await sender.send(
            Intent(
                .create(lease), apiVersion: "coordination.k8s.io/v1", resource: "leases", namespace: "kube-node-lease"))
        switch answer {
        case .success: hasLease = true
        case .failure(let error):
            hasLease = error.code == 409
            if error.code != 409 { logger.warning("no node lease", metadata: ["error": "\(error.message)"]) }
        }
    }

    private func report(force: Bool) async {
        let now = sender.door.now
        let known = ClusterReader(door: sender.door).node(name)
        if known == nil, !force {
            // Somebody deleted the Node: a running kubelet registers again.
            hasLease = false
            await register()
            return
        }
        let problem = await self.problem()
        let new = status.status(
            known: known?["status"] ?? .null, runtimeVersion: runtimeVersion, problem: problem, images: await images(),
            now: now)
        let isOld = now.since(lastAt) > NodeAgent.statusSeconds * 1_000_000
        guard force || isOld || NodeAgent.essence(new) != NodeAgent.essence(last) else { return }
        let patch: JSON = ["status": new]
        let answer = await sender.send(
            Intent(.patch(.strategic, patch), apiVersion: "v1", resource: "nodes", name: name, subresource: "status"))
        if case .failure(let error) = answer {
            logger.warning("the node's status was not taken", metadata: ["error": "\(error.message)"])
            return
        }
        last = new
        lastAt = now
    }

    /// The status without its heartbeat times.
    private static func essence(_ status: JSON) -> JSON {
        var out = status
        out.modify("conditions") { conditions in
            conditions.modifyElements { _, condition in
                condition["lastHeartbeatTime"] = nil
                condition["lastTransitionTime"] = nil
            }
        }
        return out
    }

    /// Why pods cannot run here; nil when they can.
    private func problem() async -> String? {
        guard let answer = try? await runtime.runtime.status(.init(), options: ContainerRuntime.within(5)) else {
            return "[container runtime is down]"
        }
        for condition in answer.status.conditions where !condition.status {
            if condition.type == "NetworkReady" {
                return
                    "container runtime network not ready: NetworkReady=false reason:\(condition.reason) message:\(condition.message)"
            }
            return
                "container runtime status check may not have completed yet: \(condition.type)=false \(condition.reason) \(condition.message)"
        }
        return nil
    }

    private func images() async -> [JSON] {
        let found = (try? await runtime.images.listImages(.init(), options: ContainerRuntime.within(10)).images) ?? []
        return found.sorted { ($0.size, $0.id) > ($1.size, $1.id) }.prefix(50).map { image in
            [
                "names": .array((image.repoDigests + image.repoTags).prefix(5).map { .string($0) }),
                "sizeBytes": .int(Int64(image.size)),
            ]
        }
    }
}
