import Document
import FoundationEssentials
import HTTPEdge
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A handler made of a closure.
struct ClosureHandler: EdgeHandler {
    let body: @Sendable (EdgeRequest, EdgeResponder) -> Void
    func handle(_ request: EdgeRequest, _ responder: EdgeResponder) { body(request, responder) }
}

/// Runs a server on a free port of the loopback address for the time of `body`.
func withServer(
    tls: EdgeServer.TLS? = nil, limits: EdgeLimits = EdgeLimits(),
    handler: @escaping @Sendable (EdgeRequest, EdgeResponder) -> Void,
    _ body: (_ port: Int, _ server: EdgeServer) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let server = try await EdgeServer.start(
        .init(addresses: [("127.0.0.1", 0)], tls: tls, limits: limits), group: group,
        handler: ClosureHandler(body: handler))
    do {
        try await body(server.ports[0], server)
    } catch {
        await server.shutdown(grace: .zero)
        throw error
    }
    await server.shutdown(grace: .milliseconds(200))
}

/// A bare TCP client: sends bytes and collects what comes back until the server closes or `bytes` have come.
final class RawClient: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    private let received = Mutex<ByteBuffer>(ByteBuffer())
    private let closed = Mutex<Bool>(false)
    let channel = Mutex<(any Channel)?>(nil)

    static func connect(_ port: Int) async throws -> RawClient {
        let client = RawClient()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(client) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        client.channel.withLock { $0 = channel }
        return client
    }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.withLock { _ = $0.writeBuffer(&bytes) }
    }
    func channelInactive(context: ChannelHandlerContext) { closed.withLock { $0 = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func send(_ text: String) async throws {
        try await channel.withLock { $0 }?.writeAndFlush(ByteBuffer(string: text)).get()
    }
    func send(bytes: [UInt8]) async throws {
        try await channel.withLock { $0 }?.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }
    var text: String { received.withLock { String(buffer: $0) } }
    var isClosed: Bool { closed.withLock { $0 } }
    func close() { channel.withLock { $0 }?.close(promise: nil) }
    /// Waits until `condition` holds, 5 seconds at most.
    func wait(_ condition: (RawClient) -> Bool) async throws -> Bool { try await eventually { condition(self) } }
}

/// Waits until `condition` holds, 5 seconds at most; tells whether it did.
func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<500 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

/// The time now, for certificates that are checked against the wall clock.
enum WallClock {
    static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }
}
