import HTTPEdge
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// Bodies that are handled, and sent on, while they arrive.
@Suite struct RequestStreamTests {
    /// Takes every body as a stream.
    private struct Streaming: EdgeHandler {
        let body: @Sendable (EdgeRequest, EdgeResponder) -> Void
        func handle(_ request: EdgeRequest, _ responder: EdgeResponder) { body(request, responder) }
        func takesStream(_ method: HTTPMethod, _ uri: String) -> Bool { true }
    }

    /// An upstream that takes what comes only when it is told to.
    private final class SlowUpstream: Sendable {
        let seen = Mutex<(count: Int, sum: UInt64)>((0, 0))
        let isOpen = Mutex<Bool>(false)
        private let held = Mutex<[(EdgeRequestStream, Int)]>([])

        func handle(_ request: EdgeRequest, _ responder: EdgeResponder) {
            guard let stream = request.stream else { return responder.respond(200, [], .text("whole")) }
            stream.receive { [self] part in
                switch part {
                case .bytes(let bytes):
                    seen.withLock { seen in
                        seen.count += bytes.readableBytes
                        for byte in bytes.readableBytesView { seen.sum = seen.sum &* 31 &+ UInt64(byte) }
                    }
                    if isOpen.withLock({ $0 }) {
                        stream.taken(bytes.readableBytes)
                    } else {
                        held.withLock { $0.append((stream, bytes.readableBytes)) }
                    }
                case .end: responder.respond(200, [], .text("\(seen.withLock { $0.count })"))
                case .cut: break
                }
            }
        }
        func open() {
            isOpen.withLock { $0 = true }
            let all = held.withLock { held in
                defer { held = [] }
                return held
            }
            for (stream, count) in all { stream.taken(count) }
        }
    }

    private func start(_ handler: any EdgeHandler) async throws -> EdgeServer {
        try await EdgeServer.start(
            .init(addresses: [("127.0.0.1", 0)]), group: MultiThreadedEventLoopGroup.singleton, handler: handler)
    }

    /// A proxy between an eager client and an upstream that reads nothing for a while: what is under way stays bounded, and then
    /// everything arrives as it was sent, of known length and in chunks.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func aSlowUpstreamHoldsTheClientBack(isLengthKnown: Bool) async throws {
        let size = 40 << 20
        let upstream = SlowUpstream()
        let behind = try await start(Streaming { upstream.handle($0, $1) })
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        defer { client.shutdown() }
        let url = "http://127.0.0.1:\(behind.ports[0])/"
        let passed = Count()
        let between = try await start(
            Streaming { request, responder in
                let relay = Relay(responder)
                client.stream(.init(.POST, url, stream: request.stream), relay)
            })
        let raw = try await RawClient.connect(between.ports[0])
        let head =
            isLengthKnown
            ? "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n"
            : "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await raw.send(head)
        let channel = try #require(raw.channel.withLock { $0 })
        let piece = ByteBuffer(bytes: (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        var sum: UInt64 = 0
        for _ in 0..<size / 65536 { for byte in piece.readableBytesView { sum = sum &* 31 &+ UInt64(byte) } }
        let feeding = Task {
            for _ in 0..<size / 65536 {
                if !isLengthKnown { try await channel.writeAndFlush(ByteBuffer(string: "10000\r\n")) }
                try await channel.writeAndFlush(piece)
                if !isLengthKnown { try await channel.writeAndFlush(ByteBuffer(string: "\r\n")) }
                passed.add(65536)
            }
            if !isLengthKnown { try await channel.writeAndFlush(ByteBuffer(string: "0\r\n\r\n")) }
        }
        // Until nothing moves any more.
        var last = -1
        while last != passed.now {
            last = passed.now
            try await Task.sleep(for: .milliseconds(400))
        }
        // What two connections' socket buffers take is the kernel's affair.
        #expect(last < 32 << 20, "\(last) bytes left the client while the upstream took none")
        #expect(upstream.seen.withLock { $0.count } <= 2 << 20)
        upstream.open()
        try await feeding.value
        #expect(try await raw.wait { $0.text.contains("\(size)") })
        #expect(raw.text.contains("200"))
        #expect(upstream.seen.withLock { $0.count } == size)
        #expect(upstream.seen.withLock { $0.sum } == sum)
        await between.shutdown(grace: .zero)
        await behind.shutdown(grace: .zero)
    }

    /// Who is answered before the body has come gets the answer, and the connection ends.
    @Test(.timeLimit(.minutes(1))) func anEarlyAnswerEndsTheConnection() async throws {
        let server = try await start(Streaming { _, responder in responder.respond(403, [], .text("no")) })
        let raw = try await RawClient.connect(server.ports[0])
        try await raw.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        #expect(try await raw.wait { $0.text.hasSuffix("no") })
        #expect(raw.text.contains("403") && raw.text.lowercased().contains("connection: close"))
        #expect(try await raw.wait { $0.isClosed })
        await server.shutdown(grace: .zero)
    }
}

private final class Count: Sendable {
    private let value = Atomic<Int>(0)
    func add(_ count: Int) { value.add(count, ordering: .relaxed) }
    var now: Int { value.load(ordering: .relaxed) }
}

/// Brings an answer back as it comes.
private final class Relay: HTTPAnswerReceiver, Sendable {
    private let responder: EdgeResponder
    init(_ responder: EdgeResponder) { self.responder = responder }
    func head(_ status: Int, _ headers: EdgeHeaders) { responder.startStream(status, []) }
    func piece(_ bytes: ByteBuffer) { responder.write(bytes) }
    func end(_ error: (any Error)?) {
        if error == nil { responder.end() } else { responder.abort() }
    }
}
