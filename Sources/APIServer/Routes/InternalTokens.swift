import Access
import Admission
import ClusterState
public import Document
public import Engine
import Identity
import Records
import Requests
public import Schema

/// Tokens for kubelets of this process: a pod's, bound to it.
extension APIServer: TokenSource {
    public func token(
        namespace: String, serviceAccount: String, request: JSON, as identity: LoopIdentity
    ) -> Result<JSON, APIError> {
        let attributes = AccessAttributes(
            user: identity.user, verb: "create", group: "", version: "v1", resource: "serviceaccounts",
            subresource: "token",
            namespace: namespace, name: serviceAccount)
        let authorization = allows(attributes)
        let result: Result<JSON, APIError>
        if authorization.verdict != .allowed {
            result = .failure(attributes.forbidden(authorization))
        } else {
            do throws(APIError) {
                result = .success(try mintForPod(namespace, serviceAccount, request))
            } catch {
                result = .failure(error)
            }
        }
        var outcome = Outcome(code: 201)
        if case .failure(let error) = result { outcome = Outcome(code: error.code, reason: error.reason) }
        var random = RandomSequence(seed: UInt64.random(in: .min ... .max))
        engine.note(
            AccessEntry(
                revision: engine.snapshot.revision,
                request: RequestFacts(
                    auditID: random.uuid(), verb: "create",
                    path: "/api/v1/namespaces/\(namespace)/serviceaccounts/\(serviceAccount)/token",
                    userAgent: identity.userAgent),
                authentication: AuthenticationFacts(authenticator: "internal", user: identity.user),
                authorization: authorization,
                outcome: outcome))
        return result
    }

    private func mintForPod(_ namespace: String, _ name: String, _ request: JSON) throws(APIError) -> JSON {
        let state = engine.snapshot.state
        let accounts = GroupResource(resource: "serviceaccounts")
        let pods = GroupResource(resource: "pods")
        guard let account = state.object(accounts, namespace, name) else { throw .notFound(accounts, name) }
        let reference = request["spec", "boundObjectRef"] ?? .null
        let podName = reference["name"]?.string ?? ""
        guard reference["kind"]?.string == "Pod", let pod = state.object(pods, namespace, podName) else {
            throw .notFound(pods, podName)
        }
        guard pod.uid == reference["uid"]?.string else {
            throw .conflict(pods, podName, "the UID in the bound object reference does not match the UID in record")
        }
        let document = pod.document
        guard document["spec", "serviceAccountName"]?.string == name else {
            throw .badRequest(
                "cannot bind token for serviceaccount \"\(name)\" to pod running with different serviceaccount name.")
        }
        let nodeName = document["spec", "nodeName"]?.string ?? ""
        let node = state.object(GroupResource(resource: "nodes"), "", nodeName)
        var random = RandomSequence(seed: UInt64.random(in: .min ... .max))
        let minted: ServiceAccountTokens.Minted
        do throws(IdentityError) {
            minted = try tokens.mint(
                namespace: namespace, serviceAccount: .init(name: name, uid: account.uid),
                pod: .init(name: podName, uid: pod.uid),
                secret: nil, node: node.map { .init(name: nodeName, uid: $0.uid) },
                audiences: request["spec", "audiences"]?.strings ?? [],
                seconds: request["spec", "expirationSeconds"]?.int ?? 3600, id: random.uuid(), now: engine.now)
        } catch {
            throw .internalError(error.description)
        }
        var answer = request
        answer["status"] = ["token": .string(minted.token), "expirationTimestamp": .string(minted.expires.rfc3339)]
        return answer
    }
}
