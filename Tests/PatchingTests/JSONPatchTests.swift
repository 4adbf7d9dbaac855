import Document
import Patching
import Schema
import Testing

@Suite struct JSONPatchTests {
    let kind = GroupVersionKind(version: "v1", kind: "ConfigMap")

    @Test(arguments: [
        (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
        (
            #"{"a":[1,2]}"#, #"[{"op":"add","path":"/a/1","value":9},{"op":"add","path":"/a/-","value":3}]"#,
            #"{"a":[1,9,2,3]}"#
        ),
        (
            #"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a/b","path":"/c"},{"op":"copy","from":"/c","path":"/d"}]"#,
            #"{"a":{},"c":1,"d":1}"#
        ),
        (
            #"{"a/b":1}"#, #"[{"op":"test","path":"/a~1b","value":1},{"op":"replace","path":"/a~1b","value":2}]"#,
            #"{"a/b":2}"#
        ),
        (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/0"}]"#, #"{"a":[2,3]}"#),
        // As upstream's library has it: the member of an object may be replaced and copied before it is there.
        (#"{"a":1}"#, #"[{"op":"replace","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
        (#"{"a":1}"#, #"[{"op":"copy","from":"/b","path":"/c"}]"#, #"{"a":1,"c":null}"#),
        (#"{"a":1}"#, #"[{"op":"add","path":"/b"}]"#, #"{"a":1,"b":null}"#),
        (#"{"a":1}"#, "null", #"{"a":1}"#),
    ])
    func applies(_ texts: (String, String, String)) throws {
        let result = try JSONPatch.apply(
            try JSON(parsing: texts.1), to: try JSON(parsing: texts.0), kind: kind, name: "c")
        #expect(result.text == texts.2)
    }

    @Test(arguments: [
        #"[{"op":"test","path":"/a","value":2}]"#, #"[{"op":"remove","path":"/b"}]"#,
        #"[{"op":"replace","path":"/b/c","value":1}]"#, #"[{"op":"copy","from":"/b/c","path":"/d"}]"#,
        #"[{"op":"add","path":"/x/y","value":1}]"#, #"[{"op":"what","path":"/a"}]"#,
    ])
    func refuses(_ patch: String) throws {
        let patch = try JSON(parsing: patch)
        let refused = #expect(throws: APIError.self) { try JSONPatch.apply(patch, to: ["a": 1], kind: kind, name: "c") }
        #expect(refused?.code == 422 && refused?.reason == "Invalid")
    }

    @Test func refusesTooManyOperations() {
        let patch = JSON.array(Array(repeating: ["op": "test", "path": "/a", "value": 1], count: 10_001))
        let refused = #expect(throws: APIError.self) { try JSONPatch.apply(patch, to: ["a": 1], kind: kind, name: "c") }
        #expect(refused?.code == 413)
    }

    @Test func refusesCopiesThatGrowWithoutEnd() {
        let patch = JSON.array((0..<200).map { ["op": "copy", "from": "/a", "path": .string("/a/k\($0)")] })
        let refused = #expect(throws: APIError.self) {
            try JSONPatch.apply(patch, to: ["a": ["b": "x"]], kind: kind, name: "c")
        }
        #expect(refused?.code == 413)
    }

    @Test func mergePatch() {
        #expect(
            MergePatch.apply(["a": ["b": nil, "c": 2], "d": [1]], to: ["a": ["b": 1], "d": [2, 3]]) == [
                "a": ["c": 2], "d": [1],
            ])
    }
}
