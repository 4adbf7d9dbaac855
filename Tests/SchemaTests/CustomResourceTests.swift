import Document
import Schema
import Testing

@Suite struct CustomResourceTests {
    let type: TypeSchema

    init() throws {
        let schema = try JSON(
            parsing: #"""
                {"type":"object","properties":{"status":{"type":"object","properties":{"ready":{"type":"boolean"}}},
                 "spec":{"type":"object","required":["size"],"properties":{
                  "color":{"type":"string","default":"red","enum":["red","green"]},
                  "either":{"x-kubernetes-int-or-string":true},
                  "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
                  "name":{"type":"string","pattern":"^[a-z]+$"},
                  "nul":{"type":"string","nullable":true},
                  "ports":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],
                   "items":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"v":{"type":"string"}}}},
                  "size":{"type":"integer","minimum":1,"maximum":10},
                  "tags":{"type":"array","maxItems":3,"items":{"type":"string","maxLength":5}},
                  "when":{"type":"string","format":"date-time"}}}}}
                """#)
        type = StructuralSchema.type(
            for: GroupVersionKind(group: "x.example", version: "v1", kind: "Widget"), schema: schema, hasStatus: true)
    }

    @Test func prunesAndDefaults() throws {
        var widget: JSON = [
            "apiVersion": "x.example/v1", "kind": "Widget", "metadata": ["name": "w", "odd": 1],
            "spec": [
                "size": 3, "unknown": 1, "name": nil, "nul": nil, "free": ["a": ["b": 1]], "ports": [["n": 1, "q": 2]],
            ],
        ]
        let unknown = try Conforming.conform(&widget, to: type)
        #expect(unknown == ["metadata.odd", "spec.ports[0].q", "spec.unknown"])
        #expect(widget["spec"]?.text == #"{"color":"red","free":{"a":{"b":1}},"nul":null,"ports":[{"n":1}],"size":3}"#)
    }

    @Test(arguments: [
        (#"{"size":0}"#, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        (
            #"{"size":"x"}"#,
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\""
        ),
        (
            #"{"size":1,"color":"blue"}"#,
            "spec.color: Unsupported value: \"blue\": supported values: \"red\", \"green\""
        ),
        (#"{"size":1,"tags":["a","b","c","d"]}"#, "spec.tags: Too many: 4: must have at most 3 items"),
        (#"{"size":1,"name":"ABC"}"#, "spec.name: Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'"),
        (#"{"size":1,"ports":[{"n":1},{"n":1}]}"#, #"spec.ports[1]: Duplicate value: {"n":1}"#),
        (
            #"{"size":1,"when":"yesterday"}"#,
            "spec.when: Invalid value: \"yesterday\": spec.when in body must be of type date-time: \"yesterday\""
        ),
        (
            #"{"size":1,"either":true}"#,
            "spec.either: Invalid value: \"boolean\": spec.either in body must be of type integer,string: \"boolean\""
        ),
        (#"{}"#, "spec.size: Required value"),
    ])
    func saysWhatIsWrong(_ pair: (String, String)) throws {
        let document: JSON = ["spec": try JSON(parsing: pair.0)]
        #expect(type.structural?.validate(document).map(\.description) == [pair.1])
    }

    @Test(arguments: [
        ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "web-1", "-web"), ("a{2,3}", "xaay", "xay"), ("^(a|bc)+$", "abcbca", "abb"),
        ("\\d+\\.\\d+", "v1.20", "v1"), ("(?i)^HELLO$", "hello", "hell"), ("^[^/]+$", "abc", "a/b"),
        ("^\\S*$", "abc", "a b"),
        ("^[[:alpha:]_]+$", "ab_C", "ab1"), ("^.{3}$", "äöü", "ab"),
        ("^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaab"),
    ])
    func patterns(_ texts: (String, String, String)) {
        let schema = StructuralSchema([
            "type": "object", "properties": ["s": ["type": "string", "pattern": .string(texts.0)]],
        ])
        #expect(schema.validate(["s": .string(texts.1)]).isEmpty)
        #expect(schema.validate(["s": .string(texts.2)]).count == 1)
    }
}
