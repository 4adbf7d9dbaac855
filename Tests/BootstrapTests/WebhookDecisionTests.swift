import Admission
import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

/// What is asked of webhooks, in which order, and what comes of their answers: without a network.
@Suite struct WebhookDecisionTests {
    static let registration = "admissionregistration.k8s.io/v1"

    /// A cluster whose webhooks answer by a function.
    struct Hooked {
        var cluster: SmallCluster
        var seed: UInt64 = 5000

        init() throws {
            cluster = try SmallCluster.bootstrapped()
            try cluster.write(.create, "v1", "namespaces", ["metadata": ["name": "x", "labels": ["hooked": "yes"]]])
        }

        mutating func configure(_ resource: String, _ name: String, _ hooks: [JSON]) throws {
            try cluster.write(
                .create, WebhookDecisionTests.registration, resource,
                ["metadata": ["name": .string(name)], "webhooks": .array(hooks)])
        }

        mutating func command(
            _ verb: WriteCommand.Verb, _ apiVersion: String, _ resource: String, _ object: JSON, name: String = "",
            namespace: String = "x"
        ) throws -> WriteCommand {
            seed += 1
            let type = try #require(cluster.catalog.resource(apiVersion: apiVersion, resource))
            return WriteCommand(
                verb: verb, type: type, namespace: type.isNamespaced ? namespace : "", name: name, body: object,
                manager: "test", user: SmallCluster.admin, now: Timestamp(seconds: 1_800_100_000), seed: seed)
        }

        func decide(_ command: WriteCommand) throws(Refusal) -> Decision {
            try Requests.decide(
                command,
                on: DecisionGround(
                    state: cluster.state, catalog: cluster.catalog, settings: ClusterSettings(),
                    webhooks: WebhookDirectory.of(cluster.state)))
        }

        /// Decides, asking as often as it takes; the calls in order.
        func settle(_ command: inout WriteCommand, _ answer: (WebhookCall) -> JSON) -> (
            Result<Decision, Refusal>, calls: [WebhookCall]
        ) {
            var calls: [WebhookCall] = []
            while calls.count < 50 {
                do throws(Refusal) {
                    return (.success(try decide(command)), calls)
                } catch {
                    if error.wanted.isEmpty { return (.failure(error), calls) }
                    for call in error.wanted {
                        calls.append(call)
                        var response = answer(call)
                        if response["uid"] == nil { response["uid"] = "u" }
                        let review: JSON = [
                            "apiVersion": .string(call.apiVersion), "kind": .string(call.kind), "response": response,
                        ]
                        command.answers.append(
                            WebhookAnswer(
                                call: call, uid: "u",
                                reply: .answered(status: 200, contentType: "", body: review.encoded()), latency: 7))
                    }
                }
            }
            Issue.record("the questions never end")
            return (.failure(Refusal(error: .internalError("endless"))), calls)
        }
    }

