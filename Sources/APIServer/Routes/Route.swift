import Document
import Engine
import HTTPEdge
import Identity
import Records
import Requests
import Schema

/// Which code answers which request.
extension APIServer {
    static let notAllowed = APIError(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource",
        showsEmptyDetails: true)
    static let noSuchResource = APIError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource",
        showsEmptyDetails: true)

    /// Answers (or starts to answer) a request that may be made, from that snapshot.
    func route(_ exchange: Exchange, _ snapshot: Snapshot, now: Timestamp) throws(APIError) {
        let info = exchange.info
        if exchange.past == nil, shown == nil, !snapshot.aggregated.isEmpty,
            let service = snapshot.aggregated.service(for: info.path)
        {
            passOn(exchange, to: service)
            return
        }
        guard info.isResourceRequest else {
            try routePath(exchange, snapshot)
            return
        }
        if !info.isConnect, info.hasEmptyPart {
            notFound(exchange)
            return
        }
        guard let type = snapshot.catalog.resource(apiVersion: info.apiVersion, info.resource) else {
            if try routeUsage(exchange, snapshot) { return }
            if snapshot.catalog.serves(apiVersion: info.apiVersion) {
                throw Self.noSuchResource
            }
            note(exchange, code: 404)
            exchange.answer(404, text: "404 page not found\n")
            return
        }
        guard ResourcePath.exists(info, of: type) else { throw Self.noSuchResource }
        exchange.isCounted = true
        if info.method == "HEAD", !info.isConnect { throw Self.notAllowed }
        if info.subresource.isEmpty {
            try routeObject(exchange, type, snapshot, now)
        } else {
            try routeSubresource(exchange, type, snapshot, now)
        }
    }

    private func routeObject(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot, _ now: Timestamp)
        throws(APIError)
    {
        let info = exchange.info
        if try review(exchange, type, snapshot) { return }
        guard type.verbs.contains(info.verb), ResourcePath.allows(info, of: type) else { throw Self.notAllowed }
        warn(exchange, of: type, snapshot)
        switch info.verb {
        case "get":
            if try getExact(exchange, type, snapshot, now: now) { return }
            try get(exchange, type, snapshot, now: now)
        case "list": try list(exchange, type, snapshot, now: now)
        case "watch":
            try watch(exchange, type, snapshot)
            note(exchange, code: 200)
        case "create": try write(exchange, type, .create)
        case "update": try write(exchange, type, .update)
        case "patch": try write(exchange, type, .patch)
        case "delete": try write(exchange, type, .delete)
        case "deletecollection": try write(exchange, type, .deletecollection)
        default: throw Self.notAllowed
        }
    }

    private func warn(_ exchange: Exchange, of type: ResourceType, _ snapshot: Snapshot) {
        if let warning = DeprecationWarning.text(type, state: snapshot.state) { exchange.warnings.append(warning) }
    }

    private func routeSubresource(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot, _ now: Timestamp)
        throws(APIError)
    {
        let info = exchange.info
        guard let subresource = type.subresource(info.subresource) else {
            throw Self.noSuchResource
        }
        guard subresource.verbs.contains(info.verb) || (info.isConnect && !info.verb.isEmpty) else {
            throw Self.notAllowed
        }
        warn(exchange, of: type, snapshot)
        switch (type.resource, info.subresource) {
        case ("serviceaccounts", "token"): try createToken(exchange, type, snapshot)
        case ("pods", "log"): try podLog(exchange, snapshot)
        case ("pods", "exec"), ("pods", "attach"), ("pods", "portforward"): podStream(exchange, type)
        case ("pods", "proxy"), ("services", "proxy"), ("nodes", "proxy"):
            try proxy(exchange, type, snapshot)
        default:
            switch info.verb {
            case "get":
                if try getExact(exchange, type, snapshot, now: now) { return }
                try get(exchange, type, snapshot, now: now)
            case "create": try write(exchange, type, .create)
            case "update": try write(exchange, type, .update)
            case "patch": try write(exchange, type, .patch)
            default: throw Self.notAllowed
            }
        }
    }

    /// Paths that name no resource: health, version, discovery, OpenAPI, metrics, Reckon's own.
    private func routePath(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let path = exchange.info.path
        let method = exchange.info.method
        if exchange.info.hasEmptyPart {
            notFound(exchange)
            return
        }
        if path.hasPrefix("/reckon/v1/") { return try reckonAPI(exchange, snapshot) }
        guard method == "GET" || method == "HEAD" else { throw Self.notAllowed }
        if let health = HealthPaths.answer(path: path, query: exchange.info.query, failing: failingChecks(snapshot)) {
            exchange.isCounted = true
            note(exchange, code: health.code)
            exchange.answer(health.code, text: health.text)
            return
        }
        switch path {
        case "/metrics", "/metrics/slis":
            exchange.isCounted = true
            finish(exchange) {
                $0.answer(
                    200, text: path == "/metrics" ? metricsText() : sliText(snapshot),
                    contentType: "text/plain; version=0.0.4; charset=utf-8")
            }
            return
        case "/debug/api_priority_and_fairness/dump_priority_levels",
            "/debug/api_priority_and_fairness/dump_queues":
            finish(exchange) { $0.answer(200, text: fairnessDump(path)) }
            return
        default: break
        }
        guard method == "GET" || method == "HEAD" else { throw Self.notAllowed }
        switch path {
        case "/version", "/version/":
            exchange.isCounted = true
            finish(exchange) { $0.answer(200, version.document.encoded()) }
        case "/.well-known/openid-configuration":
            exchange.cacheControl = "public, max-age=3600"
            finish(exchange) {
                $0.answer(
                    200,
                    OpenIDDocuments.configuration(
                        issuer: tokens.issuer, jwksURI: "https://\(serverAddress(exchange))/openid/v1/jwks",
                        keys: tokens.verifyingKeys))
            }
        case "/openid/v1/jwks":
            exchange.cacheControl = "public, max-age=3600"
            finish(exchange) {
                $0.answer(200, OpenIDDocuments.keySet(tokens.verifyingKeys), contentType: "application/jwk-set+json")
            }
        default:
            if try served(exchange, snapshot) { return }
            notFound(exchange)
        }
    }

    private func notFound(_ exchange: Exchange) {
        note(exchange, code: 404)
        exchange.answer(404, text: "404 page not found\n")
    }

    private func serverAddress(_ exchange: Exchange) -> String {
        exchange.request.headers["host"] ?? exchange.request.connection.localAddress
    }

    /// Discovery and OpenAPI; false when the path is neither.
    private func served(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) -> Bool {
        let answer = try Discovery.answer(
            path: exchange.info.path, accept: exchange.request.headers["accept"] ?? "",
            ifNoneMatch: exchange.request.headers["if-none-match"] ?? "", userAgent: exchange.userAgent,
            query: exchange.info.query,
            catalog: servesUsage(exchange, snapshot) ? usageCatalogs.adding(to: snapshot.catalog) : snapshot.catalog,
            merged: merged(exchange, snapshot), serverAddress: serverAddress(exchange))
        guard let answer else { return try openAPI(exchange, snapshot) }
        note(exchange, code: answer.code)
        var more: [(String, String)] = []
        if !answer.etag.isEmpty { more.append(("etag", answer.etag)) }
        if answer.variesByAccept { more.append(("vary", "Accept")) }
        exchange.answer(answer.code, answer.body, contentType: answer.contentType, more: more)
        return true
    }

    /// The others' part of discovery. Of the past only their names are known.
    private func merged(_ exchange: Exchange, _ snapshot: Snapshot) -> MergedDiscovery {
        // What a shown log has of an aggregated group is in its own catalog.
        if shown != nil || snapshot.aggregated.isEmpty { return .none }
        return MergedDiscovery(
            services: snapshot.aggregated, resources: exchange.past == nil ? availability.discovered : [:])
    }

    private func openAPI(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) -> Bool {
        let path = exchange.info.path
        guard path == "/openapi/v2" || path == "/openapi/v3" || path.hasPrefix("/openapi/v3/") else { return false }
        let headers = exchange.request.headers
        let (accept, known) = (headers["accept"] ?? "", headers["if-none-match"] ?? "")
        let isNow = exchange.past == nil && !snapshot.aggregated.isEmpty
        let documents = openAPIDocuments.documents(
            for: snapshot, version: version.gitVersion, others: isNow ? availability.documents.all : (.none, 0))
        let answer =
            path == "/openapi/v2"
            ? try OpenAPIAnswer.v2(documents.v2, accept: accept, ifNoneMatch: known)
            : OpenAPIAnswer.v3(
                documents.v3, path: path, query: exchange.info.query, accept: accept, ifNoneMatch: known)
        guard let answer else {
            guard isNow, let service = availability.documents.owner(of: String(path.dropFirst("/openapi/v3/".count)))
            else { return false }
            passOn(exchange, to: service)
            return true
        }
        note(exchange, code: answer.code)
        var more = [("vary", "Accept")]
        if !answer.etag.isEmpty { more.append(("etag", answer.etag)) }
        if !answer.location.isEmpty { more.append(("location", answer.location)) }
        if answer.isImmutable {
            exchange.cacheControl = "public, immutable"
            more.append(
                ("expires", HTTPDate.text(Int(engine.now.adding(seconds: 365 * 86_400).microseconds / 1_000_000))))
        }
        exchange.answer(answer.code, answer.body, contentType: answer.contentType, more: more)
        return true
    }

    private func finish(_ exchange: Exchange, _ answer: (Exchange) -> Void) {
        note(exchange, code: 200)
        answer(exchange)
    }
}
