import Document
import Patching
import Schema
import Testing

/// Why an operation of a JSON patch cannot be done, in the words that webhooks are told; clients are told that it cannot.
@Suite struct UndoneOperationsTests {
    private static let index = "Unable to access invalid index: 7: invalid index referenced"
    private static let syntax = #"strconv.Atoi: parsing "x": invalid syntax"#

    @Test(arguments: [
        (
            #"{"op":"add","path":"/data/a/b"}"#,
            #"add operation does not apply: doc is missing path: "/data/a/b": missing value"#
        ),
        (#"{"op":"add","path":""}"#, #"add operation does not apply: doc is missing path: "": missing value"#),
        (#"{"op":"add","path":"data"}"#, #"add operation does not apply: doc is missing path: "data": missing value"#),
        (#"{"op":"add"}"#, "add operation failed to decode path: missing value"),
        (#"{"op":"add","path":1}"#, "add operation failed to decode path: missing value"),
        (#"{"op":"add","path":"/list/7"}"#, "error in add for path: '/list/7': " + index),
        (
            #"{"op":"add","path":"/list/x"}"#,
            "error in add for path: '/list/x': value was not a proper array index: 'x': " + syntax
        ),
        (
            #"{"op":"remove","path":"/none/x"}"#,
            #"remove operation does not apply: doc is missing path: "/none/x": missing value"#
        ),
        (
            #"{"op":"remove","path":"/data/x"}"#,
            "error in remove for path: '/data/x': Unable to remove nonexistent key: x: missing value"
        ),
        (#"{"op":"remove","path":"/list/7"}"#, "error in remove for path: '/list/7': " + index),
        (#"{"op":"remove","path":"/list/x"}"#, "error in remove for path: '/list/x': " + syntax),
        (
            #"{"op":"replace","path":"/none/a"}"#,
            "replace operation does not apply: doc is missing path: /none/a: missing value"
        ),
        (
            #"{"op":"replace","path":"/list/7"}"#,
            "replace operation does not apply: doc is missing key: /list/7: missing value"
        ),
        (#"{"op":"replace"}"#, "replace operation failed to decode path: operation missing path field: missing value"),
        (#"{"op":"test","path":"/data/a"}"#, "testing value /data/a failed: test failed"),
        (
            #"{"op":"test","path":"/none/x","value":"v"}"#,
            "test operation does not apply: is missing path: /none/x: missing value"
        ),
        (#"{"op":"test","path":"/list/7","value":"v"}"#, "error in test for path: '/list/7': " + index),
        (
            #"{"op":"move","from":"/data/x","path":"/y"}"#,
            "error in move for path: 'x': Unable to remove nonexistent key: x: missing value"
        ),
        (
            #"{"op":"move","from":"/none/x","path":"/y"}"#,
            "move operation does not apply: doc is missing from path: /none/x: missing value"
        ),
        (
            #"{"op":"move","from":"/data","path":"/data/x"}"#,
            "move operation does not apply: doc is missing destination path: /data/x: missing value"
        ),
        (#"{"op":"move","from":"/data/a","path":"/list/7"}"#, "error in move for path: '/list/7': " + index),
        (
            #"{"op":"move","path":"/x"}"#,
            "move operation failed to decode from: operation, missing from field: missing value"
        ),
        (#"{"op":"copy","from":"/list/7","path":"/x"}"#, "error in copy for from: '/list/7': " + index),
        (#"{"op":"copy","from":"/data/a","path":"/list/7"}"#, "error while adding value during copy: " + index),
        (
            #"{"op":"copy","from":"/data/a","path":"/none/x"}"#,
            "copy operation does not apply: doc is missing destination path: /none/x: missing value"
        ),
        (
            #"{"op":"copy","from":1,"path":"/x"}"#,
            "copy operation failed to decode from: json: cannot unmarshal number into Go value of type string"
        ),
        (#"{"op":"bogus","path":"/x"}"#, "Unexpected kind: bogus"), ("{}", "Unexpected kind: unknown"),
    ])
    func words(_ operation: String, _ message: String) throws {
        let target: JSON = ["data": ["a": "b"], "list": ["c"]]
        let parsed = try JSON(parsing: operation)
        let undone = #expect(throws: JSONPatch.Undone.self) { try JSONPatch.apply([parsed], to: target) }
        #expect(undone?.message == message)
        #expect(undone?.refusal.code == 422)
    }
}
