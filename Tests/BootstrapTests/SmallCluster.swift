import Access
import Admission
import ClusterState
import Document
import Records
import Requests
import Schema

/// A cluster without a log: writes are decided and folded at once.
struct SmallCluster {
    static let admin = UserInfo(name: "admin", groups: ["system:masters", "system:authenticated"])

    var state = ClusterState()
    var catalog = Catalog.builtin
    private var seed: UInt64 = 1

    /// A cluster with everything that a fresh one begins with.
    static func bootstrapped() throws -> SmallCluster {
        var cluster = SmallCluster()
        for (apiVersion, resource, object) in Bootstrap.objects(settings: ClusterSettings(), address: "192.0.2.7") {
            try cluster.write(.create, apiVersion, resource, object)
        }
        return cluster
    }

    /// Makes a write; the answer's document, or what refused it.
    @discardableResult
    mutating func write(
        _ verb: WriteCommand.Verb, _ apiVersion: String, _ resource: String, _ object: JSON, name: String = "",
        namespace: String? = nil,
        subresource: String = "", as user: UserInfo = admin
    ) throws -> Decision {
        guard let type = catalog.resource(apiVersion: apiVersion, resource) else { throw Missing(resource: resource) }
        seed += 1
        let space = namespace ?? object["metadata", "namespace"]?.string ?? ""
        var command = WriteCommand(
            verb: verb, type: type, subresource: subresource, namespace: space, name: name, body: object,
            manager: "test", user: user,
            now: Timestamp(seconds: 1_800_000_000 + Int64(seed)), seed: seed)
        command.fieldValidation = .strict
        let decision = try decide(
            command, on: DecisionGround(state: state, catalog: catalog, settings: ClusterSettings()))
        if !decision.changes.isEmpty {
            state.apply(
                EventRecord(
                    stream: .journal, revision: state.revision + 1, time: command.now,
                    request: RequestFacts(verb: verb.rawValue, path: "/"),
                    authentication: AuthenticationFacts(authenticator: "internal", user: user),
                    authorization: .notAsked,
                    outcome: Outcome(code: decision.code), changes: decision.changes))
        }
        return decision
    }

    /// The words of the refusal; nil when the write was accepted.
    mutating func refusal(
        _ verb: WriteCommand.Verb, _ apiVersion: String, _ resource: String, _ object: JSON, name: String = "",
        namespace: String? = nil,
        subresource: String = "", as user: UserInfo = admin
    ) -> String? {
        do {
            try write(
                verb, apiVersion, resource, object, name: name, namespace: namespace, subresource: subresource, as: user
            )
            return nil
        } catch let refusal as Refusal {
            return refusal.error.message
        } catch {
            return "\(error)"
        }
    }

    func object(_ resource: String, group: String = "", _ namespace: String, _ name: String) -> JSON? {
        state.object(GroupResource(group: group, resource: resource), namespace, name)?.document
    }

    struct Missing: Error { let resource: String }
}
