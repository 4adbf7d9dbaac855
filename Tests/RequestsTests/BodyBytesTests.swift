import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

/// Answers are cut out of stored bytes; here they are compared with the same done on the tree.
@Suite struct BodyBytesTests {
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
    static let words = [
        "a", "kind", "metadata", "apiVersion", "resourceVersion", "\"", "\\", "}{", "ü", "\n", "[", "x,y", "name", "",
        "zz", "\u{2028}",
    ]

    static func value(_ random: inout Random, _ depth: Int) -> JSON {
        switch random.next() % (depth > 3 ? 4 : 6) {
        case 0: return .int(Int64(random.next() % 1000) - 500)
        case 1: return .string(words.randomElement(using: &random)! + words.randomElement(using: &random)!)
        case 2: return .bool(random.next() % 2 == 0)
        case 3: return .null
        case 4: return .array((0..<random.next() % 4).map { _ in value(&random, depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<random.next() % 5 { object[words.randomElement(using: &random)!] = value(&random, depth + 1) }
            return .object(object)
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func cutsAgreeWithTheTree(_ seed: UInt64) throws {
        var random = Random(state: seed)
        let format = AnswerFormat(projection: .partialMetadata(version: "v1"))
        for round in 0..<300 {
            var object = BodyBytesTests.value(&random, 0)
            if object.object == nil { object = ["a": object] }
            object["apiVersion"] = "v1"
            object["kind"] = "ConfigMap"
            var metadata = BodyBytesTests.value(&random, 1)
            if metadata.object == nil { metadata = [:] }
            metadata["name"] = "n"
            metadata["namespace"] = "n"
            metadata["labels"] = nil
            metadata["resourceVersion"] = .string(String(round))
            object["metadata"] = metadata
            let stored = StoredObject(
                key: ObjectKey(resource: "configmaps", namespace: "n", name: "n"), uid: "", revision: 1,
                body: object.encoded())
            let state = ClusterState()
            let list = ListAnswer(configMaps, [stored], state: state, format: .json, now: Timestamp(seconds: 0))
            var bare = object
            bare["apiVersion"] = nil
            bare["kind"] = nil
            #expect(try JSON(parsing: list.encoded())["items"] == [bare])
            let partial = try JSON(parsing: ObjectRendering(configMaps, format).bytes(stored.body))
            #expect(partial == ["apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata])
            // A change that takes the object out of the selection shows it as it was, at the new revision.
            let options = try ListOptions(Query(parsing: "labelSelector=!gone"[...]), isWatch: true)
            let watch = WatchFilter(
                try Selection(configMaps, namespace: "n", options: options, state: state), format: .json,
                query: Query(), state: state)
            let change = Change(kind: .updated, key: stored.key, uid: "", previousRevision: 1, body: stored.body)
            let left = StoredObject(
                key: stored.key, uid: "", revision: 2, body: Array(#"{"metadata":{"labels":{"gone":""}}}"#.utf8))
            let event = watch.event(for: change, revision: 777_777, before: stored, after: left)
            #expect(event?.type == .deleted)
            var moved = object
            moved["metadata", "resourceVersion"] = "777777"
            #expect(try JSON(parsing: event!.body) == moved)
        }
    }

    @Test func strangeTextIsRefusedNotFatal() throws {
        var random = Random(state: 99)
        let alphabet = Array("ab=!,() in notin<>./*\\[]{}?@\"'%;:&+-_\u{e9}\n\u{0}0".unicodeScalars)
        for _ in 0..<20_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random.next() % 14 { text.append(alphabet.randomElement(using: &random)!) }
            let input = String(text)
            if let selector = try? LabelSelector(parsing: input) {
                #expect(
                    try LabelSelector(parsing: selector.description).requirements.count == selector.requirements.count)
            }
            if let selector = try? FieldSelector(parsing: input) {
                #expect(try FieldSelector(parsing: selector.description) == selector)
            }
            _ = try? ContinueToken(input)
            _ = RequestInfo(method: "GET", target: "/api/v1/" + input)
            _ = try? Negotiation.answer(
                accept: input, userAgent: "", query: Query(),
                offer: .init(allowsProtobuf: true, allowsProjections: true), isList: true,
                isWatch: false)
        }
    }
}
