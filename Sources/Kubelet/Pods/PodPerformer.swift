import CRI
import Document
import Foundation
import GRPCCore
import Logging
import PodLifecycle

typealias RuntimePod = (sandboxes: [Runtime_V1_PodSandbox], containers: [Runtime_V1_Container])

/// Does what a pod's lifecycle asks for, on the runtime and on the disk.
struct PodPerformer: Sendable {
    let configuration: KubeletConfiguration
    let runtime: ContainerRuntime
    let images: ImageManager
    let reader: ClusterReader
    let volumes: VolumeManager
    let tokens: TokenManager
    let sandboxes: SandboxConfiguration
    let containers: ContainerConfiguration
    let cgroups: Cgroups
    let prober: Prober
    let nodeAddresses: [String]
    let now: @Sendable () -> Timestamp
    let logger: Logger
    /// The kubelet has stopped: nothing is tried again.
    let ended = Protected(false)

    /// The answer to the action; nil when it needs none.
    func perform(_ action: PodAction, _ pod: PodFacts, sandboxID: String?, addresses: [String]) async -> PodEvent? {
        switch action {
        case .prepareVolumes: return await prepareVolumes(pod, addresses)
        case .startSandbox(let attempt): return await startSandbox(pod, attempt)
        case .stopSandbox(let id):
            await untilDone("stopping a sandbox") { try await runtime.stopSandbox(id) }
            return .sandboxStopped
        case .pullImage(let name, let image, let policy):
            return await images.ensure(name, image, policy, auths: credentials(pod))
        case .startContainer(let name, let attempt):
            return await startContainer(pod, name, attempt, sandboxID: sandboxID ?? "", addresses: addresses)
        case .stopContainer(let name, let id, let grace, let preStop):
            return await stopContainer(pod, name, id, grace, preStop, addresses)
        case .removeContainer(let id):
            try? await runtime.remove(id)
            return nil
        case .runPostStart(let name, let id, let handler):
            let failure = await prober.hook(
                handler, container: pod.container(name) ?? .null, id: id, address: address(pod, addresses),
                seconds: 3600)
            return .postStartFinished(container: name, id: id, failure: failure)
        case .probe(let name, let id, let kind, let spec):
            let outcome = await prober.probe(
                spec, container: pod.container(name) ?? .null, id: id, address: address(pod, addresses))
            return .probed(container: name, id: id, kind, outcome)
        case .updateResources(let name, let id):
            guard let container = pod.container(name) else { return nil }
            var resources = ContainerResources(pod: pod, memoryCapacity: containers.memoryCapacity).linux(container)
            resources.oomScoreAdj = 0
            do {
                let change = resources
                _ = try await runtime.runtime.updateContainerResources(
                    .with {
                        $0.containerID = id
                        $0.linux = change
                    }, options: ContainerRuntime.within(30))
            } catch {
                logger.warning(
                    "a container was not resized",
                    metadata: ["container": "\(name)", "error": "\(ContainerRuntime.words(error))"])
            }
            return nil
        case .cleanUp:
            await cleanUp(uid: pod.uid, logDirectory: sandboxes.logDirectory(pod))
            return .cleanedUp
        case .report, .record, .deleteObject, .finish: return nil
        }
    }

    private func address(_ pod: PodFacts, _ addresses: [String]) -> String {
        pod.usesHostNetwork ? nodeAddresses.first ?? "127.0.0.1" : addresses.first ?? "127.0.0.1"
    }

    /// Again every second until it succeeds: there is no way on without it.
    private func untilDone(_ what: String, _ call: () async throws -> Void) async {
        var tries = 0
        while !ended.with({ $0 }) {
            do {
                try await call()
                return
            } catch {
                tries += 1
                if ended.with({ $0 }) { return }
                logger.warning(
                    "\(what) failed", metadata: ["try": "\(tries)", "error": "\(ContainerRuntime.words(error))"])
                try? await Task.sleep(for: .seconds(min(10, tries)))
            }
        }
    }

    // MARK: volumes

    private func files(_ pod: PodFacts, _ addresses: [String]) -> VolumeFiles {
        VolumeFiles(
            pod: pod, reader: reader, tokens: tokens, addresses: addresses, nodeAddresses: nodeAddresses,
            nodeName: configuration.nodeName)
    }

    private var stamp: String { String(now().microseconds) }

    private func prepareVolumes(_ pod: PodFacts, _ addresses: [String]) async -> PodEvent {
        do {
            try await volumes.prepare(pod, files: files(pod, addresses), stamp: stamp)
            return .volumesReady
        } catch {
            return .volumesFailed(reason: "FailedMount", message: error.message)
        }
    }

