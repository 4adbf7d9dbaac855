import Document
public import Engine
import Foundation
import HTTPEdge
public import Logging
import NIOPosix
import Records

/// The node's agent: runs the pods that are bound to this node on a container runtime, and says how they fare.
///
///     door.follow ──► PodManager ──(PodLifecycle)──► PodPerformer ──► containerd over CRI, disk, cgroups
///         ▲                │  ▲                          │
///         └── requests ◄───┘  └───────── answers ◄───────┘
///
/// Containers and containerd go on when the process ends; the next one finds them and takes them over.
public final class Kubelet: Sendable {
    private let configuration: KubeletConfiguration
    private let door: any ClusterDoor
    private let tokens: (any TokenSource)?
    private let logger: Logger
    private let running = Protected<Running?>(nil)

    /// What a started kubelet holds.
    struct Running: Sendable {
        var tasks: [Task<Void, Never>]
        var follow: any FollowHandle
        var runtime: ContainerRuntime
        var manager: PodManager
        var socket: String
        var server: EdgeServer?
        var meter: UsageMeter
    }

    /// `tokens` signs service-account tokens for pods; without it they are asked for through the door.
    public init(
        configuration: KubeletConfiguration, door: any ClusterDoor, tokens: (any TokenSource)? = nil, logger: Logger
    ) {
        var configuration = configuration
        if configuration.nodeAddress.isEmpty { configuration.nodeAddress = NodeStatus.detectAddress() }
        self.configuration = configuration
        self.door = door
        self.tokens = tokens
        self.logger = logger
    }

    /// The pods' images that need no registry: `reckon.dev/busybox:1`.
    public static let builtinImage = BuiltinImages.busybox

    /// This machine's address towards the world, or 127.0.0.1 when it has no other.
    public static func detectAddress() -> String { NodeStatus.detectAddress() }
    /// This node's address: `status.hostIP` of its pods.
    public var nodeAddress: String { configuration.nodeAddress }

    /// What the node and its pods use; nil until the kubelet has started.
    public var usage: (any UsageSource)? { held?.meter }

    var held: Running? { running.with { $0 } }
    var settings: KubeletConfiguration { configuration }
    /// The pods that the cluster has on this node.
    var clusterPods: [JSON] { ClusterReader(door: door).pods(onNode: configuration.nodeName) }

    /// Starts (or finds) containerd, takes over what runs, registers the node and follows the cluster. Returns when the node is
    /// registered.
    public func start() async throws {
        guard held == nil else { return }
        for folder in [configuration.directory, configuration.podsDirectory, configuration.logsDirectory] {
            do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
                throw KubeletError("cannot make the directory \(folder): \(error.localizedDescription)")
            }
        }
        let host = HostFacts.read()
        let socket = try startRuntime(host)
        let runtime = try ContainerRuntime(socket: socket)
        try await waitForRuntime(runtime, socket)
        try await loadImages(runtime, socket)

        let door = self.door
        let now: @Sendable () -> Timestamp = { door.now }
        let reader = ClusterReader(door: door)
        let sender = RequestSender(door: door, nodeName: configuration.nodeName)
        let recorder = EventRecorder(sender: sender, nodeName: configuration.nodeName)
        let volumes = VolumeManager(configuration: configuration, reader: reader)
        let cgroups = Cgroups(host: host)
        let addresses = [configuration.nodeAddress]
        let performer = PodPerformer(
            configuration: configuration, runtime: runtime, images: ImageManager(runtime: runtime, now: now),
            reader: reader,
            volumes: volumes, tokens: TokenManager(sender: sender, source: tokens),
            sandboxes: SandboxConfiguration(
                configuration: configuration, cgroups: cgroups, canLowerOOMScore: host.canLowerOOMScore),
            containers: ContainerConfiguration(
                configuration: configuration, reader: reader, volumes: volumes, nodeAddresses: addresses,
                memoryCapacity: NodeStatus.memory()),
            cgroups: cgroups, prober: Prober(runtime: runtime), nodeAddresses: addresses, now: now, logger: logger)
        let manager = PodManager(performer: performer, sender: sender, recorder: recorder, logger: logger)
        let agent = NodeAgent(
            status: NodeStatus(configuration: configuration, address: configuration.nodeAddress), sender: sender,
            runtime: runtime,
            recorder: recorder, logger: logger)

