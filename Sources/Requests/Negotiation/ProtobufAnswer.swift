public import Document
import Schema

/// Answers in `application/vnd.kubernetes.protobuf`, made from the JSON that every answer is written as first.
public enum ProtobufAnswer {
    /// A document in its envelope: any built-in kind, its list, Status, PartialObjectMetadata and its list. nil when the kind
    /// has no protobuf form.
    public static func encode(_ document: JSON) -> [UInt8]? {
        let apiVersion = document["apiVersion"]?.string ?? ""
        let kind = document["kind"]?.string ?? ""
        if apiVersion.hasPrefix("meta.k8s.io/") {
            let raw: [UInt8]
            switch kind {
            case "PartialObjectMetadata": raw = partial(document)
            case "PartialObjectMetadataList":
                var list = ProtoWriter()
                list.data(1, listMetadata(document["metadata"] ?? .null))
                for item in document["items"]?.elements ?? [] { list.data(2, partial(item)) }
                raw = list.bytes
            default: return nil
            }
            return envelope(apiVersion, kind, raw)
        }
        guard let type = Catalog.builtin.type(for: GroupVersionKind(apiVersion: apiVersion, kind: kind)) else {
            return nil
        }
        return ProtobufCodec.encodeEnvelope(document, type)
    }

    /// One event of a watch: four bytes of length, then upstream's `WatchEvent` with the object's envelope in it.
    public static func frame(_ type: WatchEventType, _ object: JSON) -> [UInt8] {
        var event = ProtoWriter()
        event.string(1, type.rawValue)
        event.message(2) { $0.data(1, encode(object) ?? []) }
        let size = UInt32(truncatingIfNeeded: event.bytes.count)
        return [UInt8(size >> 24), UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255)] + event.bytes
    }

    static func envelope(_ apiVersion: String, _ kind: String, _ raw: [UInt8]) -> [UInt8] {
        var out = ProtoWriter()
        out.message(1) { meta in
            meta.string(1, apiVersion)
            meta.string(2, kind)
        }
        out.data(2, raw)
        out.string(3, "")
        out.string(4, "")
        return ProtobufCodec.magic + out.bytes
    }

    private static func partial(_ object: JSON) -> [UInt8] {
        var out = ProtoWriter()
        if let type = Catalog.builtin.types[WellKnown.objectMeta] {
            out.data(1, ProtobufCodec.encode(object["metadata"] ?? .null, type))
        }
        return out.bytes
    }

    private static func listMetadata(_ metadata: JSON) -> [UInt8] {
        guard let type = Catalog.builtin.types[WellKnown.listMeta] else { return [] }
        return ProtobufCodec.encode(metadata, type)
    }
}
