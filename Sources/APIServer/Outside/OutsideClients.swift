import Document
import HTTPEdge
import NIOCore
import Synchronization

/// Connections to servers that this one calls, by whom they must prove to be and whom this side says it is.
final class OutsideClients: Sendable {
    struct Trust: Hashable, Sendable {
        /// PEM; nil trusts the system's authorities.
        var authorities: [UInt8]?
        /// The name in the server's certificate; nil takes the URL's host.
        var serverName: String?
        var trustsAnyone = false
        /// Whether this side shows the front proxy's certificate.
        var isFrontProxy = false
    }
    /// Connection pools that are kept; beyond, the oldest is closed.
    private static let poolsMax = 256

    private struct Kept {
        var clients: [Trust: HTTPClient] = [:]
        var order: [Trust] = []
    }
    private let group: any EventLoopGroup
    private let frontProxy: (chain: [UInt8], key: [UInt8])?
    private let kept = Mutex(Kept())

    /// `frontProxy`: PEM of the certificate, and its key, that aggregated servers know this one by.
    init(group: any EventLoopGroup, frontProxy: (chain: [UInt8], key: [UInt8])?) {
        self.group = group
        self.frontProxy = frontProxy
    }

    func client(_ trust: Trust) -> HTTPClient {
        var old: HTTPClient?
        let client = kept.withLock { kept in
            if let client = kept.clients[trust] { return client }
            var tls = HTTPClient.TLS(
                authorities: trust.authorities, serverName: trust.serverName, trustsAnyone: trust.trustsAnyone)
            if trust.isFrontProxy, let frontProxy {
                tls.certificateChain = frontProxy.chain
                tls.privateKey = frontProxy.key
            }
            let made = HTTPClient(group: group, tls: tls)
            kept.clients[trust] = made
            kept.order.append(trust)
            if kept.order.count > Self.poolsMax { old = kept.clients.removeValue(forKey: kept.order.removeFirst()) }
            return made
        }
        old?.shutdown()
        return client
    }

    func shutdown() {
        let all = kept.withLock { kept in
            defer { kept = Kept() }
            return Array(kept.clients.values)
        }
        for client in all { client.shutdown() }
    }

    var eventLoop: any EventLoop { group.next() }
}

/// Collects one answer, or gives up at a moment: from connecting to the last byte.
final class TimedAnswer: HTTPAnswerReceiver, @unchecked Sendable {
    enum Failure: Error { case tooLate, tooLong }
    /// Bytes of an answer at most.
    private static let bytesMax = 16 << 20

    private struct State {
        var done: (@Sendable (Result<HTTPClient.Response, any Error>) -> Void)?
        var status = 0
        var headers = EdgeHeaders([])
        var body = ByteBuffer()
    }
    private let state: Mutex<State>

    private init(_ done: @escaping @Sendable (Result<HTTPClient.Response, any Error>) -> Void) {
        state = Mutex(State(done: done))
    }

    /// Sends; `done` is called once, within the time.
    static func send(
        _ request: HTTPClient.Request, by client: HTTPClient, within time: TimeAmount, on loop: any EventLoop,
        _ done: @escaping @Sendable (Result<HTTPClient.Response, any Error>) -> Void
    ) {
        let answer = TimedAnswer(done)
        let exchange = client.stream(request, answer)
        loop.scheduleTask(in: time) {
            if answer.finish(.failure(Failure.tooLate)) { exchange.cancel() }
        }
    }

    func head(_ status: Int, _ headers: EdgeHeaders) {
        state.withLock {
            $0.status = status
            $0.headers = headers
        }
    }
    func piece(_ bytes: ByteBuffer) {
        let isTooLong = state.withLock { state in
            guard state.body.readableBytes + bytes.readableBytes <= Self.bytesMax else { return true }
            state.body.writeImmutableBuffer(bytes)
            return false
        }
        if isTooLong { finish(.failure(Failure.tooLong)) }
    }
    func end(_ error: (any Error)?) {
        if let error {
            finish(.failure(error))
        } else {
            finish(
                .success(
                    state.withLock { HTTPClient.Response(status: $0.status, headers: $0.headers, body: $0.body) }))
        }
    }

    /// False when it was over already.
    @discardableResult
    private func finish(_ result: Result<HTTPClient.Response, any Error>) -> Bool {
        let done = state.withLock { state in
            defer { state.done = nil }
            return state.done
        }
        done?(result)
        return done != nil
    }
}