    /// Files that cannot be had now stay as they are.
    func refreshVolumes(_ pod: PodFacts, addresses: [String]) async {
        try? await volumes.prepare(pod, files: files(pod, addresses), stamp: stamp)
    }

    /// Directories of pods that this node no longer has.
    func removeStrayDirectories(keeping wanted: Set<String>) {
        for uid in (try? FileManager.default.contentsOfDirectory(atPath: configuration.podsDirectory)) ?? []
        where !wanted.contains(uid) {
            volumes.remove(uid)
            cgroups.remove(uid: uid)
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: configuration.logsDirectory)) ?? [] {
            guard let uid = name.split(separator: "_").last, !wanted.contains(String(uid)) else { continue }
            try? FileManager.default.removeItem(atPath: configuration.logsDirectory + "/" + name)
        }
    }

    /// Removes everything of a pod from the runtime and the disk.
    func cleanUp(uid: String, logDirectory: String?) async {
        await untilDone("removing a pod's sandboxes") {
            let found = try await runtime.runtime.listPodSandbox(
                .with { $0.filter.labelSelector = [Labels.podUID: uid] }, options: ContainerRuntime.within(10)
            ).items
            for sandbox in found {
                try await runtime.stopSandbox(sandbox.id)
                try await runtime.removeSandbox(sandbox.id)
            }
        }
        volumes.remove(uid)
        cgroups.remove(uid: uid)
        if let logDirectory { try? FileManager.default.removeItem(atPath: logDirectory) }
        await tokens.forget(podUID: uid)
    }

    // MARK: sandboxes and containers

    private func startSandbox(_ pod: PodFacts, _ attempt: Int) async -> PodEvent {
        do {
            let config = try sandboxes.make(pod, attempt: attempt)
            try? FileManager.default.createDirectory(atPath: config.logDirectory, withIntermediateDirectories: true)
            let id = try await runtime.runtime.runPodSandbox(
                .with { $0.config = config }, options: ContainerRuntime.within(240)
            ).podSandboxID
            guard let observation = await runtime.sandbox(id) else {
                return .sandboxFailed(message: "the new sandbox cannot be found")
            }
            return .sandboxStarted(observation)
        } catch let error as ConfigurationError {
            return .sandboxFailed(message: error.message)
        } catch {
            if let observation = await sandboxAfterLostAnswer(pod, attempt, error) {
                return .sandboxStarted(observation)
            }
            return .sandboxFailed(message: ContainerRuntime.words(error))
        }
    }

    /// The connection broke while the runtime worked: it finishes all the same, and the sandbox is there a little later.
    private func sandboxAfterLostAnswer(_ pod: PodFacts, _ attempt: Int, _ error: any Error) async
        -> SandboxObservation?
    {
        guard (error as? RPCError)?.code == .unavailable else { return nil }
        for _ in 0..<20 {
            try? await Task.sleep(for: .milliseconds(250))
            let found = try? await runtime.runtime.listPodSandbox(
                .with { $0.filter.labelSelector = [Labels.podUID: pod.uid] }, options: ContainerRuntime.within(10)
            ).items.first { $0.metadata.attempt == UInt32(attempt) && $0.state == .sandboxReady }
            if let found { return await runtime.sandbox(found.id) }
        }
        return nil
    }

    private func startContainer(_ pod: PodFacts, _ name: String, _ attempt: Int, sandboxID: String, addresses: [String])
        async -> PodEvent
    {
        guard let container = pod.container(name) else {
            return .containerFailed(
                container: name, reason: "CreateContainerConfigError", message: "the pod has no such container", nil)
        }
        let config: Runtime_V1_ContainerConfig
        let sandbox: Runtime_V1_PodSandboxConfig
        do {
            let image = await images.status(container["image"]?.string ?? "")
            let target = container["targetContainerName"]?.string ?? ""
            let targetID = target.isEmpty ? "" : await containerID(sandboxID, target) ?? ""
            config = try containers.make(
                pod, container, attempt: attempt, addresses: addresses, image: image, targetID: targetID)
            sandbox = try sandboxes.make(pod, attempt: 0)
        } catch {
            return .containerFailed(container: name, reason: "CreateContainerConfigError", message: error.message, nil)
        }
        let id: String
        do { id = try await create(config, sandbox, sandboxID) } catch {
            return .containerFailed(
                container: name, reason: "CreateContainerError", message: ContainerRuntime.words(error), nil)
        }
        do {
            _ = try await runtime.runtime.startContainer(
                .with { $0.containerID = id }, options: ContainerRuntime.within(120))
        } catch {
            var observation = await observe(id)
            // A lost answer is no failure when the container runs.
            if let observation, observation.state == .running { return .containerStarted(observation) }
            if observation?.state == .created { observation?.state = .exited }
            return .containerFailed(
                container: name, reason: "RunContainerError", message: ContainerRuntime.words(error), observation)
        }
        guard let observation = await observe(id) else {
            return .containerFailed(
                container: name, reason: "RunContainerError", message: "the new container cannot be found", nil)
        }
        return .containerStarted(observation)
    }

    private func create(
        _ config: Runtime_V1_ContainerConfig, _ sandbox: Runtime_V1_PodSandboxConfig, _ sandboxID: String
    ) async throws -> String {
        let request = Runtime_V1_CreateContainerRequest.with {
            $0.podSandboxID = sandboxID
            $0.config = config
            $0.sandboxConfig = sandbox
        }
        do {
            return try await runtime.runtime.createContainer(request, options: ContainerRuntime.within(120)).containerID
        } catch let error as RPCError
            where error.message.contains("failed to reserve container name")
        {
            // An earlier life of the kubelet made it and could not tell: it never ran under this attempt.
            let old = try await runtime.runtime.listContainers(
                .with {
                    $0.filter.podSandboxID = sandboxID
                    $0.filter.labelSelector = [Labels.container: config.metadata.name]
                }, options: ContainerRuntime.within(10)
            ).containers.filter { $0.metadata.attempt == config.metadata.attempt && $0.state != .containerRunning }
            for container in old { try await runtime.remove(container.id) }
            return try await runtime.runtime.createContainer(request, options: ContainerRuntime.within(120)).containerID
        }
    }

    private func containerID(_ sandboxID: String, _ name: String) async -> String? {
        try? await runtime.runtime.listContainers(
            .with {
                $0.filter.podSandboxID = sandboxID
                $0.filter.labelSelector = [Labels.container: name]
                $0.filter.state.state = .containerRunning
            }, options: ContainerRuntime.within(10)
        ).containers.first?.id
    }

    private func stopContainer(
        _ pod: PodFacts, _ name: String, _ id: String, _ grace: Int64, _ preStop: JSON?, _ addresses: [String]
    ) async -> PodEvent {
        let startedAt = now()
        if let preStop {
            let container = pod.container(name) ?? .null
            let address = address(pod, addresses)
            // The hook runs on the grace's time.
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = await prober.hook(preStop, container: container, id: id, address: address, seconds: grace)
                }
                group.addTask { try? await Task.sleep(for: .seconds(grace)) }
                await group.next()
                group.cancelAll()
            }
        }
        let left = max(2, grace - now().since(startedAt) / 1_000_000)
        await untilDone("stopping a container") { try await runtime.stop(id, graceSeconds: left) }
        return .containerStopped(container: name, id: id, await observe(id))
    }

    /// A container's state, with the words it left behind when it has ended.
    func observe(_ id: String) async -> ContainerObservation? {
        guard
            let status = try? await runtime.runtime.containerStatus(
                .with { $0.containerID = id }, options: ContainerRuntime.within(10)
            ).status,
            let found = await runtime.container(id)
        else { return nil }
        var observation = found.observation
        guard observation.state == .exited else { return observation }
        let uid = status.labels[Labels.podUID] ?? ""
        let file = containers.terminationFile(uid, observation.name, observation.attempt)
        var words = HostFacts.text(file)
        if words.isEmpty, observation.exitCode != 0, policy(uid: uid, status) == "FallbackToLogsOnError" {
            words = LogFile(path: found.logPath).lastWords(linesMax: 80, bytesMax: 2048)
        }
        if !words.isEmpty { observation.message = String(decoding: Array(words.utf8).prefix(4096), as: UTF8.self) }
        return observation
    }

    private func policy(uid: String, _ status: Runtime_V1_ContainerStatus) -> String {
        let pod = reader.pod(status.labels[Labels.podNamespace] ?? "", status.labels[Labels.podName] ?? "")
        return pod.map(PodFacts.init)?.container(status.metadata.name)?["terminationMessagePolicy"]?.string ?? "File"
    }

    private func credentials(_ pod: PodFacts) -> [RegistryCredential] {
        (pod.spec["imagePullSecrets"]?.elements ?? []).flatMap { reference in
            reader.secret(pod.namespace, reference["name"]?.string ?? "").map(RegistryCredential.read) ?? []
        }
    }
}
