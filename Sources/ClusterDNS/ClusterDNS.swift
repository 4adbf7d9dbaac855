import ClusterState
import Controllers
import Document
public import Engine
import Foundation
public import Logging
import NIOCore
import NIOPosix
import Records
import Schema
import ServiceRouting

/// The cluster's name server: answers for `cluster.local` from Services and EndpointSlices, passes other names on to the node's
/// own resolvers. Pods reach it at the address of the Service `kube-system/kube-dns`, which it keeps pointing at itself.
public final class ClusterDNS: Sendable {
    public struct Configuration: Sendable {
        /// The Service's address: by custom the tenth of the service range.
        public var clusterIP: String
        /// Where to listen: an address of this machine that pods can reach.
        public var address: String
        public var zone = "cluster.local"
        /// The port to listen on; another one when it is taken.
        public var port = 10053
        public init(clusterIP: String, address: String) {
            self.clusterIP = clusterIP
            self.address = address
        }
    }

    private let configuration: Configuration
    private let door: any ClusterDoor
    private let logger: Logger
    private let held = HeldServer()

    public init(configuration: Configuration, door: any ClusterDoor, logger: Logger) {
        self.configuration = configuration
        self.door = door
        self.logger = logger
    }

    /// The address that the cluster's DNS has: nine after that of `default/kubernetes`, which is the first of the range. nil while
    /// there is no such service.
    public static func serviceAddress(_ door: any ClusterDoor) -> String? {
        let first = door.state.object(GroupResource(resource: "services"), "default", "kubernetes")?.document[
            "spec", "clusterIP"]?.string
        let bytes = (first ?? "").split(separator: ".").compactMap { UInt8($0) }
        guard bytes.count == 4, bytes[3] < 240 else { return nil }
        return "\(bytes[0]).\(bytes[1]).\(bytes[2]).\(bytes[3] + 9)"
    }

    /// Listens, follows the cluster, and makes the Service. Throws when no port can be had.
    public func start() async throws {
        let table = NameTable(zone: configuration.zone)
        let (state, handle) = door.follow { events, _ in
            for event in events { for change in event.changes { table.take(change) } }
        }
        for object in state.objects(GroupResource(resource: "services")) { table.set(service: object.document) }
        for object in state.objects(GroupResource(group: "discovery.k8s.io", resource: "endpointslices")) {
            table.set(slice: object.document)
        }

        let resolvers = Resolvers.read(without: [configuration.address, configuration.clusterIP])
        let group = MultiThreadedEventLoopGroup.singleton
        var port = configuration.port
        var channels: [any Channel] = []
        do { channels = try await ClusterDNS.listen(group, configuration.address, port, table, resolvers) } catch {
            // Another cluster on this machine has the usual one.
            let first = try await ClusterDNS.listen(group, configuration.address, 0, table, resolvers)
            channels = first
            port = first.first?.localAddress?.port ?? 0
        }
        held.set(channels, handle)
        logger.info(
            "DNS is served",
            metadata: ["address": "\(configuration.address):\(port)", "service": "\(configuration.clusterIP)"])
        let (door, configuration, logger, listening) = (door, configuration, logger, port)
        // The door blocks: not on a thread of the cooperative pool.
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let thread = Thread {
                DNSService(configuration: configuration, port: listening).publish(door, logger)
                done.resume()
            }
            thread.start()
        }
    }

    public func stop() { held.close() }

    private static func listen(
        _ group: any EventLoopGroup, _ address: String, _ port: Int, _ table: NameTable, _ resolvers: Resolvers
    ) async throws -> [any Channel] {
        let udp = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramAnswerer(table, resolvers))
                }
            }
            .bind(host: address, port: port).get()
        do {
            let tcp = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            ByteToMessageHandler(MessageLengths()), StreamAnswerer(table, resolvers))
                    }
                }
                .bind(host: address, port: udp.localAddress?.port ?? port).get()
            return [udp, tcp]
        } catch {
            try? await udp.close()
            throw error
        }
    }
}

/// What a started server holds.
private final class HeldServer: @unchecked Sendable {
    private let lock = NSLock()
    private var channels: [any Channel] = []
    private var handle: (any FollowHandle)?
    func set(_ channels: [any Channel], _ handle: any FollowHandle) {
        lock.withLock {
            self.channels = channels
            self.handle = handle
        }
    }
    func close() {
        lock.withLock {
            handle?.cancel()
            for channel in channels { channel.close(promise: nil) }
            channels = []
        }
    }
}

/// The names, behind a lock: the engine's thread changes them, event loops read them.
final class NameTable: @unchecked Sendable {
    private let lock = NSLock()
    private var names: ServiceNames
    let zone: String

    init(zone: String) {
        self.zone = zone
        names = ServiceNames(zone: zone)
    }

    func set(service: JSON) { lock.withLock { names.setService(service) } }
    func set(slice: JSON) { lock.withLock { names.setSlice(slice) } }
    func answer(_ question: DNSQuestion) -> ServiceNames.Answer {
        lock.withLock { names.answer(question.name, type: question.type) }
    }

    func take(_ change: Change) {
        let isService = change.key.group.isEmpty && change.key.resource == "services"
        let isSlice = change.key.group == "discovery.k8s.io" && change.key.resource == "endpointslices"
        guard isService || isSlice else { return }
        if change.kind == .deleted {
            lock.withLock {
                if isService {
                    names.removeService(namespace: change.key.namespace, name: change.key.name)
                } else {
                    names.removeSlice(namespace: change.key.namespace, name: change.key.name)
                }
            }
            return
        }
        guard let object = try? JSON(parsing: change.body) else { return }
        if isService { set(service: object) } else { set(slice: object) }
    }
}
