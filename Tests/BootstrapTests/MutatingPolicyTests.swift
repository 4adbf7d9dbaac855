import Admission
import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

/// MutatingAdmissionPolicies, by themselves.
@Suite struct MutatingPolicyTests {
    static let group = "admissionregistration.k8s.io/v1"

    static func policy(_ name: String, _ mutations: JSON, _ more: [(String, JSON)] = []) -> JSON {
        var spec: JSON = [
            "matchConstraints": [
                "resourceRules": [
                    [
                        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
                        "resources": ["pods", "configmaps"],
                    ]
                ]
            ],
            "reinvocationPolicy": "Never", "mutations": mutations,
        ]
        for (key, value) in more { spec[key] = value }
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    static func applied(_ expression: JSON) -> JSON {
        [["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": expression]]]
    }
    static func patched(_ expression: JSON) -> JSON {
        [["patchType": "JSONPatch", "jsonPatch": ["expression": expression]]]
    }

    static func cluster(_ policies: [JSON], bindings: [JSON]? = nil) throws -> SmallCluster {
        var cluster = try SmallCluster.bootstrapped()
        try cluster.write(.create, "v1", "namespaces", ["metadata": ["name": "x"]])
        for policy in policies {
            try cluster.write(.create, group, "mutatingadmissionpolicies", policy)
            try cluster.write(
                .create, group, "mutatingadmissionpolicybindings",
                [
                    "metadata": policy["metadata"] ?? .null,
                    "spec": ["policyName": policy["metadata", "name"] ?? .null],
                ])
        }
        return cluster
    }

    static let pod: JSON = [
        "metadata": ["name": "p", "namespace": "x"],
        "spec": ["serviceAccountName": "default", "containers": [["name": "main", "image": "i"]]],
    ]

    @Test func aConfigurationIsMerged() throws {
        var cluster = try Self.cluster([
            Self.policy(
                "sidecar",
                Self.applied(
                    "Object{metadata: Object.metadata{labels: {'by': 'policy'}}, spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'mesh', image: 'mesh:1', restartPolicy: 'Always'}]}}"
                ),
                [
                    (
                        "matchConditions",
                        [
                            [
                                "name": "once",
                                "expression":
                                    "!has(object.spec.initContainers) || !object.spec.initContainers.exists(c, c.name == 'mesh')",
                            ]
                        ]
                    )
                ])
        ])
        try cluster.write(.create, "v1", "serviceaccounts", ["metadata": ["name": "default", "namespace": "x"]])
        let made = try cluster.write(.create, "v1", "pods", Self.pod)
        #expect(made.answer["spec", "initContainers"]?.elements.first?["name"] == "mesh")
        #expect(made.answer["spec", "containers"]?.elements.first?["name"] == "main")
        #expect(made.answer["metadata", "labels", "by"] == "policy")
        // Defaults are those of a container that a client wrote.
        #expect(made.answer["spec", "initContainers"]?.elements.first?["imagePullPolicy"] == "IfNotPresent")
        #expect(made.admission.contains { $0.plugin == "MutatingAdmissionPolicy" && $0.effect == .changed })
    }

    @Test func operationsAreApplied() throws {
        var cluster = try Self.cluster([
            Self.policy(
                "patch",
                Self.patched(
                    "[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: variables.words}, JSONPatch{op: 'remove', path: '/data/old'}]"
                ),
                [("variables", [["name": "words", "expression": "'from ' + object.metadata.name"]])])
        ])
        let made = try cluster.write(
            .create, "v1", "configmaps",
            [
                "metadata": ["name": "m", "namespace": "x", "annotations": ["k": "1"]], "data": ["old": "1", "k": "2"],
            ])
        #expect(made.answer["metadata", "annotations"] == ["a/b": "from m", "k": "1"])
        #expect(made.answer["data"] == ["k": "2"])
        // An operation that cannot be done refuses the request.
        let refused = cluster.refusal(
            .create, "v1", "configmaps", ["metadata": ["name": "n", "namespace": "x"], "data": ["k": "1"]])
        #expect(
            refused?.hasPrefix(
                "configmaps \"n\" is forbidden: admission request denied by policy: policy 'patch' with binding 'patch' denied request: "
            ) == true, "\(refused ?? "")")
    }

    @Test func laterPoliciesBringEarlierOnesBack() throws {
        let count = Self.patched(
            "[JSONPatch{op: 'add', path: '/data/count', value: has(object.data.count) ? object.data.count + 'i' : 'i'}]"
        )
        let label = Self.applied("Object{metadata: Object.metadata{labels: {'seen': 'yes'}}}")
        var cluster = try Self.cluster([
            Self.policy("a", count, [("reinvocationPolicy", "IfNeeded")]), Self.policy("b", label),
        ])
        let made = try cluster.write(
            .create, "v1", "configmaps", ["metadata": ["name": "m", "namespace": "x"], "data": ["k": "1"]])
        #expect(made.answer["data", "count"] == "ii" && made.answer["metadata", "labels", "seen"] == "yes")
    }

    @Test func whatCannotBeMeantIsRefused() throws {
        var cluster = try Self.cluster([])
        let wrong = cluster.refusal(
            .create, Self.group, "mutatingadmissionpolicies", Self.policy("w", Self.applied("'text'")))
        #expect(wrong?.contains("must evaluate to Object but got string") == true, "\(wrong ?? "")")
        let broken = cluster.refusal(
            .create, Self.group, "mutatingadmissionpolicies", Self.policy("w", Self.patched("[JSONPatch{op: 1}]")))
        #expect(broken?.contains("compilation failed") == true, "\(broken ?? "")")
        var atomic = try Self.cluster([
            Self.policy("atomic", Self.applied("Object{spec: Object.spec{nodeSelector: {'a': 'b'}}}"))
        ])
        try atomic.write(.create, "v1", "serviceaccounts", ["metadata": ["name": "default", "namespace": "x"]])
        let refused = atomic.refusal(.create, "v1", "pods", Self.pod)
        #expect(
            refused?.contains("may not mutate atomic arrays, maps or structs: .spec.nodeSelector") == true,
            "\(refused ?? "")")
    }
}
