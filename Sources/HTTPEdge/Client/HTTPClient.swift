public import NIOCore
public import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A client for other servers: webhooks, a container runtime's streaming server, another API server. Connections are kept and used again.
///
/// Everything is promise-based; `async` forms are for callers off the hot path.
public final class HTTPClient: Sendable {
    /// Whom to trust, and who to be.
    public struct TLS: Sendable {
        /// PEM; nil trusts the system's authorities.
        public var authorities: [UInt8]?
        /// PEM: this side's certificate chain and key, shown when the server asks.
        public var certificateChain: [UInt8]?
        public var privateKey: [UInt8]?
        /// The name the server's certificate must carry; nil takes the URL's host.
        public var serverName: String?
        /// Believes any server. For tests.
        public var trustsAnyone = false
        public init(
            authorities: [UInt8]? = nil, certificateChain: [UInt8]? = nil, privateKey: [UInt8]? = nil,
            serverName: String? = nil,
            trustsAnyone: Bool = false
        ) {
            self.authorities = authorities
            self.certificateChain = certificateChain
            self.privateKey = privateKey
            self.serverName = serverName
            self.trustsAnyone = trustsAnyone
        }
    }
    public struct Request: Sendable {
        public var method: HTTPMethod
        /// `https://127.0.0.1:6443/api?x=y`, or with http.
        public var url: String
        public var headers: [(String, String)]
        public var body: ByteBuffer
        /// A body that still arrives, in the place of `body`.
        public var stream: EdgeRequestStream?
        /// Until the whole answer is there; for a stream, until its head is.
        public var timeout: TimeAmount
        public init(
            _ method: HTTPMethod = .GET, _ url: String, headers: [(String, String)] = [],
            body: ByteBuffer = ByteBuffer(), stream: EdgeRequestStream? = nil,
            timeout: TimeAmount = .seconds(30)
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.stream = stream
            self.timeout = timeout
        }
    }
    public struct Response: Sendable {
        public let status: Int
        public let headers: EdgeHeaders
        public let body: ByteBuffer
        public init(status: Int, headers: EdgeHeaders, body: ByteBuffer) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    let group: any EventLoopGroup
    let answerBytesMax: Int
    private let tls: TLS
    private let contexts = Mutex<[Bool: NIOSSLContext]>([:])
    private let idle = Mutex<[Origin: [HTTP1ClientConnection]]>([:])
    private let shared = Mutex<[Origin: HTTP2ClientConnection]>([:])
    private let connecting = Mutex<[Origin: EventLoopFuture<ClientConnection>]>([:])
    private let prefersHTTP2: Bool

    /// `prefersHTTP2` offers HTTP/2 to TLS servers; one connection then carries all requests to an origin.
    public init(
        group: any EventLoopGroup, tls: TLS = TLS(), prefersHTTP2: Bool = false, answerBytesMax: Int = 64 * 1024 * 1024
    ) {
        self.group = group
        self.tls = tls
        self.prefersHTTP2 = prefersHTTP2
        self.answerBytesMax = answerBytesMax
    }

    /// Closes the kept connections.
    public func shutdown() {
        let all = idle.withLock { table in
            defer { table = [:] }
            return table.values.flatMap { $0 }
        }
        for connection in all { connection.close() }
        let h2 = shared.withLock { table in
            defer { table = [:] }
            return Array(table.values)
        }
        for connection in h2 { connection.close() }
    }

    // MARK: Requests

    /// Sends and collects the whole answer.
    public func send(_ request: Request) -> EventLoopFuture<Response> {
        let loop = group.next()
        let promise = loop.makePromise(of: Response.self)
        let collector = AnswerCollector(promise: promise, bytesMax: answerBytesMax)
        start(request, loop: loop, collector)
        return promise.futureResult
    }
    public func send(_ request: Request) async throws -> Response { try await send(request).get() }

    /// Sends and delivers the answer as it comes: a watch, a log.
    @discardableResult
    public func stream(_ request: Request, _ receiver: any HTTPAnswerReceiver) -> HTTPExchange {
        start(request, loop: group.next(), receiver)
    }

