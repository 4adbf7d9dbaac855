import ClusterState
import Controllers
import Document
import Records
import Schema
import Testing

/// What the controller writes into a policy's status, and when.
@Suite struct ValidatingAdmissionPolicyStatusTests {
    /// What the controller asks for when it finds a policy of that generation, whose status is of the observed one.
    private func intents(generation: Int64, observed: Int64, expression: String) -> [Intent] {
        var policy: JSON = [
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": ["name": "p", "uid": "u", "generation": .int(generation)],
            "spec": [
                "matchConstraints": [
                    "resourceRules": [
                        [
                            "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"],
                            "resources": ["deployments"],
                        ]
                    ]
                ],
                "validations": [["expression": .string(expression)]],
            ],
        ]
        if observed > 0 { policy["status", "observedGeneration"] = .int(observed) }
        var cluster = FakeCluster()
        let key = ObjectKey(
            group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies", namespace: "", name: "p")
        cluster.commit([Change(kind: .created, key: key, uid: "u", previousRevision: 0, body: policy.encoded())])
        var controllers = ControllerSet(
            [ValidatingAdmissionPolicyStatusController()], state: cluster.state, catalog: .builtin, now: cluster.now)
        return controllers.nextBatch(now: cluster.now)?.intents ?? []
    }

    private func applied(_ intents: [Intent]) throws -> JSON {
        let intent = try #require(intents.first)
        #expect(intents.count == 1 && intent.subresource == "status" && intent.name == "p")
        guard case .patch(.apply, let body) = intent.action else {
            Issue.record("\(intent.action) is no apply patch")
            return .null
        }
        return body["status"] ?? .null
    }

    @Test func warningsAreWrittenForANewGeneration() throws {
        let status = try applied(intents(generation: 2, observed: 1, expression: "object.spec.zoo == 1"))
        #expect(status["observedGeneration"] == 2)
        let warnings = status["typeChecking", "expressionWarnings"]?.elements ?? []
        #expect(warnings.map { $0["fieldRef"]?.string } == ["spec.validations[0].expression"])
    }

    @Test func aPolicyWithoutFaultIsMarkedAsLookedAt() throws {
        let status = try applied(intents(generation: 1, observed: 0, expression: "object.spec.replicas > 1"))
        #expect(status == ["observedGeneration": 1, "typeChecking": [:]])
    }

    @Test func anOldGenerationIsLeftAlone() {
        #expect(intents(generation: 1, observed: 1, expression: "object.spec.zoo == 1").isEmpty)
    }
}
