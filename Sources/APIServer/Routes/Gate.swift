import Access
import Document
import Engine
import HTTPEdge
import Identity
import Records
import Requests
import Schema

/// Who asks, and may they: the two questions before every route. A refusal is on the disk before it is answered.
extension APIServer {
    /// Who sent it; false when the request was refused (and will be answered).
    func identify(_ exchange: Exchange) -> Bool {
        let outcome = authenticator.authenticate(
            .init(
                peerCertificate: exchange.request.peerCertificate,
                authorization: exchange.request.headers["authorization"],
                subprotocols: exchange.request.upgrade?.subprotocols ?? [], remoteUser: remoteUser(exchange)),
            now: engine.now)
        exchange.authentication = outcome
        if outcome.authenticator.isEmpty {
            refuse(exchange, .unauthorized)
            return false
        }
        return true
    }

    /// Whom a proxy's headers name; looked for only beside a certificate.
    private func remoteUser(_ exchange: Exchange) -> UserInfo? {
        guard exchange.request.peerCertificate != nil, exchange.request.headers.hasName(startingWith: "x-remote-user")
        else { return nil }
        return RemoteUser.parse(exchange.request.headers.all)
    }

    /// Puts the impersonated user in the place of the real one, when the headers ask for it and the rules allow it.
    func impersonate(_ exchange: Exchange) -> Bool {
        guard exchange.request.headers.hasName(startingWith: "impersonate-") else { return true }
        let wish: Impersonation?
        do throws(IdentityError) {
            wish = try Impersonation.parse(exchange.request.headers.all)
        } catch {
            refuse(exchange, .internalError(error.description))
            return false
        }
        guard let wish else { return true }
        let real = exchange.authentication.user
        for check in wish.checks {
            let attributes = AccessAttributes(
                user: real, verb: "impersonate", group: check.group, version: "v1", resource: check.resource,
                subresource: check.subresource, namespace: check.namespace, name: check.name)
            let facts = allows(attributes)
            exchange.authorization = facts
            if facts.verdict != .allowed {
                refuse(exchange, attributes.forbidden(facts))
                return false
            }
        }
        exchange.authentication.impersonator = real
        exchange.authentication.user = wish.impersonated
        return true
    }

    func authorize(_ exchange: Exchange, _ attributes: AccessAttributes) -> Bool {
        let facts = allows(attributes)
        exchange.authorization = facts
        if facts.verdict == .allowed { return true }
        if Self.looksAtRightsItself(exchange.info, exchange.authentication.user) {
            exchange.authorization = AuthorizationFacts(
                verdict: .allowed, authorizer: "reckon", reason: "the answer holds only what the caller may read")
            return true
        }
        refuse(exchange, attributes.forbidden(facts))
        return false
    }

    func attributes(_ exchange: Exchange) -> AccessAttributes {
        let info = exchange.info
        let user = exchange.authentication.user
        guard info.isResourceRequest else {
            return AccessAttributes(user: user, verb: info.method.lowercased(), path: info.path)
        }
        // A connection to a container is a create, whichever method opens it; a proxied request is what its method says.
        return AccessAttributes(
            user: user,
            verb: info.isConnect && info.verb == "get" && info.subresource != "proxy" ? "create" : info.verb,
            group: info.group,
            version: info.version,
            resource: info.resource, subresource: info.subresource, namespace: info.namespace, name: info.name,
            fieldSelector: info.query["fieldSelector"] ?? "")
    }

    private func refuse(_ exchange: Exchange, _ error: APIError) {
        note(exchange, code: error.code, reason: error.reason) { exchange.answer(error) }
    }
}
