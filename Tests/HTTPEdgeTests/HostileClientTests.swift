import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// SplitMix64, so that a failing seed can be played again.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite(.serialized) struct HostileClientTests {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
    /// GET / on that stream, with END_STREAM or not.
    static func headers(_ stream: Int, endStream: Bool) -> [UInt8] {
        let id = [UInt8(stream >> 24 & 255), UInt8(stream >> 16 & 255), UInt8(stream >> 8 & 255), UInt8(stream & 255)]
        let block: [UInt8] = [endStream ? 0x82 : 0x83, 0x86, 0x84, 0x01, 0x01, UInt8(ascii: "x")]
        return [0, 0, UInt8(block.count), 1, endStream ? 5 : 4] + id + block
    }

    @Test func rapidResetsEndTheConnection() async throws {
        var limits = EdgeLimits()
        limits.resetsMax = 100
        let begun = Mutex(0)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            begun.withLock { $0 += 1 }
            responder.onClose {}
        }
        try await withServer(limits: limits, handler: handler) { port, _ in
            let client = try await RawClient.connect(port)
            var bytes = Self.preface
            for i in 0..<1000 {
                let id = i * 2 + 1
                bytes += Self.headers(id, endStream: true)
                bytes += [0, 0, 4, 3, 0, 0, 0, UInt8(id >> 8), UInt8(id & 255), 0, 0, 0, 8]
            }
            try? await client.send(bytes: bytes)
            #expect(try await client.wait { $0.isClosed })
            #expect(begun.withLock { $0 } <= 102)
        }
    }

    @Test func timeLimits() async throws {
        var limits = EdgeLimits()
        limits.sweepInterval = .milliseconds(20)
        limits.idleTimeout = .milliseconds(60)
        limits.requestTimeout = .milliseconds(100)
        limits.stalledStreamTimeout = .milliseconds(60)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.startStream(200, [])
            // More than the sockets' buffers hold.
            responder.write(ByteBuffer(repeating: 65, count: 40_000_000))
        }
        try await withServer(limits: limits, handler: handler) { port, server in
            let silent = try await RawClient.connect(port)
            let halfway = try await RawClient.connect(port)
            try await halfway.send("GET / HTTP/1.1\r\nHost")
            let body = try await RawClient.connect(port)
            try await body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            let idle2 = try await RawClient.connect(port)
            try await idle2.send(bytes: Self.preface)
            let body2 = try await RawClient.connect(port)
            try await body2.send(bytes: Self.preface + Self.headers(1, endStream: false))
            let stalled = try await RawClient.connect(port)
            try await stalled.channel.withLock { $0 }?.setOption(ChannelOptions.autoRead, value: false).get()
            try await stalled.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for client in [silent, halfway, body, idle2, body2] { #expect(try await client.wait { $0.isClosed }) }
            #expect(try await eventually { server.connectionCount == 0 })
        }
    }

    @Test func connectionsAreCounted() async throws {
        var limits = EdgeLimits()
        limits.connectionsMax = 3
        try await withServer(limits: limits, handler: HTTP1Tests.echo) { port, server in
            var clients: [RawClient] = []
            for _ in 0..<3 { clients.append(try await RawClient.connect(port)) }
            #expect(try await eventually { server.connectionCount == 3 })
            let fourth = try await RawClient.connect(port)
            #expect(try await fourth.wait { $0.isClosed })
            try await clients[0].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await clients[0].wait { $0.text.contains("200 OK") })
            for client in clients { client.close() }
        }
    }

    @Test func pipelinedFloodIsHeldBack() async throws {
        let waiting = Mutex<[EdgeResponder]>([])
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            waiting.withLock { $0.append(responder) }
        }
        try await withServer(handler: handler) { port, _ in
            let client = try await RawClient.connect(port)
            let count = 5000
            try await client.send(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: count))
            var answered = 0
            while answered < count {
                guard let next = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                    try await Task.sleep(for: .milliseconds(1))
                    continue
                }
                #expect(waiting.withLock { $0.isEmpty }, "one request of a connection is answered at a time")
                next.respond(204, [], .empty)
                answered += 1
            }
            #expect(
                try await client.wait {
                    $0.text.split(separator: "204 No Content", omittingEmptySubsequences: false).count == count + 1
                })
            client.close()
        }
    }

    /// Good conversations with bytes changed, cut and doubled: whatever comes, the server answers the next client.
    @Test func changedBytesDoNoHarm() async throws {
        var random = Seeded(state: 20_261_123)
        let seeds: [[UInt8]] = [
            Array("GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n".utf8),
            Array("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8),
            Array("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc".utf8),
            Array(
                "GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n\u{81}\u{85}abcdefghi"
                    .utf8),
            preface2(), preface2() + preface2(),
        ]
        try await withServer(handler: { request, responder in
            if request.upgrade != nil {
                responder.acceptWebSocket(subprotocol: nil) { stream in
                    if let stream {
                        stream.onMessage { stream.send($0.bytes) }
                    } else {
                        responder.respond(400, [], .empty)
                    }
                }
            } else {
                HTTP1Tests.echo(request, responder)
            }
        }) { port, server in
            for _ in 0..<400 {
                var bytes = seeds.randomElement(using: &random) ?? []
                for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: at)
                    case 2: bytes.insert(contentsOf: bytes[at..<min(at + 9, bytes.count)], at: at)
                    default: bytes = Array(bytes[..<at])
                    }
                }
                let client = try await RawClient.connect(port)
                try? await client.send(bytes: bytes)
                client.close()
            }
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            #expect(try await client.send(.init(.GET, "http://127.0.0.1:\(port)/still")).status == 200)
            client.shutdown()
            #expect(try await eventually { server.connectionCount == 0 })
        }
    }
    private func preface2() -> [UInt8] {
        Self.preface + Self.headers(1, endStream: true) + Self.headers(3, endStream: false) + [
            0, 0, 3, 0, 1, 0, 0, 0, 3, 97, 98, 99,
        ]
            + [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    }
}