    static func hook(_ name: String, _ resources: JSON = ["configmaps"], _ more: [(String, JSON)] = []) -> JSON {
        var hook: JSON = [
            "name": .string(name), "clientConfig": ["url": "https://hooks.example.com/"], "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "rules": [
                ["apiGroups": ["*"], "apiVersions": ["v1"], "operations": ["*"], "resources": resources]
            ],
        ]
        for (key, value) in more { hook[key] = value }
        return hook
    }

    static func patch(_ operations: JSON) -> JSON {
        ["allowed": true, "patchType": "JSONPatch", "patch": .string(Base64.encode(operations.encoded()))]
    }

    static let map: JSON = ["metadata": ["name": "m", "namespace": "x"], "data": ["k": "v"]]

    @Test func theyAreAskedByTheNamesOfTheirConfigurations() throws {
        var hooked = try Hooked()
        try hooked.configure("mutatingwebhookconfigurations", "b", [Self.hook("b1.e.com"), Self.hook("b2.e.com")])
        try hooked.configure("mutatingwebhookconfigurations", "a", [Self.hook("a1.e.com")])
        try hooked.configure("validatingwebhookconfigurations", "c", [Self.hook("c1.e.com"), Self.hook("c2.e.com")])
        var command = try hooked.command(.create, "v1", "configmaps", Self.map)
        let (outcome, calls) = hooked.settle(&command) { call in
            call.purpose == .mutating
                ? Self.patch([["op": "add", "path": .string("/data/\(call.webhook)"), "value": "seen"] as JSON])
                : ["allowed": true]
        }
        #expect(calls.map(\.webhook) == ["a1.e.com", "b1.e.com", "b2.e.com", "c1.e.com", "c2.e.com"])
        let decision = try outcome.get()
        #expect(decision.answer["data"]?.entries.keys == ["a1.e.com", "b1.e.com", "b2.e.com", "k"])
        // Each saw what the one before had made; the validating ones see what will be stored.
        #expect(calls[1].request["object", "data", "a1.e.com"] == "seen")
        #expect(calls[0].request["object", "metadata", "uid"] == nil)
        #expect(calls[3].request["object", "metadata", "uid"] == decision.answer["metadata", "uid"])
        let facts = decision.admission.filter { $0.effect == .answered }
        #expect(facts.count == 5 && facts.allSatisfy { $0.detail.contains("\"latencyMicroseconds\":7") })
    }

    @Test func aChangeBringsThoseBackWhoWantIt() throws {
        var hooked = try Hooked()
        try hooked.configure(
            "mutatingwebhookconfigurations", "a",
            [
                Self.hook("again.e.com", ["configmaps"], [("reinvocationPolicy", "IfNeeded")]),
                Self.hook("never.e.com"),
                Self.hook(
                    "late.e.com", ["configmaps"],
                    [
                        ("reinvocationPolicy", "IfNeeded"), ("objectSelector", ["matchLabels": ["by": "never"]]),
                    ]),
            ])
        var command = try hooked.command(.create, "v1", "configmaps", Self.map)
        let (outcome, calls) = hooked.settle(&command) { call in
            call.webhook == "never.e.com"
                ? Self.patch([["op": "add", "path": "/metadata/labels", "value": ["by": "never"]] as JSON])
                : ["allowed": true]
        }
        _ = try outcome.get()
        #expect(calls.map(\.webhook) == ["again.e.com", "never.e.com", "late.e.com", "again.e.com"])
        #expect(calls.map(\.round) == [0, 0, 0, 1])
    }

    @Test func selectorsScopesAndExemptions() throws {
        var hooked = try Hooked()
        try hooked.cluster.write(.create, "v1", "namespaces", ["metadata": ["name": "y"]])
        try hooked.configure(
            "validatingwebhookconfigurations", "v",
            [
                Self.hook("ns.e.com", ["*"], [("namespaceSelector", ["matchLabels": ["hooked": "yes"]])]),
                Self.hook(
                    "cluster.e.com", ["*"],
                    [
                        (
                            "rules",
                            [
                                [
                                    "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"],
                                    "resources": ["*"], "scope": "Cluster",
                                ]
                            ]
                        )
                    ]),
            ])
        func asked(_ apiVersion: String, _ resource: String, _ object: JSON, _ namespace: String) throws -> [String] {
            var command = try hooked.command(.create, apiVersion, resource, object, namespace: namespace)
            let (outcome, calls) = hooked.settle(&command) { _ in ["allowed": true] }
            _ = try outcome.get()
            return calls.map(\.webhook)
        }
        #expect(try asked("v1", "configmaps", ["metadata": ["name": "m"]], "x") == ["ns.e.com"])
        #expect(try asked("v1", "configmaps", ["metadata": ["name": "m"]], "y") == [])
        // A namespace is its own namespace, and has the labels that it is about to have.
        let labeled: JSON = ["metadata": ["name": "z", "labels": ["hooked": "yes"]]]
        #expect(try asked("v1", "namespaces", labeled, "") == ["ns.e.com", "cluster.e.com"])
        #expect(try asked("v1", "namespaces", ["metadata": ["name": "z"]], "") == ["cluster.e.com"])
        let another: JSON = ["metadata": ["name": "w"], "webhooks": .array([Self.hook("w.e.com")])]
        #expect(try asked(Self.registration, "validatingwebhookconfigurations", another, "") == [])
    }

    @Test func anotherVersionOfTheSameObjectsCounts() throws {
        var hooked = try Hooked()
        func rules(_ version: JSON) -> (String, JSON) {
            (
                "rules",
                [
                    [
                        "apiGroups": ["autoscaling"], "apiVersions": [version], "operations": ["CREATE"],
                        "resources": ["horizontalpodautoscalers"],
                    ]
                ]
            )
        }
        try hooked.configure(
            "mutatingwebhookconfigurations", "m",
            [
                Self.hook("same.e.com", ["*"], [rules("v1"), ("matchPolicy", "Equivalent")]),
                Self.hook("exact.e.com", ["*"], [rules("v1"), ("matchPolicy", "Exact")]),
            ])
        let scaler: JSON = [
            "metadata": ["name": "h", "namespace": "x"],
            "spec": [
                "maxReplicas": 3, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "d"],
                "metrics": [
                    [
                        "type": "Resource",
                        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]],
                    ]
                ],
            ],
        ]
        var command = try hooked.command(.create, "autoscaling/v2", "horizontalpodautoscalers", scaler)
        let (outcome, calls) = hooked.settle(&command) { _ in
            Self.patch([["op": "replace", "path": "/spec/targetCPUUtilizationPercentage", "value": 70] as JSON])
        }
        #expect(calls.map(\.webhook) == ["same.e.com"])
        #expect(
            calls.first?.request["kind", "version"] == "v1" && calls.first?.request["requestKind", "version"] == "v2")
        #expect(calls.first?.request["object", "apiVersion"] == "autoscaling/v1")
        let answer = try outcome.get().answer
        #expect(answer["apiVersion"] == "autoscaling/v2")
        #expect(answer["spec", "metrics"]?.elements.first?["resource", "target", "averageUtilization"] == 70)
    }

    @Test func refusalsAndWrongAnswers() throws {
        var hooked = try Hooked()
        try hooked.configure("mutatingwebhookconfigurations", "m", [Self.hook("m.e.com")])
        func refusal(_ response: JSON, _ change: (inout WriteCommand) -> Void = { _ in }) throws -> APIError? {
            var command = try hooked.command(.create, "v1", "configmaps", Self.map)
            change(&command)
            if case .failure(let refusal) = hooked.settle(&command, { _ in response }).0 { return refusal.error }
            return nil
        }
        let plain = try refusal(["allowed": false])
        #expect(plain?.message == "admission webhook \"m.e.com\" denied the request without explanation")
        #expect(plain?.code == 400)
        let reason = try refusal(["allowed": false, "status": ["reason": "NotFound", "code": 404]])
        #expect(reason?.message == "admission webhook \"m.e.com\" denied the request: NotFound" && reason?.code == 404)
        let calling = "Internal error occurred: failed calling webhook \"m.e.com\": "
        let invalid = calling + "received invalid webhook response: "
        #expect(
            try refusal(["allowed": true, "uid": "other"])?.message
                == invalid + "expected response.uid=\"u\", got \"other\"")
        #expect(
            try refusal(["allowed": true, "patch": "W10="])?.message
                == invalid + "webhook returned response.patch but not response.patchType")
        let wrong = Self.patch([["op": "remove", "path": "/data/none"] as JSON])
        #expect(try refusal(wrong)?.code == 500)
        try hooked.configure(
            "mutatingwebhookconfigurations", "n", [Self.hook("n.e.com", ["secrets"], [("failurePolicy", "Ignore")])])
        #expect(try refusal(["allowed": true]) { $0.isDryRun = true } == nil)
        var gone = try hooked.command(.delete, "v1", "configmaps", .null, name: "kube-root-ca.crt")
        _ = try hooked.cluster.write(
            .create, "v1", "configmaps", ["metadata": ["name": "kube-root-ca.crt", "namespace": "x"]])
        guard case .failure(let refused) = hooked.settle(&gone, { _ in wrong }).0 else {
            Issue.record("a patch of nothing was taken")
            return
        }
        #expect(
            refused.error.message
                == "Internal error occurred: admission webhook \"m.e.com\" attempted to modify the object, which is not supported for this operation"
        )
    }

    /// Answers about an object that has changed since are no answers.
    @Test func answersHoldForWhatTheySaw() throws {
        var hooked = try Hooked()
        try hooked.cluster.write(.create, "v1", "configmaps", Self.map)
        try hooked.configure("validatingwebhookconfigurations", "v", [Self.hook("v.e.com")])
        var command = try hooked.command(.patch, "v1", "configmaps", ["data": ["new": "1"]], name: "m")
        let (outcome, calls) = hooked.settle(&command) { _ in ["allowed": true] }
        _ = try outcome.get()
        #expect(calls.count == 1)
        // Nothing new is asked when it is decided again on the same state, at whatever time.
        #expect(throws: Never.self) { try hooked.decide(command) }
        var other = Self.map
        other["data"] = ["k": "changed"]
        other["metadata", "labels"] = ["a": "b"]
        _ = try hooked.cluster.write(.update, "v1", "configmaps", other, name: "m", namespace: "x")
        let (_, again) = hooked.settle(&command) { _ in ["allowed": true] }
        #expect(again.count == 1 && again[0].request["oldObject", "data", "k"] == "changed")
    }
}
