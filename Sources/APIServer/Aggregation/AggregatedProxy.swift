import Document
import Engine
import HTTPEdge
import Identity
import NIOCore
import NIOHTTP1
import Requests
import Schema
import Synchronization

/// Requests that another server answers: passed on with the word of this one about who asks.
extension APIServer {
    /// Passes the request on and its answer back, streams and upgrades included. It leaves one record, as every request does.
    func passOn(_ exchange: Exchange, to service: AggregatedService) {
        if isFork {
            let place = "service \(service.serviceNamespace)/\(service.serviceName)"
            return fail(
                exchange,
                APIError(
                    code: 503, reason: "ServiceUnavailable",
                    message:
                        "\(service.apiVersion) is served by \(place), and \(ForkSilence.words): ask the cluster itself"
                ))
        }
        guard service.isAvailable else { return refusePassing(exchange, "service unavailable") }
        let place: ServiceResolution.Place
        do throws(ServiceResolution.Failure) {
            let places = try ServiceResolution.places(
                service.serviceNamespace, service.serviceName, port: service.port, in: engine.state)
            place = places[Int.random(in: 0..<places.count)]
        } catch {
            logger.notice("APIService \(service.name): \(error.message)")
            return refusePassing(exchange, "service unavailable")
        }
        let request = exchange.request
        let url = "https://\(place.text)\(request.uri)"
        let client = clients.client(.init(service))
        let headers = Self.forwarded(exchange, host: "\(service.serverName):\(service.port)")
        if let offer = request.upgrade {
            join(exchange, client, url, offer, headers, place.text, service.serverName)
            return
        }
        let passed = HTTPClient.Request(
            request.method, url, headers: headers, body: request.body, stream: request.stream, timeout: .seconds(60))
        let passage = Passage(exchange, self, place: place.text, name: service.serverName)
        let running = client.stream(passed, passage)
        exchange.responder.onClose { running.cancel() }
    }

    /// What upstream says, as plain text, of a server that cannot be asked.
    func refusePassing(_ exchange: Exchange, _ text: String) {
        note(exchange, code: 503, reason: "ServiceUnavailable")
        exchange.answer(503, text: text + "\n")
    }

    /// Headers that end here: those of the connection, and those that only this server may send on.
    private static let dropped: Set<String> = [
        "authorization", "host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "content-length", "upgrade", "proxy-connection",
    ]

    private static func forwarded(_ exchange: Exchange, host: String) -> [(String, String)] {
        var out: [(String, String)] = [("Host", host)]
        exchange.request.headers.forEach { name, value in
            let lower = name.lowercased()
            if dropped.contains(lower) || lower.hasPrefix("x-remote-") || lower.hasPrefix("impersonate-") { return }
            out.append((name, value))
        }
        out += RemoteUser.headers(exchange.authentication.user)
        var source = exchange.request.remoteAddress
        if let colon = source.lastIndex(of: ":") { source = String(source[..<colon]) }
        out.append(("X-Forwarded-For", source))
        out.append(("Audit-Id", exchange.auditID))
        return out
    }

    /// A connection that both sides switch to another protocol: its bytes go through unread.
    private func join(
        _ exchange: Exchange, _ client: HTTPClient, _ url: String, _ offer: UpgradeOffer, _ headers: [(String, String)],
        _ place: String, _ name: String
    ) {
        client.upgrade(url, proto: offer.proto, method: exchange.request.method, headers: headers).whenComplete {
            [self] result in
            switch result {
            case .failure(HTTPClientError.refused(let status, let body)):
                note(exchange, code: status)
                exchange.answer(status, text: body)
            case .failure(let error):
                refusePassing(exchange, DialError.text(error, place: place, name: name))
            case .success(let (inner, answered)):
                note(exchange, code: 101)
                let kept = answered.all.filter { name, _ in
                    !["connection", "upgrade", "date", "transfer-encoding", "content-length"].contains(
                        name.lowercased())
                }
                exchange.responder.acceptUpgrade(offer.proto, headers: kept.map { ($0.name.lowercased(), $0.value) }) {
                    outer in
                    guard let outer else { return inner.close() }
                    outer.onBytes { inner.send($0) }
                    inner.onBytes { outer.send($0) }
                    outer.onClose { inner.close() }
                    inner.onClose { outer.close() }
                }
            }
        }
    }
}

extension OutsideClients.Trust {
    /// How an aggregated server is believed, and that it is shown the front proxy's certificate.
    init(_ service: AggregatedService) {
        self.init(
            authorities: service.authorities, serverName: service.serverName, trustsAnyone: service.trustsAnyone,
            isFrontProxy: true)
    }
}

/// One answer on its way through.
private final class Passage: HTTPAnswerReceiver, @unchecked Sendable {
    /// A client that leaves more than this unread is cut off.
    private static let backlogBytesMax = 64 << 20

    private let exchange: Exchange
    private let server: APIServer
    private let place: String
    private let name: String
    /// Called in order on one event loop.
    private var hasBegun = false

    init(_ exchange: Exchange, _ server: APIServer, place: String, name: String) {
        self.exchange = exchange
        self.server = server
        self.place = place
        self.name = name
    }

    private static let dropped: Set<String> = [
        "connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "date", "trailer", "audit-id",
    ]

    func head(_ status: Int, _ headers: EdgeHeaders) {
        hasBegun = true
        server.note(exchange, code: status)
        var kept = [("audit-id", exchange.auditID)]
        headers.forEach { name, value in
            let lower = name.lowercased()
            if !Self.dropped.contains(lower) { kept.append((lower, value)) }
        }
        for warning in exchange.warnings { kept.append(("warning", "299 - \"\(warning)\"")) }
        exchange.responder.startStream(status, kept)
    }

    func piece(_ bytes: ByteBuffer) {
        if exchange.responder.pendingBytes > Self.backlogBytesMax {
            exchange.responder.abort()
            return
        }
        exchange.responder.write(bytes)
    }

    func end(_ error: (any Error)?) {
        guard let error else { return exchange.responder.end() }
        if hasBegun { return exchange.responder.abort() }
        server.refusePassing(exchange, DialError.text(error, place: place, name: name))
    }
}
