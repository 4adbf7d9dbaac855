import Document
import HTTPEdge
import Identity
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct HTTP2Tests {
    let authority: CertificateAuthority
    let serving: KeyPair
    init() throws {
        let now = WallClock.now
        authority = try CertificateAuthority.make("kubernetes", now: now)
        serving = try authority.issue(
            .init("kube-apiserver"), names: ServingNames(names: ["localhost"], addresses: ["127.0.0.1"]),
            usages: [.server], now: now)
    }
    var serverTLS: EdgeServer.TLS {
        EdgeServer.TLS(
            certificateChain: serving.certificateBytes, privateKey: serving.privateKeyBytes,
            clientCertificateAuthorities: authority.pair.certificateBytes)
    }
    func client(_ pair: KeyPair? = nil, http2: Bool = true) -> HTTPClient {
        HTTPClient(
            group: MultiThreadedEventLoopGroup.singleton,
            tls: .init(
                authorities: authority.pair.certificateBytes, certificateChain: pair?.certificateBytes,
                privateKey: pair?.privateKeyBytes),
            prefersHTTP2: http2)
    }
    static let echo: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
        let sent = request.peerCertificate != nil
        let text =
            "\(request.version) \(request.method.rawValue) \(request.path)|\(request.query)|\(request.body.readableBytes)|\(sent)"
        responder.respond(request.isBodyTooLarge ? 413 : 200, [("Content-Type", "text/plain")], .text(text))
    }

    @Test func bothVersionsOverTLS() async throws {
        try await withServer(tls: serverTLS, handler: Self.echo) { port, _ in
            let two = client()
            for i in 0..<20 {
                let answer = try await two.send(.init(.GET, "https://127.0.0.1:\(port)/x?i=\(i)"))
                #expect(answer.status == 200)
                #expect(String(buffer: answer.body) == "http2 GET /x|i=\(i)|0|false")
                #expect(answer.headers["content-type"] == "text/plain")
            }
            let one = client(http2: false)
            let answer = try await one.send(.init(.GET, "https://localhost:\(port)/x"))
            #expect(String(buffer: answer.body) == "http1 GET /x||0|false")
            two.shutdown()
            one.shutdown()
        }
    }

    @Test func clientCertificateReachesTheHandler() async throws {
        let now = WallClock.now
        // One that the server's authority did not sign is passed on all the same: refusing it is a matter of a 401.
        let stranger = try CertificateAuthority.make("elsewhere", now: now).issue(
            .init("eve"), usages: [.client], now: now)
        let friend = try authority.issue(.init("alice"), usages: [.client], now: now)
        try await withServer(tls: serverTLS, handler: Self.echo) { port, _ in
            for pair in [friend, stranger] {
                for http2 in [true, false] {
                    let client = client(pair, http2: http2)
                    let answer = try await client.send(.init(.GET, "https://127.0.0.1:\(port)/"))
                    #expect(String(buffer: answer.body).hasSuffix("|true"))
                    client.shutdown()
                }
            }
        }
    }

    @Test func strangersServerIsNotBelieved() async throws {
        let other = try CertificateAuthority.make("other", now: WallClock.now)
        try await withServer(tls: serverTLS, handler: Self.echo) { port, _ in
            let client = HTTPClient(
                group: MultiThreadedEventLoopGroup.singleton, tls: .init(authorities: other.pair.certificateBytes),
                prefersHTTP2: true)
            await #expect(throws: HTTPClientError.self) {
                _ = try await client.send(.init(.GET, "https://127.0.0.1:\(port)/"))
            }
            client.shutdown()
        }
    }

    @Test func manyRequestsShareOneConnection() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            let path = String(request.path)
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(5)) {
                responder.respond(200, [], .text(path))
            }
        }
        try await withServer(tls: serverTLS, handler: handler) { port, server in
            let client = client()
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for i in 0..<200 {
                    group.addTask {
                        (i, String(buffer: try await client.send(.init(.GET, "https://127.0.0.1:\(port)/\(i)")).body))
                    }
                }
                var out: [Int: String] = [:]
                for try await (i, text) in group { out[i] = text }
                return out
            }
            #expect((0..<200).allSatisfy { answers[$0] == "/\($0)" })
            #expect(server.connectionCount <= 4)
            client.shutdown()
        }
    }

    @Test func bodiesOfAllSizes() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            if request.isBodyTooLarge { return responder.respond(413, [], .text("too large")) }
            // Back in pieces, small and large.
            var body = request.body
            var pieces: [ByteBuffer] = []
            var size = 1
            while body.readableBytes > 0 {
                if let piece = body.readSlice(length: min(size, body.readableBytes)) { pieces.append(piece) }
                size = size * 3 % 40_001
            }
            responder.respond(200, [], .buffers(pieces))
        }
        try await withServer(tls: serverTLS, handler: handler) { port, _ in
            for http2 in [true, false] {
                let client = client(http2: http2)
                for count in [0, 1, 16_383, 16_384, 65_536, 300_000, 3 * 1024 * 1024] {
                    let body = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
                    let answer = try await client.send(.init(.POST, "https://127.0.0.1:\(port)/", body: body))
                    #expect(answer.status == 200 && answer.body == body, "\(count) bytes")
                    #expect(answer.headers["content-length"] == String(count))
                }
                let long = ByteBuffer(repeating: 65, count: 3 * 1024 * 1024 + 1)
                let answer = try await client.send(.init(.POST, "https://127.0.0.1:\(port)/", body: long))
                #expect(answer.status == 413)
                // An HTTP/2 connection lives on.
                let next = try await client.send(
                    .init(.POST, "https://127.0.0.1:\(port)/", body: ByteBuffer(string: "x")))
                #expect(next.status == 200)
                client.shutdown()
            }
        }
    }

    /// Collects a stream's pieces.
    final class Receiver: HTTPAnswerReceiver {
        let state = Mutex<(status: Int, text: String, ended: Bool, failed: Bool)>((0, "", false, false))
        var text: String { state.withLock { $0.text } }
        var hasEnded: Bool { state.withLock { $0.ended } }
        var hasFailed: Bool { state.withLock { $0.failed } }
        func head(_ status: Int, _ headers: EdgeHeaders) { state.withLock { $0.status = status } }
        func piece(_ bytes: ByteBuffer) { state.withLock { $0.text += String(buffer: bytes) } }
        func end(_ error: (any Error)?) {
            state.withLock {
                $0.ended = true
                $0.failed = error != nil
            }
        }
    }

    @Test func streamsAndTheirEnds() async throws {
        let responders = Mutex<[EdgeResponder]>([])
        let closed = Mutex(0)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.startStream(200, [])
            responder.write(ByteBuffer(string: "a"))
            responder.onClose { closed.withLock { $0 += 1 } }
            responders.withLock { $0.append(responder) }
        }
        try await withServer(tls: serverTLS, handler: handler) { port, server in
            let client = client()
            let first = Receiver()
            let second = Receiver()
            _ = client.stream(.init(.GET, "https://127.0.0.1:\(port)/1"), first)
            let came = try await eventually { first.text == "a" }
            #expect(came)
            let exchange = client.stream(.init(.GET, "https://127.0.0.1:\(port)/2"), second)
            #expect(try await eventually { second.text == "a" })
            let open = responders.withLock { $0 }
            for responder in open { responder.write([ByteBuffer(string: "b"), ByteBuffer(string: "c")]) }
            #expect(try await eventually { first.text == "abc" && second.text == "abc" })
            exchange.cancel()
            #expect(try await eventually { closed.withLock { $0 } == 1 })
            open[0].end()
            #expect(try await eventually { first.hasEnded && !first.hasFailed })
            #expect(server.connectionCount == 1)
            let third = Receiver()
            _ = client.stream(.init(.GET, "https://127.0.0.1:\(port)/3"), third)
            #expect(try await eventually { third.text == "a" })
            let newest = responders.withLock { $0[2] }
            newest.abort()
            #expect(try await eventually { third.hasFailed })
            #expect(closed.withLock { $0 } == 2)
            client.shutdown()
        }
    }

    @Test func shutdownLetsStreamsFinish() async throws {
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { _, responder in
            responder.eventLoop.scheduleTask(in: .milliseconds(150)) { responder.respond(200, [], .text("late")) }
        }
        let server = try await EdgeServer.start(
            .init(addresses: [("127.0.0.1", 0)], tls: serverTLS), group: MultiThreadedEventLoopGroup.singleton,
            handler: ClosureHandler(body: handler))
        let client = client()
        let port = server.ports[0]
        async let answer = client.send(.init(.GET, "https://127.0.0.1:\(port)/"))
        try await Task.sleep(for: .milliseconds(80))
        await server.shutdown(grace: .seconds(5))
        let late = try await answer
        #expect(String(buffer: late.body) == "late")
        #expect(try await eventually { server.connectionCount == 0 })
        client.shutdown()
    }

    @Test func slowStreamIsBoundedAndOthersGoOn() async throws {
        let seen = Mutex<EdgeResponder?>(nil)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            guard request.path == "/slow" else { return responder.respond(200, [], .text("quick")) }
            responder.startStream(200, [])
            seen.withLock { $0 = responder }
        }
        // HTTP/2 in plain text, spoken by hand: a client that opens a stream and never raises its window.
        try await withServer(handler: handler) { port, _ in
            let raw = try await RawClient.connect(port)
            let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
            // HEADERS, END_STREAM | END_HEADERS, stream 1: :method GET, :scheme http, :path /slow (literal), :authority x
            let path = Array("/slow".utf8)
            let block: [UInt8] = [0x82, 0x86, 0x04, UInt8(path.count)] + path + [0x01, 0x01, UInt8(ascii: "x")]
            let headers: [UInt8] = [0, 0, UInt8(block.count), 1, 5, 0, 0, 0, 1] + block
            try await raw.send(bytes: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings + headers)
            #expect(try await eventually { seen.withLock { $0 } != nil })
            let responder = try #require(seen.withLock { $0 })
            var writes = 0
            while responder.isWritable, writes < 1000 {
                responder.write(ByteBuffer(repeating: 65, count: 10_000))
                writes += 1
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(writes < 60)
            #expect(responder.pendingBytes >= 256 * 1024)
            raw.close()
            #expect(try await eventually { responder.isClosed && responder.pendingBytes == 0 })
        }
    }
}
