import Document
import Requests
import Schema
import Testing

/// OpenAPI 3 as protobuf, by the numbers of gnostic's messages.
@Suite struct OpenAPIMessageTests {
    /// A short text as a field.
    private func text(_ number: UInt8, _ text: String) -> [UInt8] {
        [number << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    /// The bytes with every length in its shortest form: messages are written with room for the longest.
    private func message(_ document: JSON) -> [Parsed] { Parsed.read(OpenAPIv3Message.encode(document)) }

    indirect enum Parsed: Equatable {
        case varint(Int, UInt64)
        case fixed(Int, UInt64)
        case bytes(Int, [UInt8])
        static func read(_ bytes: [UInt8]) -> [Parsed] {
            var (out, at): ([Parsed], Int) = ([], 0)
            func varint() -> UInt64 {
                var (value, shift): (UInt64, UInt64) = (0, 0)
                while true {
                    let byte = bytes[at]
                    at += 1
                    value |= UInt64(byte & 0x7F) << shift
                    if byte < 0x80 { return value }
                    shift += 7
                }
            }
            while at < bytes.count {
                let key = varint()
                switch key & 7 {
                case 0: out.append(.varint(Int(key >> 3), varint()))
                case 1:
                    var value: UInt64 = 0
                    for i in 0..<8 { value |= UInt64(bytes[at + i]) << UInt64(8 * i) }
                    at += 8
                    out.append(.fixed(Int(key >> 3), value))
                default:
                    let length = Int(varint())
                    out.append(.bytes(Int(key >> 3), Array(bytes[at..<at + length])))
                    at += length
                }
            }
            return out
        }
    }

    private func inside(_ parsed: [Parsed], _ path: Int...) -> [Parsed] {
        var level = parsed
        for number in path {
            let found = level.lazy.compactMap { part -> [UInt8]? in
                if case .bytes(number, let bytes) = part { bytes } else { nil }
            }.first
            level = Parsed.read(found ?? [])
        }
        return level
    }

    @Test func aSchemaIsWrittenByItsNumbers() {
        let document: JSON = [
            "openapi": "3.0.0", "info": ["title": "K", "version": "v1"],
            "components": [
                "schemas": [
                    "A": [
                        "type": "object", "description": "d", "required": ["a"], "x-kubernetes-map-type": "atomic",
                        "properties": [
                            "a": ["type": "integer", "default": 0, "format": "int32", "minimum": 1],
                            "b": ["type": "boolean", "default": false], "c": ["type": "string", "default": ""],
                            "d": ["default": [:], "allOf": [["$ref": "#/r"]]],
                            "e": ["type": "array", "items": ["$ref": "#/r"], "maxItems": 3],
                            "f": ["type": "object", "additionalProperties": true],
                            "g": ["type": "string", "enum": ["x", "y"]],
                        ],
                    ]
                ]
            ],
        ]
        let whole = message(document)
        #expect(whole.first == .bytes(1, Array("3.0.0".utf8)))
        #expect(inside(whole, 2) == [.bytes(1, [0x4B]), .bytes(6, Array("v1".utf8))])
        // components, schemas, the first entry, its value, the schema in it
        let entry = inside(whole, 5, 1, 1)
        #expect(entry.first == .bytes(1, [0x41]))
        let schema = inside(entry, 2, 1)
        #expect(schema.contains(.bytes(25, Array("object".utf8))) && schema.contains(.bytes(34, [0x64])))
        #expect(schema.contains(.bytes(23, [0x61])))
        #expect(inside(schema, 36) == [.bytes(1, Array("x-kubernetes-map-type".utf8)), .bytes(2, text(2, "atomic\n"))])
        func property(_ name: String) -> [Parsed] {
            for case .bytes(1, let bytes) in inside(schema, 31) {
                let named = Parsed.read(bytes)
                if named.first == .bytes(1, Array(name.utf8)) { return inside(named, 2, 1) }
            }
            return []
        }
        #expect(inside(property("a"), 33) == [.fixed(1, 0)])
        #expect(property("a").contains(.fixed(13, (1.0).bitPattern)))
        #expect(inside(property("b"), 33) == [.varint(2, 0)])
        #expect(inside(property("c"), 33) == [.bytes(3, [])])
        #expect(property("d").contains(.bytes(33, [])))
        #expect(inside(property("d"), 26, 2) == [.bytes(1, Array("#/r".utf8))])
        #expect(inside(property("e"), 30, 1, 2) == [.bytes(1, Array("#/r".utf8))])
        #expect(property("e").contains(.varint(18, 3)))
        #expect(inside(property("f"), 32) == [.varint(2, 1)])
        #expect(inside(property("g"), 24) == [.bytes(2, Array("x\n".utf8))])
    }

    @Test(arguments: [
        ("", 200, "application/json"), ("*/*", 200, "application/json"), ("text/plain", 406, ""),
        (
            "application/com.github.proto-openapi.spec.v3@v1.0+protobuf", 200,
            "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
        ),
        (
            "application/com.github.proto-openapi.spec.v3.v1.0+protobuf", 200,
            "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
        ),
        ("application/com.github.proto-openapi.spec.v3.v1+protobuf", 406, ""),
        ("application/com.github.proto-openapi.spec.v3@v1.0+protobuf;q=0.5, application/json", 200, "application/json"),
    ])
    func theFormIsNegotiated(_ accept: String, _ code: Int, _ type: String) throws {
        let documents = OpenAPIv3(.builtin, definitions: [], version: "v1.36.2")
        func answer(_ query: String, known: String = "") -> OpenAPIAnswer? {
            OpenAPIAnswer.v3(
                documents, path: "/openapi/v3/apis/apps/v1", query: Query(parsing: query[...]), accept: accept,
                ifNoneMatch: known)
        }
        let plain = try #require(answer(""))
        #expect(plain.code == code && plain.contentType == type)
        if code != 200 { return }
        let document = try #require(documents.documents.first { $0.path == "apis/apps/v1" })
        #expect(plain.etag == "\"\(document.hash)\"" && !plain.isImmutable)
        #expect(plain.body == (type == "application/json" ? document.bytes : document.protobuf()))
        #expect(answer("", known: plain.etag)?.code == 304)
        #expect(answer("hash=\(document.hash)")?.isImmutable == true)
        #expect(answer("hash=0")?.code == 301)
        #expect(answer("hash=0")?.location == "/openapi/v3/apis/apps/v1?hash=\(document.hash)")
    }
}
