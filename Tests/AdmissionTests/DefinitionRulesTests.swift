import Admission
import Document
import Schema
import Testing

/// One thing wrong with a CustomResourceDefinition, and what is said about it.
@Suite struct DefinitionRulesTests {
    private func definition(_ schema: JSON, _ change: (inout JSON) -> Void = { _ in }) -> JSON {
        var version: JSON = [
            "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
        ]
        change(&version)
        return [
            "metadata": ["name": "foos.x.io"],
            "spec": [
                "group": "x.io", "scope": "Namespaced", "names": ["plural": "foos", "kind": "Foo"],
                "versions": [version],
            ],
        ]
    }
    private func refusals(_ body: JSON) -> [String] {
        causes { () throws(APIError) in
            var kinds = Kinds("apiextensions.k8s.io/v1", "customresourcedefinitions")
            try kinds.create(body)
        }
    }
    private let plain: JSON = [
        "type": "object", "properties": ["spec": ["type": "object", "properties": ["a": ["type": "string"]]]],
    ]

    @Test(arguments: [
        (".spec.a", ""), ("", "Required value"),
        ("spec", "Invalid value: \"spec\": is an invalid path: expected [ or . but got: spec"),
        (".spec.b", "Invalid value: \".spec.b\": is an invalid path: does not refer to a valid field"),
        (".spec['a']", "Invalid value: \".spec['a']\": is an invalid path: array notation is not allowed"),
        (".", "Invalid value: \".\": is an invalid path: unexpected end of JSON path"),
        (
            ".spec",
            "Invalid value: \".spec\": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
        ),
    ])
    func selectableFieldsLeadToScalars(_ path: String, _ said: String) {
        let found = refusals(definition(plain) { $0["selectableFields"] = [["jsonPath": .string(path)]] })
        #expect(found == (said.isEmpty ? [] : ["spec.selectableFields[0].jsonPath: " + said]))
    }

    @Test(
        arguments: [
            (["anyOf": [["type": "integer"], ["type": "string"]], "x-kubernetes-int-or-string": true], []),
            (
                ["anyOf": [["type": "string"]], "x-kubernetes-int-or-string": true],
                [".anyOf[0].type: Forbidden: must be empty to be structural"]
            ),
            (
                ["type": "object", "x-kubernetes-map-type": "loose"],
                [".x-kubernetes-map-type: Unsupported value: \"loose\": supported values: \"atomic\", \"granular\""]
            ),
            (
                ["type": "string", "x-kubernetes-embedded-resource": true],
                [
                    ".properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
                    ".type: Invalid value: \"string\": must be object if x-kubernetes-embedded-resource is true",
                ]
            ),
            (
                ["type": "string", "x-kubernetes-list-map-keys": ["k"]],
                [".x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty"]
            ),
            (
                ["type": "object", "properties": ["a": ["type": "string"]], "default": ["b": 1]],
                [".default: Invalid value: {\"b\":1}: must not have unknown fields"]
            ),
        ] as [(JSON, [String])])
    func schemasAreStructural(_ part: JSON, _ said: [String]) {
        let found = refusals(definition(["type": "object", "properties": ["spec": part]]))
        #expect(found == said.map { "spec.validation.openAPIV3Schema.properties[spec]" + $0 })
    }

    @Test func namesAreRequiredAndMayHaveCapitals() {
        var body = definition(plain)
        body["spec", "names"] = ["plural": "foos", "singular": "foo", "kind": "Foo_"]
        let found = refusals(body)
        #expect(found.count == 2)
        #expect(found.allSatisfy { $0.contains("may have mixed case, but should otherwise match: ") })
        body["spec", "names"] = [:]
        #expect(
            refusals(body) == [
                "metadata.name: Invalid value: \"foos.x.io\": must be spec.names.plural+\".\"+spec.group",
                "spec.names.plural: Required value", "spec.names.singular: Required value",
                "spec.names.kind: Required value", "spec.names.listKind: Required value",
            ])
    }

    @Test func withAStatusTheRootSaysLittle() {
        var schema = plain
        schema["maxProperties"] = 3
        let found = refusals(definition(schema) { $0["subresources"] = ["status": [:]] })
        #expect(found.count == 1)
        #expect(
            found.first?.hasPrefix("spec.validation.openAPIV3Schema: Invalid value: {\"ID\":\"\",\"Schema\":\"\"")
                ?? false)
        #expect(refusals(definition(schema)).isEmpty)
    }

    @Test func formatsThatNothingIsCheckedByAreWarnedAbout() throws {
        var kinds = Kinds("apiextensions.k8s.io/v1", "customresourcedefinitions")
        var schema = plain
        schema["properties", "spec", "properties", "a"] = ["type": "string", "format": "roman"]
        let made = try kinds.create(definition(schema))
        #expect(kinds.rules.warnings(made, old: nil) == ["unrecognized format \"roman\""])
        #expect(kinds.rules.warnings(made, old: made).isEmpty)
    }

    @Test func kubernetesOwnGroupsNeedApproval() {
        var body = definition(plain)
        body["spec", "group"] = "x.k8s.io"
        body["metadata", "name"] = "foos.x.k8s.io"
        let at = "metadata.annotations[api-approved.kubernetes.io]: "
        #expect(refusals(body).first?.hasPrefix(at + "Required value") ?? false)
        body["metadata", "annotations"] = ["api-approved.kubernetes.io": "yes"]
        #expect(refusals(body).first?.hasPrefix(at + "Invalid value: \"yes\"") ?? false)
        body["metadata", "annotations"] = ["api-approved.kubernetes.io": "https://example.com/1"]
        #expect(refusals(body).isEmpty)
    }

    @Test func aConversionIsByWebhookOrNot() {
        var body = definition(plain)
        body["spec", "conversion"] = [
            "strategy": "Webhook",
            "webhook": [
                "conversionReviewVersions": ["v7"],
                "clientConfig": ["service": ["name": "s", "namespace": "n", "path": "/a//b"]],
            ],
        ]
        #expect(
            refusals(body) == [
                "spec.conversion.webhookClientConfig.service.path: Invalid value: \"/a//b\": segment[1] may not be empty",
                "spec.conversion.conversionReviewVersions: Invalid value: [\"v7\"]: must include at least one of v1, v1beta1",
            ])
        body["spec", "conversion", "strategy"] = "None"
        #expect(refusals(body).count == 2)
    }
}
