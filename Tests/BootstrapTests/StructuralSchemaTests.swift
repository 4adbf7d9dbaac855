import Admission
import Document
import Testing

@Suite struct StructuralSchemaTests {
    private let schema = StructuralSchema([
        "type": "object",
        "properties": [
            "spec": [
                "type": "object", "required": ["size"],
                "properties": [
                    "size": ["type": "integer", "minimum": 1], "color": ["type": "string", "default": "red", "enum": ["red", "green"]],
                    "name": ["type": "string", "pattern": "^[a-z]+$"], "nul": ["type": "string", "nullable": true],
                    "either": ["x-kubernetes-int-or-string": true], "when": ["type": "string", "format": "date-time"],
                    "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    "ports": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"],
                        "items": ["type": "object", "properties": ["n": ["type": "integer"]]],
                    ],
                ],
            ]
        ],
    ])

    @Test func itPrunesAndFillsIn() {
        var object: JSON = [
            "kind": "Widget", "metadata": ["name": "w"], "spec": ["size": 3, "unknown": 1, "name": nil, "nul": nil, "free": ["a": 1]],
        ]
        #expect(schema.prune(&object) == ["spec.unknown"])
        schema.applyDefaults(&object)
        #expect(object["spec"] == ["size": 3, "color": "red", "nul": nil, "free": ["a": 1]])
    }

    private static let cases: [(spec: JSON, text: String)] = [
        (["size": 0] , "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        (["size": "x"], #"spec.size: Invalid value: "string": spec.size in body must be of type integer: "string""#),
        ([:], "spec.size: Required value"),
        (["size": 1, "color": "blue"], #"spec.color: Unsupported value: "blue": supported values: "red", "green""#),
        (["size": 1, "name": "ABC"], #"spec.name: Invalid value: "ABC": spec.name in body should match '^[a-z]+$'"#),
        (["size": 1, "ports": [["n": 1], ["n": 1]]], #"spec.ports[1]: Duplicate value: {"n":1}"#),
        (["size": 1, "when": "yesterday"], #"spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday""#),
        (["size": 1, "either": true], #"spec.either: Invalid value: "boolean": spec.either in body must be of type integer,string: "boolean""#),
    ]

    @Test func itSaysWhatIsWrong() {
        for (spec, text) in StructuralSchemaTests.cases { #expect(schema.validate(["spec": spec]).map(\.description) == [text]) }
    }
}
