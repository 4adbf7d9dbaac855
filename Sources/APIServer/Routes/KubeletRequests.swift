import Access
import Admission
import Document
public import Engine
import Identity
import Records
import Requests
import Schema

/// Questions of kubelets about those who come to their own API.
extension APIServer: KubeletAccess {
    public func kubeletVerdict(
        peerCertificate: [UInt8]?, authorization: String?, verb: String, node: String, subresources: [String],
        path: String, source: String, userAgent: String
    ) -> KubeletVerdict {
        let authentication = authenticator.authenticate(
            .init(peerCertificate: peerCertificate, authorization: authorization), now: engine.now)
        var authorization = AuthorizationFacts.notAsked
        var verdict = KubeletVerdict.unknown
        // Anonymous requests end here, whatever roles say.
        if !authentication.authenticator.isEmpty, authentication.authenticator != "anonymous" {
            let user = authentication.user
            for subresource in subresources where verdict != .allowed {
                authorization = engine.authorize(
                    AccessAttributes(
                        user: user, verb: verb, version: "v1", resource: "nodes", subresource: subresource, name: node))
                if authorization.verdict == .allowed { verdict = .allowed }
            }
            if verdict != .allowed {
                let asked = subresources.joined(separator: " ")
                verdict = .forbidden(
                    "Forbidden (user=\(user.name), verb=\(verb), resource=nodes, subresource(s)=[\(asked)])\n")
            }
        }
        var random = RandomSequence(seed: UInt64.random(in: .min ... .max))
        let code =
            switch verdict {
            case .allowed: 200
            case .unknown: 401
            case .forbidden: 403
            }
        engine.note(
            AccessEntry(
                revision: engine.snapshot.revision,
                request: RequestFacts(
                    auditID: random.uuid(), verb: verb, path: "/api/v1/nodes/\(node)/kubelet\(path)",
                    userAgent: userAgent, source: source),
                authentication: authentication, authorization: authorization,
                outcome: Outcome(code: code, reason: code == 401 ? "Unauthorized" : code == 403 ? "Forbidden" : "")))
        return verdict
    }
}
