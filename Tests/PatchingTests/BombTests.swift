import Document
import Patching
import Schema
import Testing

/// Bodies made to cost much: each must end at once, whatever it answers.
@Suite struct BombTests {
    let many = 100_000
    func members(_ prefix: String) -> JSON {
        .object(JSONObject((0..<many).map { (prefix + String(100_000 + $0), JSON.string("")) }))
    }

    @Test func unknownMembers() throws {
        let type = try #require(Catalog.builtin.resource(apiVersion: "v1", "pods")?.schema)
        var pod: JSON = ["spec": members("k")]
        #expect(try Conforming.conform(&pod, to: type).count == 100)
        #expect(pod["spec"]?.entries.keys == ["containers"])
    }

    @Test func repeatedMembers() throws {
        let text = "{" + Array(repeating: "\"a\":1", count: many).joined(separator: ",") + "}"
        var repeated: [String] = []
        let read = try JSON.parse(Array(text.utf8), duplicates: &repeated)
        #expect(read == ["a": 1] && repeated.count == 100)
    }

    @Test func interleavedMembers() throws {
        let type = try #require(Catalog.builtin.resource(apiVersion: "v1", "configmaps")?.schema)
        let live: JSON = ["data": members("a")]
        let patch: JSON = [
            "data": .object(JSONObject((0..<many).map { ("a" + String(100_000 + $0) + "x", JSON.string("")) }))
        ]
        #expect(MergePatch.apply(patch, to: live)["data"]?.entries.count == 2 * many)
        #expect(try StrategicMergePatch.apply(patch, to: live, schema: type)["data"]?.entries.count == 2 * many)
    }

    /// Ten thousand operations on long arrays and large objects: each costs what it changes.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            #"{"op":"add","path":"/list/0","value":"v"}"#, #"{"op":"move","from":"/list/0","path":"/list/-"}"#,
            #"{"op":"remove","path":"/list/0"}"#, #"{"op":"add","path":"/map/NUMBER","value":"v"}"#,
            #"{"op":"move","from":"/map/a1NUMBER","path":"/map/NUMBER"}"#,
            #"{"op":"test","path":"/list/99999","value":"e"}"#,
            #"{"op":"replace","path":"/list/50000","value":"e"}"#,
        ])
    func patchesOfManyOperations(_ operation: String) throws {
        let live: JSON = ["list": .array(Array(repeating: "e", count: many)), "map": members("a")]
        let operations = try (0..<JSONPatch.operationsMax).map { number in
            let name = String(String(90_000 + number).dropFirst(operation.contains("a1NUMBER") ? 0 : 1))
            return try JSON(parsing: operation.replacing("NUMBER", with: name))
        }
        let patched = try JSONPatch.apply(
            .array(operations), to: live, kind: GroupVersionKind(version: "v1", kind: "ConfigMap"), name: "c")
        let length = patched["list"]?.elements.count
        #expect(length == many || length == many + 10_000 || length == many - 10_000)
    }

    /// As many managers as an object can name: the oldest become one entry, at once.
    @Test(.timeLimit(.minutes(1))) func managers() throws {
        let type = try #require(Catalog.builtin.resource(apiVersion: "v1", "configmaps")?.schema)
        var old: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": members("k")]
        old["metadata", "managedFields"] = .array(
            (0..<20_000).map { number in
                [
                    "manager": .string("m\(number)"), "operation": "Update", "apiVersion": "v1",
                    "fieldsType": "FieldsV1", "time": "2026-01-01T00:00:00Z",
                    "fieldsV1": ["f:data": .object(JSONObject([("f:k\(100_000 + number)", [:])]))],
                ]
            })
        var new = old
        new["data", "k100000"] = "changed"
        ManagedFields.recordUpdate(
            old: old, new: &new, manager: "me", apiVersion: "v1", time: Timestamp(seconds: 1_800_000_000),
            subresource: "", schema: type)
        let entries = new["metadata", "managedFields"]?.elements ?? []
        #expect(entries.count == 10)
        let ancient = entries.first { $0["manager"] == "ancient-changes" }
        #expect((ancient?["fieldsV1", "f:data"]?.entries.count ?? 0) > 19_900)
    }

    /// The entries of a map in no order, as protobuf has them; the last of a name counts.
    @Test(.timeLimit(.minutes(1))) func mapsOfProtobuf() throws {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
        let type = try #require(Catalog.builtin.resource(apiVersion: "v1", "configmaps")?.schema)
        var message: [UInt8] = []
        for number in 0..<200_001 {
            let key = "k\(number * 7919 % 200_000)"
            message += field(2, field(1, Array(key.utf8)) + field(2, Array(String(number).utf8)))
        }
        let read = try ProtobufCodec.decode(message, type)["data"]
        #expect(read?.entries.count == 200_000)
        #expect(read?["k0"] == "200000" && read?["k7919"] == "1")
    }

    @Test func deletedElements() throws {
        let type = try #require(Catalog.builtin.resource(apiVersion: "v1", "pods")?.schema)
        let names = (0..<20_000).map { JSON.string("c\($0)") }
        let live: JSON = ["spec": ["containers": .array(names.map { ["name": $0] })]]
        let patch: JSON = ["spec": ["containers": .array(names.map { ["name": $0, "$patch": "delete"] })]]
        #expect(try StrategicMergePatch.apply(patch, to: live, schema: type)["spec", "containers"] == [])
    }
}
