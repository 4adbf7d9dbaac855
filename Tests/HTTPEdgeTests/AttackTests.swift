import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Attacks on a listener, each against a running server: it ends them in time, within its memory, and goes on serving others.
@Suite(.serialized) struct AttackTests {
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var total = 0
        var resident = 0
        return withUnsafeMutablePointer(to: &total) { total in
            withUnsafeMutablePointer(to: &resident) { resident in
                withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
            }
        } == 2 ? resident * 4096 : 0
    }

    /// HEADERS without END_HEADERS and then CONTINUATION frames for ever.
    @Test func continuationFlood() async throws {
        try await withServer(handler: HTTP1Tests.echo) { port, server in
            let before = Self.residentBytes()
            let client = try await RawClient.connect(port)
            let block = [UInt8](repeating: 0, count: 0) + [0x40, 1, UInt8(ascii: "a"), 1, UInt8(ascii: "b")]
            var first = HostileClientTests.preface
            first += [0, 0, UInt8(block.count), 1, 0, 0, 0, 0, 1] + block
            try await client.send(bytes: first)
            let filler = (0..<3000).flatMap { _ in block }
            let length = filler.count
            let frame: [UInt8] =
                [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), 9, 0, 0, 0, 0, 1] + filler
            for _ in 0..<2000 where !client.isClosed { try? await client.send(bytes: frame) }
            #expect(try await client.wait { $0.isClosed })
            #expect(Self.residentBytes() - before < 64 << 20)
            try await Self.stillServes(port)
        }
    }

    /// A head, or a body, that comes a byte at a time: whoever never finishes is closed, over both versions of HTTP.
    @Test func slowLoris() async throws {
        var limits = EdgeLimits()
        limits.sweepInterval = .milliseconds(20)
        limits.idleTimeout = .milliseconds(300)
        limits.requestTimeout = .milliseconds(300)
        try await withServer(limits: limits, handler: HTTP1Tests.echo) { port, server in
            let head = try await RawClient.connect(port)
            let body = try await RawClient.connect(port)
            let body2 = try await RawClient.connect(port)
            try await body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            try await body2.send(bytes: HostileClientTests.preface + HostileClientTests.headers(1, endStream: false))
            let clock = ContinuousClock()
            let began = clock.now
            while clock.now - began < .seconds(5), !(head.isClosed && body.isClosed && body2.text.utf8.count > 60) {
                try? await head.send("G")
                try? await body.send("x")
                try? await body2.send(bytes: [0, 0, 1, 0, 0, 0, 0, 0, 1, 97])
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(head.isClosed && body.isClosed)
            #expect(clock.now - began < .seconds(4))
            head.close()
            body.close()
            body2.close()
            try await Self.stillServes(port)
        }
    }

    /// Readers that take nothing: what they are sent is bounded, and they are cut.
    @Test func slowReaders() async throws {
        var limits = EdgeLimits()
        limits.sweepInterval = .milliseconds(50)
        limits.stalledStreamTimeout = .milliseconds(200)
        let cut = Mutex(0)
        try await withServer(
            limits: limits,
            handler: { request, responder in
                responder.startStream(200, [])
                responder.onClose { cut.withLock { $0 += 1 } }
                @Sendable func more() {
                    while responder.isWritable, !responder.isClosed {
                        responder.write(ByteBuffer(repeating: 65, count: 65536))
                    }
                    if !responder.isClosed { responder.onDrain { more() } }
                }
                more()
            }
        ) { port, server in
            let before = Self.residentBytes()
            var clients: [RawClient] = []
            for _ in 0..<50 {
                let client = try await RawClient.connect(port)
                try await client.channel.withLock { $0 }?.setOption(ChannelOptions.autoRead, value: false).get()
                try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                clients.append(client)
            }
            #expect(try await eventually { cut.withLock { $0 } == 50 })
            #expect(Self.residentBytes() - before < 100 << 20)
            for client in clients { client.close() }
        }
    }

    /// A request that nobody answers is answered by the time limit.
    @Test func unansweredRequests() async throws {
        var limits = EdgeLimits()
        limits.sweepInterval = .milliseconds(20)
        limits.answerTimeout = .milliseconds(100)
        let held = Mutex<[EdgeResponder]>([])
        try await withServer(
            limits: limits,
            handler: { request, responder in
                held.withLock { $0.append(responder) }
                responder.onOverdue { [weak responder] in responder?.respond(504, [], .text("too late")) }
            }
        ) { port, _ in
            let client = try await RawClient.connect(port)
            try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.wait { $0.text.contains("504") && $0.text.hasSuffix("too late") })
            client.close()
        }
    }

    /// What net/http refuses by itself.
    @Test func oddHeads() async throws {
        try await withServer(handler: HTTP1Tests.echo) { port, _ in
            let cases = [
                ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"),
                ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request: too many Host headers"),
                ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 Bad Request: malformed Host header"),
                ("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", "417 Expectation Failed"),
            ]
            for (request, wanted) in cases {
                let client = try await RawClient.connect(port)
                try await client.send(request)
                #expect(try await client.wait { $0.isClosed }, "\(wanted)")
                #expect(client.text.contains(wanted) && client.text.contains("Connection: close"), "\(client.text)")
            }
            let old = try await RawClient.connect(port)
            try await old.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await old.wait { $0.text.contains("200 OK") })
            old.close()
            let pipelined = try await RawClient.connect(port)
            try await pipelined.send(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\n\r\n")
            #expect(try await pipelined.wait { $0.isClosed })
            #expect(pipelined.text.components(of: "200 OK") == 2 && pipelined.text.contains("missing required Host"))
        }
    }

    private static func stillServes(_ port: Int) async throws {
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        #expect(try await client.send(.init(.GET, "http://127.0.0.1:\(port)/still")).status == 200)
        client.shutdown()
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: part) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
