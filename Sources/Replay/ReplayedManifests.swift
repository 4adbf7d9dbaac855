import ClusterState
import Document
public import Records
import Requests
public import Schema

extension Replay {
    /// Applies the rules' manifests to the state that the run starts from, as that user and over everybody else's fields. To be called
    /// ahead of `run`.
    public mutating func applyManifests(as user: UserInfo) throws(APIError) {
        for manifest in rules.manifests {
            let kind = GroupVersionKind(
                apiVersion: manifest["apiVersion"]?.string ?? "", kind: manifest["kind"]?.string ?? "")
            let name = manifest["metadata", "name"]?.string ?? ""
            guard let type = catalog.resource(for: kind), !name.isEmpty else {
                throw .badRequest(
                    "patch: \(kind.kind.isEmpty ? "a manifest without a kind" : kind.kind) \"\(name)\" is no object that was served then: it needs apiVersion, kind and metadata.name"
                )
            }
            drawn &+= 1
            let namespace = type.isNamespaced ? manifest["metadata", "namespace"]?.string ?? "default" : ""
            var command = WriteCommand(
                verb: .patch, type: type, namespace: namespace, name: name, body: manifest, manager: "reckon-replay",
                user: user, now: now, seed: drawn &* 0x9E37_79B9_7F4A_7C15)
            command.patchType = .apply
            command.isForced = true
            do throws(Refusal) {
                let decision = try decide(
                    command, on: DecisionGround(state: state, catalog: catalog, settings: settings))
                if decision.changes.isEmpty { continue }
                commit(
                    EventRecord(
                        stream: .journal, revision: 0, time: now,
                        request: RequestFacts(
                            auditID: "", verb: "patch", path: "/reckon/v1/replay", userAgent: "reckon-replay"),
                        authentication: AuthenticationFacts(authenticator: "internal", user: user),
                        authorization: AuthorizationFacts(verdict: .allowed, authorizer: "Replay"),
                        admission: decision.admission, outcome: Outcome(code: decision.code),
                        changes: decision.changes))
            } catch {
                var refusal = error.error
                refusal.message = "patch: \(kind.kind) \"\(name)\" cannot be applied at the start: \(refusal.message)"
                throw refusal
            }
        }
    }
}