        let (changes, feed) = AsyncStream.makeStream(of: PodChange.self)
        let nodeName = configuration.nodeName
        let mark = Array("\"nodeName\":\"\(nodeName)\"".utf8)
        let (start, handle) = door.follow { events, _ in
            for event in events {
                for change in event.changes { if let found = PodChange(change, mark: mark) { feed.yield(found) } }
            }
        }
        let pods = start.pods(onNode: nodeName).map(\.document)
        var tasks: [Task<Void, Never>] = []
        let registration = Task { await agent.register() }
        tasks.append(
            Task {
                await manager.begin(pods)
                for await change in changes {
                    switch change {
                    case .pod(let body): if let object = try? JSON(parsing: body) { await manager.changed(object) }
                    case .gone(let uid): await manager.removed(uid: uid)
                    case .source: await manager.refreshVolumes()
                    }
                }
            })
        tasks.append(repeating(every: .seconds(1)) { await manager.relist() })
        tasks.append(repeating(every: .seconds(60)) { await manager.refreshVolumes() })
        if configuration.runtimeSocket == nil {
            let own = self.own(host)
            let logger = logger
            tasks.append(repeating(every: .seconds(2)) { own.revive(logger: logger) })
        }
        tasks.append(repeating(every: .seconds(NodeAgent.leaseSeconds)) { await agent.beat() })
        let rotation = LogRotation(runtime: runtime, manager: manager)
        tasks.append(repeating(every: .seconds(10)) { await rotation.round() })
        let events = RuntimeEvents(socket: socket)
        tasks.append(Task { await events.follow { await manager.relist() } })
        let numbers = NodeNumbers(
            runtime: runtime, manager: manager, nodeName: configuration.nodeName, now: { door.now })
        let meter = UsageMeter(nodeName: configuration.nodeName, numbers: numbers)
        tasks.append(
            Task {
                // The first two readings lie close together, so that something is known soon.
                await meter.read()
                try? await Task.sleep(for: .seconds(6))
                while !Task.isCancelled {
                    await meter.read()
                    try? await Task.sleep(for: UsageMeter.interval)
                }
            })
        let server = try await serve(numbers)
        running.with {
            $0 = Running(
                tasks: tasks, follow: handle, runtime: runtime, manager: manager, socket: socket, server: server,
                meter: meter)
        }
        await registration.value
    }

    /// Opens the kubelet's own API.
    private func serve(_ numbers: NodeNumbers) async throws -> EdgeServer? {
        guard let serving = configuration.serving else { return nil }
        do {
            return try await EdgeServer.start(
                .init(addresses: [("0.0.0.0", serving.port)], tls: serving.tls),
                group: MultiThreadedEventLoopGroup.singleton,
                handler: KubeletServer(self, access: serving.access, numbers: numbers))
        } catch {
            throw KubeletError(
                "the kubelet cannot serve on port \(serving.port): \(error); give another with --kubelet-port, or 0 to serve none"
            )
        }
    }

    /// Lets go of everything; pods and containerd go on.
    public func stop() {
        guard
            let held = running.with({ value in
                defer { value = nil }
                return value
            })
        else { return }
        held.follow.cancel()
        if let server = held.server { Task { await server.shutdown(grace: .milliseconds(500)) } }
        held.manager.performer.ended.with { $0 = true }
        for task in held.tasks { task.cancel() }
        held.runtime.close()
    }

    private func repeating(every interval: Duration, _ body: @escaping @Sendable () async -> Void) -> Task<Void, Never>
    {
        Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                if Task.isCancelled { return }
                await body()
            }
        }
    }

    // MARK: the runtime

    private func startRuntime(_ host: HostFacts) throws -> String {
        if let socket = configuration.runtimeSocket {
            guard access(socket, R_OK | W_OK) == 0 else {
                throw KubeletError("no container runtime answers at \(socket)")
            }
            return socket
        }
        let own = own(host)
        try own.start(logger: logger)
        return own.socket
    }

    private func own(_ host: HostFacts) -> OwnContainerd {
        OwnContainerd(
            directory: configuration.containerdDirectory, podCIDR: configuration.podCIDR, host: host,
            pauseImage: BuiltinImages.pause)
    }

    private func waitForRuntime(_ runtime: ContainerRuntime, _ socket: String) async throws {
        for _ in 0..<100 {
            if access(socket, F_OK) == 0, await runtime.version() != nil { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw KubeletError(
            "containerd does not answer at \(socket): see \(configuration.containerdDirectory)/containerd.log for the reason"
        )
    }

    /// Images that are made here rather than pulled.
    private func loadImages(_ runtime: ContainerRuntime, _ socket: String) async throws {
        guard configuration.runtimeSocket == nil else { return }
        let images = ImageManager(runtime: runtime, now: { Timestamp(microseconds: 0) })
        if await images.status(BuiltinImages.pause) == nil {
            try BuiltinImages.load(
                try BuiltinImages.pauseArchive(), socket: socket, directory: configuration.containerdDirectory)
        }
        if await images.status(BuiltinImages.busybox) == nil {
            try BuiltinImages.load(
                try BuiltinImages.busyboxArchive(), socket: socket, directory: configuration.containerdDirectory)
        }
    }
}

/// A change of the cluster that concerns this node.
private enum PodChange: Sendable {
    case pod([UInt8])
    case gone(uid: String)
    /// A ConfigMap or Secret, which a volume may show.
    case source

    init?(_ change: Change, mark: [UInt8]) {
        guard change.key.group.isEmpty else { return nil }
        switch change.key.resource {
        case "pods":
            guard change.body.holds(mark) else { return nil }
            self = change.kind == .deleted ? .gone(uid: change.uid) : .pod(change.body)
        case "configmaps", "secrets":
            guard change.kind == .updated else { return nil }
            self = .source
        default: return nil
        }
    }
}

extension [UInt8] {
    /// Whether the bytes occur in here.
    fileprivate func holds(_ part: [UInt8]) -> Bool {
        withUnsafeBytes { whole in
            part.withUnsafeBytes { part in
                var from = 0
                while from + part.count <= whole.count,
                    let found = memchr(whole.baseAddress! + from, Int32(part[0]), whole.count - part.count - from + 1)
                {
                    let place = UnsafeRawPointer(found) - whole.baseAddress!
                    if memcmp(found, part.baseAddress!, part.count) == 0 { return true }
                    from = place + 1
                }
                return false
            }
        }
    }
}
