import Document
import Engine
public import HTTPEdge
import NIOCore
import Records
import Requests
import Schema

/// Clients for what requests are proxied to.
public struct ProxyClients: Sendable {
    /// Plain text, and TLS that believes any server: pods and services.
    let open: HTTPClient
    /// TLS as the API server, to kubelets that the cluster's authority vouches for.
    let kubelet: HTTPClient
    public init(open: HTTPClient, kubelet: HTTPClient) {
        self.open = open
        self.kubelet = kubelet
    }

    func client(_ transport: ProxyTarget.Transport) -> HTTPClient { transport == .kubelet ? kubelet : open }
}

extension APIServer {
    /// Sends the request on to what its path names.
    func proxy(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot) throws(APIError) {
        guard let clients = nodes.proxies else {
            let why = isFork ? ForkSilence.words : "it was started without a proxy"
            throw ProxyTarget.unavailable("this server has no way to \(type.resource): \(why)")
        }
        let info = exchange.info
        let request = exchange.request
        if request.isBodyTooLarge { throw RequestBody.tooLarge(request) }
        let target = try ProxyTarget.find(
            type.resource, info.name, namespace: info.namespace, in: snapshot.state, turn: Int.random(in: 0..<Int.max))
        let (prefix, rest) = Self.splitProxyPath(request.path)
        if rest.isEmpty, request.upgrade == nil, info.isReadOnly {
            // Relative links of the target's first page would lose the last part of the path otherwise.
            let query = request.query.isEmpty ? "" : "?" + request.query
            note(exchange, code: 301)
            exchange.answer(301, [], contentType: "text/plain", more: [("location", prefix + "/" + query)])
            return
        }
        let path = (rest.isEmpty ? "/" : rest) + (request.query.isEmpty ? "" : "?" + request.query)
        let url = target.base + path
        let headers = ProxyHeaders.onward(
            request, forwardedURI: prefix + (rest.isEmpty ? "/" : rest), isUpgrade: request.upgrade != nil)
        let client = clients.client(target.transport)
        if let offer = request.upgrade {
            proxyUpgrade(exchange, client, url, offer, headers)
            return
        }
        let relay = ProxyRelay(exchange, self, prefix: prefix, target: target)
        let sent = client.stream(
            .init(
                request.method, url, headers: headers, body: request.body, stream: request.stream,
                timeout: TimeAmount.hours(1)), relay)
        exchange.responder.onClose { sent.cancel() }
        relay.sent = sent
    }

    /// `/api/v1/namespaces/a/pods/b/proxy/c/d` → what stands before the target's own path, and that.
    static func splitProxyPath(_ path: Substring) -> (prefix: String, rest: String) {
        // The first `/proxy` part after namespace, resource and name: names cannot hold a slash.
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        var at = parts.startIndex
        var seen = 0
        while at < parts.endIndex {
            if !parts[at].isEmpty { seen += 1 }
            if parts[at] == "proxy", seen >= 5 {
                let prefix = parts[...at].joined(separator: "/")
                let rest = parts[(at + 1)...]
                return (prefix, rest.isEmpty ? "" : "/" + rest.joined(separator: "/"))
            }
            at += 1
        }
        return (String(path), "")
    }

    private func proxyUpgrade(
        _ exchange: Exchange, _ client: HTTPClient, _ url: String, _ offer: UpgradeOffer, _ headers: [(String, String)]
    ) {
        let upgrade = client.upgrade(url, proto: offer.proto, method: exchange.request.method, headers: headers)
        upgrade.whenComplete { [self] result in
            switch result {
            case .success(let (inner, answer)):
                note(exchange, code: 101)
                exchange.count(101, isTimed: false)
                let kept = ProxyHeaders.back(answer)
                exchange.responder.acceptUpgrade(offer.proto, headers: kept) { outer in
                    guard let outer else { return inner.close() }
                    RawSplice.join(outer, inner)
                }
            case .failure(let error):
                if case .refused(let status, let body)? = error as? HTTPClientError {
                    note(exchange, code: status)
                    exchange.answer(status, Array(body.utf8), contentType: "text/plain; charset=utf-8")
                } else {
                    fail(exchange, ProxyTarget.unavailable("error trying to reach service: \(error)"))
                }
            }
        }
    }
}

/// Brings one answer back to the client. Called on the target connection's event loop.
private final class ProxyRelay: HTTPAnswerReceiver, @unchecked Sendable {
    private let exchange: Exchange
    private let server: APIServer
    private let prefix: String
    private let target: ProxyTarget
    var sent: HTTPExchange?
    private var status = 0
    private var headers: [(String, String)] = []
    /// Filled when the answer is small or must be rewritten as a whole.
    private var whole: [UInt8]?
    private var isPage = false

    init(_ exchange: Exchange, _ server: APIServer, prefix: String, target: ProxyTarget) {
        self.exchange = exchange
        self.server = server
        self.prefix = prefix
        self.target = target
    }

    private var targetHost: String {
        let host = target.host.contains(":") ? "[\(target.host)]" : target.host
        return "\(host):\(target.port)"
    }

    func head(_ status: Int, _ headers: EdgeHeaders) {
        self.status = status
        var out: [(String, String)] = []
        for (name, value) in ProxyHeaders.back(headers) {
            switch name {
            case "location":
                out.append((name, ProxyHeaders.rewritten(value, prefix: prefix, targetHost: targetHost)))
            case "audit-id": break
            default: out.append((name, value))
            }
        }
        out.append(("audit-id", exchange.auditID))
        if !out.contains(where: { $0.0 == "cache-control" }) { out.append(("cache-control", "no-cache, private")) }
        self.headers = out
        let length = headers["content-length"].flatMap { Int($0) }
        isPage =
            headers["content-type"]?.prefix { $0 != ";" }.lowercased() == "text/html"
            && (headers["content-encoding"] ?? "").isEmpty && headers["location"] == nil
        let isBodiless = status == 204 || status == 304 || exchange.request.method == .HEAD
        server.note(exchange, code: status)
        exchange.count(status)
        if isBodiless || (length ?? Int.max) <= Limits.proxyWholeBytesMax || isPage {
            whole = []
        } else {
            exchange.responder.startStream(status, out)
        }
    }

    func piece(_ bytes: ByteBuffer) {
        if whole != nil {
            whole?.append(contentsOf: bytes.readableBytesView)
            guard (whole?.count ?? 0) > Limits.proxyPageBytesMax, let held = whole else { return }
            // Too long to hold: it goes out as it is.
            whole = nil
            isPage = false
            exchange.responder.startStream(status, headers)
            exchange.responder.write(ByteBuffer(bytes: held))
            return
        }
        exchange.responder.write(bytes)
        if exchange.responder.pendingBytes > Limits.watchBacklogBytesMax {
            exchange.responder.abort()
            sent?.cancel()
        }
    }

    func end(_ error: (any Error)?) {
        sent = nil
        if let error {
            if status == 0 {
                if !exchange.responder.isClosed {
                    server.fail(exchange, ProxyTarget.unavailable("error trying to reach service: \(error)"))
                }
            } else {
                exchange.responder.abort()
            }
            return
        }
        guard let whole else { return exchange.responder.end() }
        let body = isPage ? ProxyHeaders.rewritten(html: whole, prefix: prefix, targetHost: targetHost) : whole
        exchange.responder.respond(status, headers, .bytes(body))
    }
}
