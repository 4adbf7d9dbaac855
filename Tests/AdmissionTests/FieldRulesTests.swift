import Admission
import Document
import Schema
import Testing

/// One field of an object wrong, and what is said about it.
@Suite struct FieldRulesTests {
    private func refusals(_ apiVersion: String, _ resource: String, _ body: JSON) -> [String] {
        causes { () throws(APIError) in
            var kinds = Kinds(apiVersion, resource)
            try kinds.create(body)
        }
    }
    private let noSelection: JSON = ["containers": [["name": "c", "image": "b"]]]

    @Test(arguments: ["deployments", "replicasets"])
    func aSelectorWithABadLabelHidesWhatItWouldSelect(_ resource: String) {
        let selector: JSON = [
            "matchLabels": ["app": "Bad!"], "matchExpressions": [["key": "tier", "operator": "Exists"]],
        ]
        let found = refusals(
            "apps/v1", resource,
            [
                "metadata": ["name": "w"],
                "spec": [
                    "selector": selector,
                    "template": ["metadata": ["labels": ["app": "a", "tier": "x"]], "spec": noSelection],
                ],
            ])
        #expect(found.count == 2)
        #expect(
            found.last
                == #"spec.selector: Invalid value: {"matchLabels":{"app":"Bad!"},"matchExpressions":[{"key":"tier","operator":"Exists"}]}: invalid label selector"#
        )
    }

    @Test(arguments: [
        (["*", "*"], [String]()),
        (
            ["pods/*", "pods/status"],
            ["[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify pods/status"]
        ),
        (
            ["*/scale", "pods/scale"],
            ["[1]: Invalid value: \"pods/scale\": if '*/scale' is present, must not specify pods/scale"]
        ),
        (
            ["*/*", "pods"],
            [": Invalid value: [\"*/*\",\"pods\"]: if '*/*' is present, must not specify other resources"]
        ),
        (
            ["*", "pods"],
            [
                ": Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other resources without subresources"
            ]
        ),
    ])
    func resourcesOfRulesDoNotOverlap(_ resources: [String], _ said: [String]) {
        let found = refusals(
            "admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings",
            [
                "metadata": ["name": "b"],
                "spec": [
                    "policyName": "p", "validationActions": ["Deny"],
                    "matchResources": [
                        "resourceRules": [
                            [
                                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"],
                                "resources": .array(resources.map { .string($0) }),
                            ]
                        ]
                    ],
                ],
            ])
        #expect(found == said.map { "spec.matchResources.resourceRules[0].resources" + $0 })
    }

    @Test func aRuntimeClassChecksItsTolerations() {
        let found = refusals(
            "node.k8s.io/v1", "runtimeclasses",
            ["metadata": ["name": "r"], "handler": "h", "scheduling": ["tolerations": [[:]]]])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("scheduling.tolerations[0].operator: Invalid value: \"\"") ?? false)
    }

    @Test func anEndpointSliceForgetsItsTopology() throws {
        var kinds = Kinds("discovery.k8s.io/v1", "endpointslices")
        let made = try kinds.create(
            [
                "metadata": ["name": "e"], "addressType": "FQDN",
                "endpoints": [["addresses": ["a.b"], "deprecatedTopology": ["a": "b"]]],
            ])
        #expect(made["endpoints"]?.elements[0]["deprecatedTopology"] == nil)
        #expect(kinds.rules.warnings(made, old: nil) == ["spec.addressType: FQDN endpoints are deprecated"])
    }

    @Test func aNodesTaintsAreLookedAtTwiceWhenItChanges() throws {
        var kinds = Kinds("v1", "nodes")
        let node = try kinds.create(["metadata": ["name": "n"], "spec": ["podCIDR": "10.0.0.0/24"]])
        let found = causes { () throws(APIError) in
            try kinds.update(node) { $0["spec", "taints"] = [["key": "a"]] }
        }
        #expect(found == Array(repeating: "metadata.taints[0].effect: Required value", count: 2))
        let kept = try kinds.update(node) { $0["spec", "podCIDRs"] = [""] }
        #expect(kept["spec", "podCIDRs"] == ["10.0.0.0/24"])
    }

    @Test func aVolumesSourceIsImmutableEvenIfTheNewOneIsEmpty() throws {
        var kinds = Kinds("v1", "persistentvolumes")
        let volume = try kinds.create(
            [
                "metadata": ["name": "v"],
                "spec": [
                    "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"],
                    "nfs": ["server": "s", "path": "/p"],
                ],
            ])
        let found = causes { () throws(APIError) in try kinds.update(volume) { $0["spec", "fc"] = [:] } }
        #expect(found.contains { $0.hasPrefix("spec.persistentvolumesource: Forbidden") })
    }

    @Test func onlyNewPodsAreWarnedAbout() throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(
            pod {
                $0["spec", "affinity"] = [
                    "podAntiAffinity": [
                        "requiredDuringSchedulingIgnoredDuringExecution": [["topologyKey": "zone"]],
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            ["weight": 1, "podAffinityTerm": ["topologyKey": "zone"]]
                        ],
                    ]
                ]
            })
        let at = "spec.affinity.podAntiAffinity."
        #expect(
            kinds.rules.warnings(made, old: nil) == [
                at
                    + "requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
                at
                    + "preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod",
            ])
        var other = made
        other["metadata", "annotations", "a"] = "b"
        #expect(kinds.rules.warnings(other, old: made).isEmpty)
    }

    @Test func reportingAStatusKeepsTheTemplatesGeneration() throws {
        var kinds = Kinds("apps/v1", "daemonsets")
        let made = try kinds.create(
            [
                "metadata": ["name": "d"],
                "spec": [
                    "selector": ["matchLabels": ["app": "a"]],
                    "template": ["metadata": ["labels": ["app": "a"]], "spec": noSelection],
                ],
            ])
        let reported = try kinds.update(made, "status") { $0["metadata", "annotations"] = nil }
        #expect(reported["metadata", "annotations", "deprecated.daemonset.template.generation"] == "1")
    }

    @Test func anIngresssAddressIsAnAddress() throws {
        var kinds = Kinds("networking.k8s.io/v1", "ingresses")
        let made = try kinds.create(
            [
                "metadata": ["name": "i"],
                "spec": ["defaultBackend": ["service": ["name": "s", "port": ["number": 80]]]],
            ])
        let found = causes { () throws(APIError) in
            try kinds.update(made, "status") { $0["status"] = ["loadBalancer": ["ingress": [["ip": "x"]]]] }
        }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("status.loadBalancer.ingress[0].ip: Invalid value: \"x\"") ?? false)
    }
}
