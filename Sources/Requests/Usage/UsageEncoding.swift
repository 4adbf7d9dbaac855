public import Document
import Schema

/// The answers of the metrics API in the forms that can be asked for. Its kinds have no schema in the catalog.
extension UsageAPI {
    /// Writes an object, or a list, in a format.
    public static func encode(_ document: JSON, _ format: AnswerFormat, query: Query) -> [UInt8] {
        var document = document
        switch format.projection {
        case .object: break
        case .table: document = table(document, format, query)
        case .partialMetadata: document = partial(document, format)
        }
        if format.media == .protobuf, format.projection == .object { return protobuf(document) }
        return format.encode(document)
    }

    private static func items(_ document: JSON) -> [JSON] {
        guard let items = document["items"]?.elements else { return [document] }
        let kind = String((document["kind"]?.string ?? "").dropLast(4))
        return items.map { item in
            var item = item
            item["kind"] = .string(kind)
            item["apiVersion"] = .string(apiVersion)
            return item
        }
    }

    private static func partial(_ document: JSON, _ format: AnswerFormat) -> JSON {
        func one(_ object: JSON) -> JSON {
            [
                "kind": "PartialObjectMetadata", "apiVersion": .string(format.metaAPIVersion),
                "metadata": object["metadata"] ?? [:],
            ]
        }
        guard document["items"] != nil else { return one(document) }
        return [
            "kind": "PartialObjectMetadataList", "apiVersion": .string(format.metaAPIVersion), "metadata": [:],
            "items": .array(items(document).map(one)),
        ]
    }

    // MARK: Table

    private static func table(_ document: JSON, _ format: AnswerFormat, _ query: Query) -> JSON {
        func column(_ name: String, _ format: String, _ description: String = "") -> JSON {
            [
                "name": .string(name), "type": "string", "format": .string(format),
                "description": .string(description), "priority": 0,
            ]
        }
        let rows: [JSON] = items(document).map { object in
            let usage = total(object)
            let included: JSON
            switch query["includeObject"] {
            case "None": included = .null
            case "Object": included = object
            default:
                included = [
                    "kind": "PartialObjectMetadata", "apiVersion": .string(format.metaAPIVersion),
                    "metadata": object["metadata"] ?? [:],
                ]
            }
            return [
                "cells": [
                    object["metadata", "name"] ?? "", .string(usage.cpu), .string(usage.memory),
                    object["window"] ?? "",
                ],
                "object": included,
            ]
        }
        return [
            "kind": "Table", "apiVersion": .string(format.metaAPIVersion), "metadata": [:],
            "columnDefinitions": [
                column("Name", "name", "Name of the resource"), column("cpu", "quantity"),
                column("memory", "quantity"), column("Window", "duration"),
            ],
            "rows": .array(rows),
        ]
    }

    private static func total(_ object: JSON) -> (cpu: String, memory: String) {
        let all = object["containers"]?.elements.map { $0["usage"] ?? .null } ?? [object["usage"] ?? .null]
        func sum(_ resource: String) -> String {
            all.compactMap { $0[resource].flatMap { Quantity($0) } }.reduce(.zero, +).text
        }
        return (sum("cpu"), sum("memory"))
    }

    // MARK: protobuf

    private static func protobuf(_ document: JSON) -> [UInt8] {
        let kind = document["kind"]?.string ?? ""
        var raw = ProtoWriter()
        if let items = document["items"]?.elements {
            raw.data(1, [])
            for item in items { raw.message(2) { write(item, into: &$0) } }
        } else {
            write(document, into: &raw)
        }
        return ProtobufAnswer.envelope(apiVersion, kind, raw.bytes)
    }

    private static func write(_ object: JSON, into out: inout ProtoWriter) {
        if let type = Catalog.builtin.types[WellKnown.objectMeta] {
            out.data(1, ProtobufCodec.encode(object["metadata"] ?? .null, type))
        }
        let time = object["timestamp"]?.string.flatMap { Timestamp(rfc3339: $0) }?.microseconds ?? 0
        out.message(2) { $0.integer(1, .int(time / 1_000_000)) }
        let window = object["window"]?.string.flatMap { GoDuration.microseconds($0) } ?? 0
        out.message(3) { $0.integer(1, .int(window * 1000)) }
        for container in object["containers"]?.elements ?? [] {
            out.message(4) { message in
                message.string(1, container["name"]?.string ?? "")
                write(container["usage"], as: 2, into: &message)
            }
        }
        if object["usage"] != nil { write(object["usage"], as: 4, into: &out) }
    }

    /// A map of quantities.
    private static func write(_ amounts: JSON?, as number: Int, into out: inout ProtoWriter) {
        for (name, amount) in amounts?.entries.stringPairs ?? [] {
            out.message(number) { entry in
                entry.string(1, name)
                entry.message(2) { $0.string(1, amount) }
            }
        }
    }
}
