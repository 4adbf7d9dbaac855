import ClusterState
import Document
import Records
import Requests
import Schema

/// Kinds that every group knows and no resource has: options, Status, metadata alone.
enum MetaTypes {
    static func type(for kind: GroupVersionKind, in catalog: Catalog) -> TypeSchema? {
        catalog.type(for: kind) ?? catalog.types["io.k8s.apimachinery.pkg.apis.meta.v1." + kind.kind]
    }
}

/// Answers in the format that was negotiated.
enum AnswerEncoding {
    /// One object, from its stored form.
    static func object(
        _ object: StoredObject, _ type: ResourceType, format: AnswerFormat, query: Query, state: ClusterState, now: Timestamp
    ) -> [UInt8] {
        if case .table = format.projection {
            return written(ListAnswer(type, [object], state: state, format: format, query: query, now: now).encoded(), format)
        }
        return written(ObjectRendering(type, format).bytes(object.body), format)
    }

    /// The object that a write answers with.
    static func written(
        _ document: JSON, _ type: ResourceType, format: AnswerFormat, query: Query, state: ClusterState, now: Timestamp
    ) -> [UInt8] {
        guard document["kind"]?.string != "Status", format.projection != .object else { return written(document.encoded(), format) }
        let metadata = document["metadata"] ?? .null
        let stored = StoredObject(
            key: ObjectKey(
                group: type.store.group, resource: type.store.resource, namespace: metadata["namespace"]?.string ?? "",
                name: metadata["name"]?.string ?? ""),
            uid: metadata["uid"]?.string ?? "", revision: state.revision, body: document.encoded())
        return object(stored, type, format: format, query: query, state: state, now: now)
    }

    /// JSON as the media type that was asked for.
    static func written(_ bytes: [UInt8], _ format: AnswerFormat) -> [UInt8] {
        switch format.media {
        case .json: format.isPretty ? PrettyJSON.indent(bytes) : bytes
        case .yaml: (try? JSON(parsing: bytes))?.yaml() ?? bytes
        case .protobuf: protobuf(bytes)
        }
    }

    /// An object or list of a built-in kind in its envelope.
    private static func protobuf(_ bytes: [UInt8]) -> [UInt8] {
        let document = (try? JSON(parsing: bytes)) ?? .null
        let kind = GroupVersionKind(apiVersion: document["apiVersion"]?.string ?? "", kind: document["kind"]?.string ?? "")
        guard let type = MetaTypes.type(for: kind, in: .builtin) else { return bytes }
        return ProtobufCodec.encodeEnvelope(document, type)
    }
}