    /// Opens a WebSocket; fails with `HTTPClientError.refused` when the server answers something else.
    public func webSocket(
        _ url: String, subprotocols: [String] = [], headers: [(String, String)] = [], timeout: TimeAmount = .seconds(30)
    ) -> EventLoopFuture<WebSocketStream> {
        let key = Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255) })
        var all =
            headers + [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", key),
            ]
        if !subprotocols.isEmpty { all.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))) }
        let max = answerBytesMax
        return upgrade(Request(.GET, url, headers: all, timeout: timeout)) { connection, answer in
            guard answer.headers["sec-websocket-accept"] == WebSocketHandshake.accept(key) else {
                throw HTTPClientError.malformedAnswer("the server's Sec-WebSocket-Accept does not fit the key")
            }
            let stream = WebSocketStream(
                channel: connection.channel, subprotocol: answer.headers["sec-websocket-protocol"], isClient: true)
            try WebSocketHandler.add(
                to: connection.channel.pipeline.syncOperations, stream: stream, messageBytesMax: max)
            return stream
        }
    }

    /// Asks to switch to another protocol (`SPDY/3.1`) and hands over the raw bytes.
    public func upgrade(
        _ url: String, proto: String, method: HTTPMethod = .POST, headers: [(String, String)] = [],
        timeout: TimeAmount = .seconds(30)
    ) -> EventLoopFuture<(stream: RawStream, headers: EdgeHeaders)> {
        let all = headers + [("Connection", "Upgrade"), ("Upgrade", proto)]
        return upgrade(Request(method, url, headers: all, timeout: timeout)) { connection, answer in
            let stream = RawStream(channel: connection.channel)
            try connection.channel.pipeline.syncOperations.addHandler(RawStreamHandler(stream))
            return (stream, answer.headers)
        }
    }

    private func upgrade<Stream: Sendable>(
        _ request: Request, _ make: @escaping @Sendable (HTTP1ClientConnection, Response) throws -> Stream
    ) -> EventLoopFuture<Stream> {
        let loop = group.next()
        let promise = loop.makePromise(of: Stream.self)
        do {
            let target = try ClientURL(request.url)
            connect(target, loop: loop, http2: false).whenComplete { result in
                switch result {
                case .failure(let error): promise.fail(error)
                case .success(.http2):
                    promise.fail(HTTPClientError.malformedAnswer("the server chose HTTP/2, which cannot be upgraded"))
                case .success(.http1(let connection)):
                    connection.upgrade(request, target) { result in
                        promise.completeWith(Result { try make(connection, try result.get()) })
                    }
                }
            }
        } catch { promise.fail(error) }
        return promise.futureResult
    }

    @discardableResult
    private func start(_ request: Request, loop: any EventLoop, _ receiver: any HTTPAnswerReceiver) -> HTTPExchange {
        let exchange = HTTPExchange(receiver: receiver)
        do {
            let target = try ClientURL(request.url)
            if let kept = takeIdle(target.origin) {
                kept.start(request, target, exchange) { connection in self.keep(connection, target.origin) }
                return exchange
            }
            if let open = shared.withLock({ $0[target.origin] }), open.isUsable {
                open.start(request, target, exchange)
                return exchange
            }
            connection(to: target, loop: loop).whenComplete { result in
                switch result {
                case .failure(let error): exchange.fail(error)
                case .success(.http1(let connection)):
                    connection.start(request, target, exchange) { connection in self.keep(connection, target.origin) }
                case .success(.http2(let connection)):
                    connection.start(request, target, exchange)
                }
            }
        } catch { exchange.fail(error) }
        return exchange
    }

    // MARK: Connections

    private func takeIdle(_ origin: Origin) -> HTTP1ClientConnection? {
        idle.withLock { table in
            while var kept = table[origin], let last = kept.popLast() {
                table[origin] = kept
                if last.isUsable { return last }
            }
            return nil
        }
    }
    private func keep(_ connection: HTTP1ClientConnection, _ origin: Origin) {
        let isKept = idle.withLock { table in
            guard table[origin, default: []].count < 16 else { return false }
            table[origin, default: []].removeAll { !$0.isUsable }
            table[origin, default: []].append(connection)
            return true
        }
        if !isKept { connection.close() }
    }

    /// A connection for a plain request: requests that want HTTP/2 at the same moment share one attempt.
    private func connection(to target: ClientURL, loop: any EventLoop) -> EventLoopFuture<ClientConnection> {
        guard prefersHTTP2, target.isTLS else { return connect(target, loop: loop, http2: false) }
        let origin = target.origin
        let promise = loop.makePromise(of: ClientConnection.self)
        let running = connecting.withLock { table -> EventLoopFuture<ClientConnection>? in
            if let running = table[origin] { return running }
            table[origin] = promise.futureResult
            return nil
        }
        if let running {
            promise.fail(ChannelError.alreadyClosed)
            return running.flatMap { found in
                if case .http2 = found { return running }
                return self.connect(target, loop: loop, http2: false)
            }
        }
        connect(target, loop: loop, http2: true).whenComplete { result in
            if case .success(.http2(let connection)) = result { self.shared.withLock { $0[origin] = connection } }
            _ = self.connecting.withLock { $0.removeValue(forKey: origin) }
            promise.completeWith(result)
        }
        return promise.futureResult
    }

    private func connect(_ target: ClientURL, loop: any EventLoop, http2: Bool) -> EventLoopFuture<ClientConnection> {
        let ready = loop.makePromise(of: ClientConnection.self)
        let max = answerBytesMax
        do {
            let context = target.isTLS ? try sslContext(http2: http2) : nil
            // Without a name the certificate is checked against the address.
            let name = tls.serverName ?? (target.isAddress ? nil : target.host)
            ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let context {
                            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        }
                        try pipeline.addHandler(
                            ClientProtocolSelector(isTLS: context != nil, answerBytesMax: max, ready: ready))
                    }
                }
                .connect(host: target.host, port: target.port)
                .whenFailure {
                    ready.fail(HTTPClientError.connect("\(target.host):\(target.port)", String(describing: $0)))
                }
        } catch { ready.fail(error) }
        return ready.futureResult
    }

    private func sslContext(http2: Bool) throws -> NIOSSLContext {
        try contexts.withLock { kept in
            if let context = kept[http2] { return context }
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let authorities = tls.authorities {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            }
            if let chain = tls.certificateChain, let key = tls.privateKey {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
            }
            if tls.trustsAnyone { configuration.certificateVerification = .none }
            configuration.applicationProtocols = http2 ? ["h2", "http/1.1"] : ["http/1.1"]
            let made = try NIOSSLContext(configuration: configuration)
            kept[http2] = made
            return made
        }
    }
}
