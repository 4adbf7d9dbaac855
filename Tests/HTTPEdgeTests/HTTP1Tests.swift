import HTTPEdge
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct HTTP1Tests {
    static let echo: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
        let text =
            "\(request.method.rawValue) \(request.path)|\(request.query)|\(request.body.readableBytes)|\(request.isBodyTooLarge)"
        responder.respond(request.isBodyTooLarge ? 413 : 200, [("content-type", "text/plain")], .text(text))
    }

    @Test func requestAndAnswer() async throws {
        try await withServer(handler: Self.echo) { port, _ in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let answer = try await client.send(
                .init(.POST, "http://127.0.0.1:\(port)/a%20b?x=1&y", body: ByteBuffer(string: "hello")))
            #expect(answer.status == 200)
            #expect(String(buffer: answer.body) == "POST /a%20b|x=1&y|5|false")
            #expect(answer.headers["content-type"] == "text/plain")
            #expect(answer.headers["date"]?.hasSuffix("GMT") == true)
            // The connection is used again.
            let second = try await client.send(.init(.GET, "http://127.0.0.1:\(port)/"))
            #expect(String(buffer: second.body) == "GET /||0|false")
            client.shutdown()
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        // The first answer is given last, from another thread.
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            let delay: Int64 = request.path == "/1" ? 100 : 0
            let path = String(request.path)
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(delay)) {
                responder.respond(200, [], .text(path))
            }
        }
        try await withServer(handler: handler) { port, _ in
            let client = try await RawClient.connect(port)
            try await client.send((1...20).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            #expect(try await client.wait { $0.text.contains("/20") })
            let bodies = client.text.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
            #expect(bodies.map(String.init) == (1...20).map { "/\($0)" })
            client.close()
        }
    }

    @Test func headAnswersWithoutBody() async throws {
        try await withServer(handler: Self.echo) { port, _ in
            let client = try await RawClient.connect(port)
            try await client.send(
                "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try await client.wait { $0.isClosed })
            #expect(client.text.contains("Content-Length: 16\r\n"))
            #expect(!client.text.contains("HEAD /x"))
            #expect(client.text.hasSuffix("GET /y||0|false"))
        }
    }

    @Test func expectContinue() async throws {
        try await withServer(handler: Self.echo) { port, _ in
            let client = try await RawClient.connect(port)
            try await client.send("PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            #expect(try await client.wait { $0.text == "HTTP/1.1 100 Continue\r\n\r\n" })
            try await client.send("abc")
            #expect(try await client.wait { $0.text.hasSuffix("PUT /x||3|false") })
            client.close()
        }
    }

    @Test func tooLongBodyIsToldToTheHandler() async throws {
        var limits = EdgeLimits()
        limits.bodyBytesMax = 1000
        try await withServer(limits: limits, handler: Self.echo) { port, _ in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let fits = try await client.send(
                .init(.POST, "http://127.0.0.1:\(port)/", body: ByteBuffer(repeating: 65, count: 1000)))
            #expect(fits.status == 200)
            let answer = try await client.send(
                .init(.POST, "http://127.0.0.1:\(port)/", body: ByteBuffer(repeating: 65, count: 200_000)))
            #expect(answer.status == 413)
            #expect(answer.headers["connection"] == "close")
            let raw = try await RawClient.connect(port)
            try await raw.send(
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n"
                    + String(repeating: "a", count: 1024))
            #expect(try await raw.wait { $0.text.hasPrefix("HTTP/1.1 413 Request Entity Too Large") })
            client.shutdown()
        }
    }

    /// Named, so that a long one is not printed.
    enum Malformed: String, CaseIterable {
        case nonsense, version, twoLengths, negativeLength, headerName, chunkSize, longTarget, longHeader
        var text: String {
            switch self {
            case .nonsense: "nonsense\r\n\r\n"
            case .version: "GET / HTTP/3.0\r\n\r\n"
            case .twoLengths: "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
            case .negativeLength: "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"
            case .headerName: "GET / HTTP/1.1\r\nHo st: x\r\n\r\n"
            case .chunkSize: "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            case .longTarget: "GET /" + String(repeating: "u", count: 1_100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"
            case .longHeader: "GET / HTTP/1.1\r\nX: " + String(repeating: "h", count: 1_100_000) + "\r\n\r\n"
            }
        }
        var start: String {
            switch self {
            case .version: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
            case .longTarget, .longHeader: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
            default: "HTTP/1.1 400 Bad Request\r\n"
            }
        }
    }
    @Test(arguments: Malformed.allCases) func malformedRequestsAreRefused(_ what: Malformed) async throws {
        try await withServer(handler: Self.echo) { port, _ in
            let client = try await RawClient.connect(port)
            try? await client.send(what.text)
            #expect(try await client.wait { $0.text.hasPrefix(what.start) })
            #expect(try await client.wait { $0.isClosed })
        }
    }

    @Test func bigHeadersUnderTheLimitPass() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            responder.respond(200, [], .text("\(request.headers["x-big"]?.utf8.count ?? 0) \(request.uri.utf8.count)"))
        }
        try await withServer(handler: handler) { port, _ in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let answer = try await client.send(
                .init(
                    .GET, "http://127.0.0.1:\(port)/" + String(repeating: "p", count: 300_000),
                    headers: [("X-Big", String(repeating: "v", count: 500_000))]))
            #expect(String(buffer: answer.body) == "500000 300001")
            client.shutdown()
        }
    }

    @Test func streamIsChunkedAndEnds() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.startStream(200, [("content-type", "application/json")])
            responder.write(ByteBuffer(string: "one"))
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(20)) {
                responder.write([ByteBuffer(string: "two"), ByteBuffer(string: "")])
                responder.end()
            }
        }
        try await withServer(handler: handler) { port, _ in
            let client = try await RawClient.connect(port)
            try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.wait { $0.text.hasSuffix("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n") })
            #expect(client.text.contains("Transfer-Encoding: chunked\r\n"))
            // Kept alive after the stream.
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await client.wait { $0.isClosed })
            #expect(client.text.hasSuffix("\r\n\r\nonetwo"))
        }
    }

    @Test func leavingClientIsNoticed() async throws {
        let left = Mutex(0)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.startStream(200, [])
            responder.onClose { left.withLock { $0 += 1 } }
        }
        try await withServer(handler: handler) { port, _ in
            let client = try await RawClient.connect(port)
            try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.wait { $0.text.hasSuffix("\r\n\r\n") })
            client.close()
            #expect(try await eventually { left.withLock { $0 } == 1 })
        }
    }

    @Test func slowReaderShowsAsPendingBytes() async throws {
        let seen = Mutex<EdgeResponder?>(nil)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.startStream(200, [])
            seen.withLock { $0 = responder }
        }
        try await withServer(handler: handler) { port, _ in
            let client = try await RawClient.connect(port)
            let channel = client.channel.withLock { $0 }
            try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.wait { $0.text.hasSuffix("\r\n\r\n") })
            try await channel?.setOption(ChannelOptions.autoRead, value: false).get()
            let responder = try #require(seen.withLock { $0 })
            var sent = 0
            while responder.isWritable && sent < 200 {
                responder.write(ByteBuffer(repeating: 65, count: 100_000))
                sent += 1
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(!responder.isWritable)
            #expect(responder.pendingBytes > 200_000 && responder.pendingBytes < 20_000_000)
            let drained = Mutex(false)
            responder.onDrain { drained.withLock { $0 = true } }
            try await channel?.setOption(ChannelOptions.autoRead, value: true).get()
            #expect(try await eventually { drained.withLock { $0 } && responder.pendingBytes == 0 })
            responder.abort()
            #expect(try await client.wait { $0.isClosed })
            #expect(responder.isClosed)
        }
    }

    @Test func shutdownFinishesWhatIsInFlight() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.eventLoop.scheduleTask(in: .milliseconds(100)) { responder.respond(200, [], .text("late")) }
        }
        let server = try await EdgeServer.start(
            .init(addresses: [("127.0.0.1", 0)]), group: MultiThreadedEventLoopGroup.singleton,
            handler: ClosureHandler(body: handler))
        let client = try await RawClient.connect(server.ports[0])
        let idle = try await RawClient.connect(server.ports[0])
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try await Task.sleep(for: .milliseconds(30))
        await server.shutdown(grace: .seconds(5))
        #expect(try await client.wait { $0.text.hasSuffix("late") })
        #expect(client.text.contains("Connection: close"))
        #expect(try await idle.wait { $0.isClosed })
        #expect(try await eventually { server.connectionCount == 0 })
    }

    @Test func rawUpgrade() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            guard let offer = request.upgrade else { return responder.respond(400, [], .text("upgrade required")) }
            responder.acceptUpgrade(offer.proto) { stream in
                stream?.onBytes { bytes in _ = stream?.send(bytes) }
            }
        }
        try await withServer(handler: handler) { port, _ in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let (stream, headers) = try await client.upgrade("http://127.0.0.1:\(port)/exec", proto: "SPDY/3.1").get()
            #expect(headers["upgrade"] == "SPDY/3.1")
            let got = Mutex("")
            stream.onBytes { bytes in got.withLock { $0 += String(buffer: bytes) } }
            try await stream.send(ByteBuffer(string: "ping")).get()
            #expect(try await eventually { got.withLock { $0 } == "ping" })
            stream.close()
            await #expect(throws: HTTPClientError.self) {
                _ = try await client.webSocket("http://127.0.0.1:1/").get()
            }
            let plain = try await client.send(.init(.GET, "http://127.0.0.1:\(port)/"))
            #expect(plain.status == 400)
            client.shutdown()
        }
    }
}
