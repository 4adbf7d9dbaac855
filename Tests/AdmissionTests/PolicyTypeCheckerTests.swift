import Admission
import Document
import Schema
import Testing

/// What is said in a policy's status of expressions that contradict the types they are about.
@Suite struct PolicyTypeCheckerTests {
    private static let widgets: JSON = [
        "metadata": ["name": "widgets.ex.io"],
        "spec": [
            "group": "ex.io", "names": ["plural": "widgets", "kind": "Widget"],
            "versions": [
                [
                    "name": "v1", "served": true,
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": [
                                    "type": "object",
                                    "properties": [
                                        "n": ["type": "integer"], "any": ["x-kubernetes-int-or-string": true],
                                    ],
                                ]
                            ],
                        ]
                    ],
                ]
            ],
        ],
    ]

    /// The warnings of a policy with these validations, one line each: which field, then what.
    private func warnings(
        _ expressions: [String], group: String = "apps", resources: [String] = ["deployments"],
        paramKind: JSON = .null, variables: [JSON] = []
    ) -> [String] {
        let rule: JSON = [
            "apiGroups": [.string(group)], "apiVersions": ["v1"], "operations": ["CREATE"],
            "resources": .array(resources.map { .string($0) }),
        ]
        let policy: JSON = [
            "spec": [
                "matchConstraints": ["resourceRules": [rule]], "paramKind": paramKind,
                "variables": .array(variables), "validations": .array(expressions.map { ["expression": .string($0)] }),
            ]
        ]
        return PolicyTypeChecker(.builtin, definitions: [Self.widgets]).warnings(policy).map {
            ($0["fieldRef"]?.string ?? "") + " " + ($0["warning"]?.string ?? "")
        }
    }

    @Test func aFieldThatIsNotThere() {
        #expect(
            warnings(["object.spec.replicas > 1", "object.spec.replica > 1"]) == [
                "spec.validations[1].expression apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replica'\n | object.spec.replica > 1\n | ...........^\n"
            ])
    }

    @Test func eachKindSpeaksForItself() {
        let found = warnings(["object.spec.zoo == 1"], resources: ["statefulsets", "deployments", "deployments/scale"])
        #expect(found.count == 1)
        #expect(found.first?.contains("Kind=Deployment: ERROR") == true)
        #expect(found.first?.contains("\n\napps/v1, Kind=StatefulSet: ERROR") == true)
    }

    @Test(arguments: [
        "object.spec.strategy.rollingUpdate.maxSurge == 'x'", "object.spec.strategy.rollingUpdate.maxSurge == 1",
        "object.metadata.creationTimestamp > timestamp(0)", "object.spec.template.spec.containers.all(c, has(c.image))",
        "dyn(object).zoo == 1", "oldObject == null || oldObject.spec.replicas == 1",
    ])
    func whatFitsIsNotSpokenOf(_ expression: String) { #expect(warnings([expression]) == []) }

    @Test(arguments: [
        ("object.spec.template.spec.overhead == 1", "undefined field 'overhead'"),
        ("object.metadata.managedFields[0].fieldsV1.foo == 1", "undefined field 'foo'"),
        ("object.spec == object", "'_==_' applied to '(Deployment.spec, Deployment)'"),
        ("variables.v == 'x'", "'_==_' applied to '(int, string)'"),
        ("params.data['a'] == 1", "'_==_' applied to '(string, int)'"),
    ])
    func whatDoesNotFit(_ expression: String, _ words: String) {
        let found = warnings(
            [expression], paramKind: ["apiVersion": "v1", "kind": "ConfigMap"],
            variables: [["name": "v", "expression": "object.spec.replicas"]])
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }

    @Test func customResourcesHaveTypesToo() {
        let found = warnings(
            ["object.spec.n == 'a'", "object.spec.any == 'a'", "object.metadata.zoo == 'a'"], group: "ex.io",
            resources: ["widgets"])
        #expect(found.map { String($0.prefix(22)) } == ["spec.validations[0].ex", "spec.validations[2].ex"])
        #expect(found.first?.contains("ex.io/v1, Kind=Widget") == true)
    }

    @Test func starsAndUnknownKindsAreLeftAlone() {
        #expect(warnings(["object.zoo == 1"], group: "*") == [])
        #expect(warnings(["object.zoo == 1"], resources: ["*", "nopes", "deployments/status"]) == [])
        #expect(warnings(["params.zoo == 1"], paramKind: ["apiVersion": "no.io/v1", "kind": "Nope"]) == [])
    }
}
