import CRI
import Document
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import PodLifecycle

typealias Runtime = Runtime_V1_RuntimeService.Client<HTTP2ClientTransport.Posix>
typealias ImageStore = Runtime_V1_ImageService.Client<HTTP2ClientTransport.Posix>

/// The container runtime on the other end of a unix socket, over CRI v1. One connection; calls run side by side.
final class ContainerRuntime: Sendable {
    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    let runtime: Runtime
    let images: ImageStore
    private let connection: Task<Void, Never>

    /// Connects lazily, and again after the runtime restarted.
    init(socket: String) throws {
        let transport = try HTTP2ClientTransport.Posix(
            // containerd's HTTP/2 server refuses a path as :authority.
            target: .unixDomainSocket(path: socket, authority: "localhost"),
            transportSecurity: .plaintext,
            config: .defaults { config in
                config.http2.authority = "localhost"
                config.backoff.initial = .milliseconds(50)
                config.backoff.max = .seconds(1)
                config.connection.maxIdleTime = nil
            })
        let client = GRPCClient(transport: transport)
        self.client = client
        runtime = Runtime(wrapping: client)
        images = ImageStore(wrapping: client)
        connection = Task { try? await client.runConnections() }
    }

    func close() {
        client.beginGracefulShutdown()
        connection.cancel()
    }

    /// Limits a call; the answer to a list of many pods may be large.
    static func within(_ seconds: Int64) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = .seconds(seconds)
        options.maxResponseMessageBytes = 64 << 20
        return options
    }

    /// The runtime's name and version; nil while it does not answer.
    func version() async -> (name: String, version: String)? {
        var options = ContainerRuntime.within(2)
        options.waitForReady = true
        guard let answer = try? await runtime.version(.with { $0.version = "v1" }, options: options) else { return nil }
        return (answer.runtimeName, answer.runtimeVersion)
    }

    // MARK: observing

    /// Every sandbox and container there is, by pod uid.
    func list() async throws -> [String: (sandboxes: [Runtime_V1_PodSandbox], containers: [Runtime_V1_Container])] {
        async let sandboxes = runtime.listPodSandbox(.init(), options: ContainerRuntime.within(10))
        async let containers = runtime.listContainers(.init(), options: ContainerRuntime.within(10))
        var pods: [String: (sandboxes: [Runtime_V1_PodSandbox], containers: [Runtime_V1_Container])] = [:]
        for sandbox in try await sandboxes.items {
            pods[sandbox.metadata.uid, default: ([], [])].sandboxes.append(sandbox)
        }
        for container in try await containers.containers {
            guard let uid = container.labels[Labels.podUID] else { continue }
            pods[uid, default: ([], [])].containers.append(container)
        }
        return pods
    }

    /// The sandbox with its addresses; nil when the runtime does not know it.
    func sandbox(_ id: String) async -> SandboxObservation? {
        guard
            let status = try? await runtime.podSandboxStatus(
                .with { $0.podSandboxID = id }, options: ContainerRuntime.within(10)
            ).status
        else { return nil }
        var addresses = status.network.ip.isEmpty ? [] : [status.network.ip]
        addresses += status.network.additionalIps.map(\.ip)
        return SandboxObservation(
            id: id, attempt: Int(status.metadata.attempt), isReady: status.state == .sandboxReady,
            createdAt: Timestamp(microseconds: status.createdAt / 1000), addresses: addresses)
    }

    /// The container as it is now; nil when the runtime does not know it.
    func container(_ id: String) async -> (observation: ContainerObservation, logPath: String)? {
        guard
            let status = try? await runtime.containerStatus(
                .with { $0.containerID = id }, options: ContainerRuntime.within(10)
            ).status
        else { return nil }
        let state: ContainerObservation.State =
            switch status.state {
            case .containerCreated: .created
            case .containerRunning: .running
            case .containerExited: .exited
            default: .unknown
            }
        func moment(_ nanoseconds: Int64) -> Timestamp? {
            nanoseconds > 0 ? Timestamp(microseconds: nanoseconds / 1000) : nil
        }
        var observation = ContainerObservation(
            id: id, name: status.metadata.name, attempt: Int(status.metadata.attempt), state: state,
            startedAt: moment(status.startedAt), finishedAt: moment(status.finishedAt), exitCode: Int(status.exitCode),
            reason: status.reason, message: status.message,
            image: status.image.userSpecifiedImage.isEmpty ? status.image.image : status.image.userSpecifiedImage,
            imageID: status.imageRef)
        // The upstream kubelet shows the name that was asked for when the runtime answers with a bare digest.
        if observation.image.hasPrefix("sha256:"), let asked = status.annotations[Labels.image] {
            observation.image = asked
        }
        if let started = observation.startedAt, let finished = observation.finishedAt, finished < started {
            observation.finishedAt = started
        }
        return (observation, status.logPath)
    }

    // MARK: ending

    /// Stops a container; a container that is gone already is no failure.
    func stop(_ id: String, graceSeconds: Int64) async throws {
        try await ContainerRuntime.ignoringAbsence {
            _ = try await self.runtime.stopContainer(
                .with {
                    $0.containerID = id
                    $0.timeout = graceSeconds
                }, options: ContainerRuntime.within(graceSeconds + 120))
        }
    }

    func remove(_ id: String) async throws {
        try await ContainerRuntime.ignoringAbsence {
            _ = try await self.runtime.removeContainer(
                .with { $0.containerID = id }, options: ContainerRuntime.within(60))
        }
    }

    func stopSandbox(_ id: String) async throws {
        try await ContainerRuntime.ignoringAbsence {
            _ = try await self.runtime.stopPodSandbox(
                .with { $0.podSandboxID = id }, options: ContainerRuntime.within(120))
        }
    }

    func removeSandbox(_ id: String) async throws {
        try await ContainerRuntime.ignoringAbsence {
            _ = try await self.runtime.removePodSandbox(
                .with { $0.podSandboxID = id }, options: ContainerRuntime.within(120))
        }
    }

    private static func ignoringAbsence(_ call: () async throws -> Void) async throws {
        do { try await call() } catch let error as RPCError where error.code == .notFound {}
    }

    /// The words of a failed call, without the transport's.
    static func words(_ error: any Error) -> String {
        guard let error = error as? RPCError else { return "\(error)" }
        return "rpc error: code = \(error.code) desc = \(error.message)"
    }
}

/// The labels by which the kubelet finds its pods again: upstream's.
enum Labels {
    static let podName = "io.kubernetes.pod.name"
    static let podNamespace = "io.kubernetes.pod.namespace"
    static let podUID = "io.kubernetes.pod.uid"
    static let container = "io.kubernetes.container.name"
    static let restartCount = "io.kubernetes.container.restartCount"
    static let terminationMessagePath = "io.kubernetes.container.terminationMessagePath"
    static let image = "reckon.dev/image"
}
