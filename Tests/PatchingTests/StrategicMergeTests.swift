import Document
import Patching
import Schema
import Testing

@Suite struct StrategicMergeTests {
    static let pod = Catalog.builtin.resource(apiVersion: "v1", "pods")!.schema!

    static let cases: [(String, String, String)] = [
        // Containers merge by name, and keep the server's order.
        (
            #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}"#,
            #"{"spec":{"containers":[{"name":"b","image":"2"}]}}"#,
            #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}"#
        ),
        (
            #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
            #"{"spec":{"containers":[{"name":"c","image":"1","env":null}]}}"#,
            #"{"spec":{"containers":[{"name":"c","image":"1"},{"name":"a"},{"name":"b"}]}}"#
        ),
        (
            #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
            #"{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}"#,
            #"{"spec":{"containers":[{"name":"b"}]}}"#
        ),
        (
            #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
            #"{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}"#,
            #"{"spec":{"containers":[{"name":"c"}]}}"#
        ),
        (
            #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
            #"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"c"},{"name":"a"}],"containers":[{"name":"c","image":"x"}]}}"#,
            #"{"spec":{"containers":[{"name":"b"},{"name":"c","image":"x"},{"name":"a"}]}}"#
        ),
        // Atomic lists are replaced, maps are merged, null deletes.
        (
            #"{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"a","args":["x","y"]}]}}"#,
            #"{"metadata":{"labels":{"a":null,"c":"3"}},"spec":{"containers":[{"name":"a","args":["z"]}]}}"#,
            #"{"metadata":{"labels":{"b":"2","c":"3"}},"spec":{"containers":[{"name":"a","args":["z"]}]}}"#
        ),
        // Primitive lists with the merge strategy.
        (
            #"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"finalizers":["c","a"]}}"#,
            #"{"metadata":{"finalizers":["c","a","b"]}}"#
        ),
        (
            #"{"metadata":{"finalizers":["a","b","c"]}}"#,
            #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}}"#,
            #"{"metadata":{"finalizers":["a","c"]}}"#
        ),
        // Volumes keep only the members that the patch retains.
        (
            #"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
            #"{"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}}"#,
            #"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}"#
        ),
        (
            #"{"spec":{"nodeName":"n","hostname":"h"}}"#, #"{"spec":{"$patch":"replace","hostname":"i"}}"#,
            #"{"spec":{"hostname":"i"}}"#
        ),
    ]

    @Test(arguments: cases)
    func merges(_ texts: (String, String, String)) throws {
        let result = try StrategicMergePatch.apply(
            try JSON(parsing: texts.1), to: try JSON(parsing: texts.0), schema: Self.pod)
        #expect(result.text == (try JSON(parsing: texts.2)).text)
    }

    @Test func refusesListsWithoutTheirKey() {
        let refused = #expect(throws: APIError.self) {
            try StrategicMergePatch.apply(
                ["spec": ["containers": [["image": "x"]]]], to: ["spec": ["containers": [["name": "a"]]]],
                schema: Self.pod)
        }
        #expect(refused?.code == 500)
    }
}
