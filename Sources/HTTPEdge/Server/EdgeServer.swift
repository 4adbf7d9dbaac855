public import NIOCore
import NIOPosix
import NIOSSL

/// A listener: TLS with HTTP/2 and HTTP/1.1, or plain text with either.
public final class EdgeServer: Sendable {
    /// How a listener is set up.
    public struct Configuration: Sendable {
        /// The addresses to listen on; port 0 picks a free one.
        public var addresses: [(host: String, port: Int)]
        /// nil listens in plain text.
        public var tls: TLS?
        public var limits = EdgeLimits()
        public init(addresses: [(host: String, port: Int)], tls: TLS? = nil, limits: EdgeLimits = EdgeLimits()) {
            self.addresses = addresses
            self.tls = tls
            self.limits = limits
        }
    }
    /// The server's certificate, and whom it asks for theirs.
    public struct TLS: Sendable {
        /// The certificate and those that signed it, PEM.
        public var certificateChain: [UInt8]
        public var privateKey: [UInt8]
        /// Certificates (PEM) whose names are sent as hints when a client certificate is asked for; nil asks for none. Whatever
        /// the client presents is passed to the handler unchecked.
        public var clientCertificateAuthorities: [UInt8]?
        public init(certificateChain: [UInt8], privateKey: [UInt8], clientCertificateAuthorities: [UInt8]? = nil) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
            self.clientCertificateAuthorities = clientCertificateAuthorities
        }
    }
    private let core: ServerCore
    private let listeners: [any Channel]
    private let loops: [LoopState]

    private init(core: ServerCore, listeners: [any Channel], loops: [LoopState]) {
        self.core = core
        self.listeners = listeners
        self.loops = loops
    }

    /// Opens the listeners on `group`'s loops and serves until `shutdown`.
    public static func start(
        _ configuration: Configuration, group: any EventLoopGroup, handler: any EdgeHandler
    ) async throws -> EdgeServer {
        let core = ServerCore(
            limits: configuration.limits, handler: handler, tls: try configuration.tls.map(ServerCore.context))
        var loops: [ObjectIdentifier: LoopState] = [:]
        for loop in group.makeIterator() { loops[ObjectIdentifier(loop)] = LoopState(eventLoop: loop, core: core) }
        let table = loops
        for state in table.values { state.eventLoop.execute { state.start() } }
        let isTLS = configuration.tls != nil
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let state = table[ObjectIdentifier(channel.eventLoop)] else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    let open = core.connectionCount.add(1, ordering: .relaxed).newValue
                    channel.closeFuture.whenComplete { _ in core.connectionCount.subtract(1, ordering: .relaxed) }
                    guard open <= core.limits.connectionsMax else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    if isTLS, let context = core.tls.withLock({ $0 }) {
                        // The certificate is proven to be the client's by the handshake; whether to believe it is the handler's question,
                        // which a refused connection could not answer with 401.
                        var buffers = NIOSSLHandler.Configuration()
                        buffers.maximumPreservedOutboundBufferCapacity = 64 * 1024
                        try pipeline.addHandler(
                            NIOSSLServerHandler(
                                context: context,
                                customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) },
                                configuration: buffers))
                    }
                    try pipeline.addHandler(ProtocolSelector(loop: state, isTLS: isTLS))
                }
            }
        var listeners: [any Channel] = []
        do {
            for (host, port) in configuration.addresses {
                listeners.append(try await bootstrap.bind(host: host, port: port).get())
            }
        } catch {
            for listener in listeners { try? await listener.close() }
            throw error
        }
        return EdgeServer(core: core, listeners: listeners, loops: Array(table.values))
    }

    /// The port of each listener, in the configuration's order.
    public var ports: [Int] { listeners.map { $0.localAddress?.port ?? 0 } }
    /// Connections open now.
    public var connectionCount: Int { core.connectionCount.load(ordering: .relaxed) }

    /// Takes a renewed certificate into use for new connections.
    public func replaceCertificate(_ tls: TLS) throws {
        let context = try ServerCore.context(tls)
        core.tls.withLock { $0 = context }
    }

    /// Stops accepting, tells clients to go elsewhere (GOAWAY, `Connection: close`), waits for answers in flight until `grace` is over, and
    /// closes what is left.
    public func shutdown(grace: TimeAmount = .seconds(10)) async {
        for listener in listeners { try? await listener.close() }
        let drained = loops.map { state in state.eventLoop.flatSubmit { state.beginShutdown() } }
        for state in loops { state.eventLoop.scheduleTask(in: grace) { state.closeAll() } }
        for future in drained { try? await future.get() }
    }
}
