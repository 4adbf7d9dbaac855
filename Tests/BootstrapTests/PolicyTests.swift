import Admission
import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

@Suite struct PolicyTests {
    @Test func aBoundPolicyRefuses() throws {
        var cluster = try SmallCluster.bootstrapped()
        try cluster.write(.create, "v1", "namespaces", ["metadata": ["name": "x"]])
        let rule: JSON = [
            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"],
        ]
        let policy: JSON = [
            "metadata": ["name": "p"],
            "spec": [
                "matchConstraints": ["resourceRules": [rule]],
                "variables": [["name": "keys", "expression": "object.data.map(k, k)"]],
                "validations": [
                    ["expression": "size(variables.keys) <= 1", "message": "one at most", "reason": "Forbidden"],
                    [
                        "expression":
                            "object.data.all(k, object.data[k].matches('^[a-z]+$')) || request.userInfo.username == 'root'"
                    ],
                ],
            ],
        ]
        let group = "admissionregistration.k8s.io/v1"
        try cluster.write(.create, group, "validatingadmissionpolicies", policy)
        func make(_ name: String, _ data: JSON) -> JSON {
            ["metadata": ["name": .string(name), "namespace": "x"], "data": data]
        }
        #expect(cluster.refusal(.create, "v1", "configmaps", make("a", ["a": "1", "b": "2"])) == nil)
        let binding: JSON = [
            "metadata": ["name": "b"],
            "spec": [
                "policyName": "p", "validationActions": ["Deny"],
                "matchResources": ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "x"]]],
            ],
        ]
        try cluster.write(.create, group, "validatingadmissionpolicybindings", binding)
        let start = "is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:"
        #expect(
            cluster.refusal(.create, "v1", "configmaps", make("c", ["a": "x", "b": "y"]))
                == "configmaps \"c\" \(start) one at most")
        #expect(
            cluster.refusal(.create, "v1", "configmaps", make("d", ["a": "X"]))
                == "configmaps \"d\" \(start) failed expression: object.data.all(k, object.data[k].matches('^[a-z]+$')) || request.userInfo.username == 'root'"
        )
        #expect(cluster.refusal(.create, "v1", "configmaps", make("e", ["a": "x"])) == nil)
    }

    @Test func rulesOfACustomResource() throws {
        var cluster = try SmallCluster.bootstrapped()
        let rules: JSON = [
            ["rule": "self.teeth < 1000", "message": "too many teeth"], ["rule": "self.teeth >= oldSelf.teeth"],
            ["rule": "!has(self.names) || self.names.exists(n, n.startsWith('a') && size(n) > 1 ? true : n == 'b')"],
        ]
        let properties: JSON = [
            "teeth": ["type": "integer"],
            // Without bounds the rule about names would be refused for what it may cost.
            "names": ["type": "array", "maxItems": 20, "items": ["type": "string", "maxLength": 100]],
        ]
        let spec: JSON = ["type": "object", "properties": properties, "x-kubernetes-validations": rules]
        var definition = gears(spec)
        try cluster.write(.create, "apiextensions.k8s.io/v1", "customresourcedefinitions", definition)
        definition = try #require(
            cluster.object("customresourcedefinitions", group: "apiextensions.k8s.io", "", "gears.example.com"))
        definition = try #require(CustomResourceNaming.reconciled(definition, others: [], now: Timestamp(seconds: 1)))
        try cluster.write(
            .update, "apiextensions.k8s.io/v1", "customresourcedefinitions", definition, name: "gears.example.com",
            subresource: "status")
        cluster.catalog = Catalog.serving(cluster.state)
        func gear(_ spec: JSON) -> JSON { ["metadata": ["name": "g", "namespace": "default"], "spec": spec] }
        let start = "Gear.example.com \"g\" is invalid: spec: Invalid value: "
        #expect(cluster.refusal(.create, "example.com/v1", "gears", gear(["teeth": 1000])) == start + "too many teeth")
        #expect(
            cluster.refusal(.create, "example.com/v1", "gears", gear(["teeth": 1, "names": ["a"]]))?.hasPrefix(
                start + "failed rule: !has") == true)
        #expect(
            cluster.refusal(.create, "example.com/v1", "gears", gear(["teeth": 2, "names": ["xyz", "ab"]])) == nil)
        #expect(
            cluster.refusal(.patch, "example.com/v1", "gears", ["spec": ["teeth": 1]], name: "g", namespace: "default")
                == start + "failed rule: self.teeth >= oldSelf.teeth")
    }

    private func gears(_ spec: JSON) -> JSON {
        let version: JSON = [
            "name": "v1", "served": true, "storage": true,
            "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec]]],
        ]
        return [
            "metadata": ["name": "gears.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "gears", "kind": "Gear"],
                "versions": [version],
            ],
        ]
    }

    @Test func aDefinitionWhoseRulesCannotBeReadIsRefused() throws {
        var cluster = try SmallCluster.bootstrapped()
        func definition(_ rule: String) -> JSON {
            let spec: JSON = [
                "type": "object", "properties": ["teeth": ["type": "integer"]],
                "x-kubernetes-validations": [["rule": .string(rule)]],
            ]
            return gears(spec)
        }
        let refusal =
            cluster.refusal(
                .create, "apiextensions.k8s.io/v1", "customresourcedefinitions", definition("self.nothing < 1000"))
            ?? ""
        #expect(
            refusal.hasSuffix(
                "compilation failed: ERROR: <input>:1:5: undefined field 'nothing'\n | self.nothing < 1000\n | ....^"))
        let syntax =
            cluster.refusal(
                .create, "apiextensions.k8s.io/v1", "customresourcedefinitions", definition("self.teeth ==")) ?? ""
        #expect(syntax.contains("ERROR: <input>:1:14: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '('"))
        #expect(
            cluster.refusal(
                .create, "apiextensions.k8s.io/v1", "customresourcedefinitions", definition("self.teeth < 3")) == nil)
    }
}
