import Document
import Requests
import Schema
import Testing

@Suite struct NegotiationTests {
    func format(_ accept: String, list: Bool = true, protobuf: Bool = true) -> String {
        do {
            let format = try Negotiation.answer(
                accept: accept, userAgent: "", query: Query(),
                offer: .init(allowsProtobuf: protobuf, allowsProjections: true),
                isList: list, isWatch: false)
            return "\(format.media) \(format.projection)"
        } catch { return "\(error.code) \(error.message)" }
    }

    @Test func acceptHeaders() {
        #expect(format("") == "json object")
        #expect(format("*/*") == "json object")
        #expect(format("application/vnd.kubernetes.protobuf, */*") == "protobuf object")
        #expect(format("application/vnd.kubernetes.protobuf, */*", protobuf: false) == "json object")
        #expect(format("application/json;q=0.1,application/yaml") == "yaml object")
        #expect(
            format("application/json;as=Table;v=v1;g=meta.k8s.io,application/json") == "json table(version: \"v1\")")
        #expect(format("application/json;as=Table;v=v2;g=meta.k8s.io,application/json") == "json object")
        #expect(
            format("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json") == "json object")
        #expect(
            format("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
                == "json partialMetadata(version: \"v1\")")
        #expect(
            format("application/cbor")
                == "406 only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        )
    }

    @Test func bodies() throws {
        #expect(try Negotiation.body(contentType: "application/json; charset=utf-8", allowsProtobuf: false) == .json)
        #expect(throws: APIError.self) { try Negotiation.body(contentType: "text/plain", allowsProtobuf: true) }
        do {
            _ = try Negotiation.patch(contentType: "application/strategic-merge-patch+json", allowsStrategic: false)
        } catch {
            #expect(error.code == 415)
            #expect(
                error.message
                    == "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
            )
        }
    }

    @Test func yamlAndIndentedJSON() {
        let value: JSON = [
            "a": [["b": 1, "c": "yes"], "x: y"], "d": [:], "e": ["f": ["g"]], "h": "plain text", "i": "1",
        ]
        #expect(
            text(value.yaml()) == """
                a:
                - b: 1
                  c: "yes"
                - "x: y"
                d: {}
                e:
                  f:
                  - g
                h: plain text
                i: "1"

                """)
        #expect(
            text(PrettyJSON.indent(Array(#"{"a":[1,{"b":"{,"}],"c":{}}"#.utf8))) == """
                {
                  "a": [
                    1,
                    {
                      "b": "{,"
                    }
                  ],
                  "c": {}
                }
                """)
    }
}

@Suite struct ProtobufAnswerTests {
    @Test func objectsListsAndEvents() throws {
        let pod: JSON = ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["nodeName": "n"]]
        let type = Catalog.builtin.type(for: GroupVersionKind(version: "v1", kind: "Pod"))!
        let one = try ProtobufCodec.openEnvelope(ProtobufAnswer.encode(pod)!)
        #expect(one.kind == "Pod")
        #expect(try ProtobufCodec.decode(one.raw, type)["metadata", "name"] == "p")
        #expect(try ProtobufBody.document(ProtobufAnswer.encode(pod)!)["spec", "nodeName"] == "n")
        let list: JSON = [
            "apiVersion": "v1", "kind": "PodList", "metadata": ["resourceVersion": "7"],
            "items": [["metadata": ["name": "p"]]],
        ]
        let many = try ProtobufCodec.openEnvelope(ProtobufAnswer.encode(list)!)
        let listType = Catalog.builtin.type(for: GroupVersionKind(version: "v1", kind: "PodList"))!
        #expect(try ProtobufCodec.decode(many.raw, listType)["items"]?[0]?["metadata", "name"] == "p")
        #expect(ProtobufAnswer.encode(["apiVersion": "example.com/v1", "kind": "Widget"]) == nil)
        #expect(ProtobufAnswer.encode(APIError.notFound(.init(resource: "pods"), "x").document) != nil)
        let frame = ProtobufAnswer.frame(.added, pod)
        #expect(frame.count == 4 + Int(frame[2]) << 8 + Int(frame[3]))
        #expect(Array(frame[4..<11]) == [0x0A, 5] + Array("ADDED".utf8))
    }
}
