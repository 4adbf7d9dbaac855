import ClusterState
import Document
import Engine
import HTTPEdge
import Records
import Requests
import Schema

/// `/fork/NAME/…`: the whole API of a fork. The server says who asks; what he may do there, the fork's own rules say.
extension APIServer {
    /// Answers a request for a fork; false when it is for none.
    func handleFork(_ request: EdgeRequest, _ responder: EdgeResponder, _ auditID: String) -> Bool {
        guard request.uri.utf8.starts(with: "/fork/".utf8) else { return false }
        let rest = request.uri.dropFirst(6)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let name = String(rest[..<end])
        let tail = rest[end...]
        let target = tail.isEmpty ? "/" : (tail.first == "?" ? "/" + tail : String(tail))
        let info = RequestInfo(method: request.method.rawValue, target: request.uri)
        let exchange = Exchange(request, responder, info: info, past: nil, auditID: auditID)
        guard identify(exchange) else { return true }
        let inside = EdgeRequest(
            method: request.method, uri: target, headers: request.headers, body: request.body,
            isBodyTooLarge: request.isBodyTooLarge, connection: request.connection, upgrade: request.upgrade,
            stream: request.stream)
        let identity = exchange.authentication
        if let server = forks?.running(name) {
            server.serve(inside, responder, identity, auditID)
            return true
        }
        forkStarts.run { [self] in
            do throws(APIError) {
                guard let forks, forks.facts(name) != nil else { throw Self.noFork(name) }
                try forks.open(name).serve(inside, responder, identity, auditID)
            } catch {
                fail(exchange, error)
            }
        }
        return true
    }

    static func noFork(_ name: String) -> APIError {
        APIError(
            code: 404, reason: "NotFound",
            message: "there is no fork \"\(name)\": make one with reckon fork --at WHEN --name \(name)")
    }
}
