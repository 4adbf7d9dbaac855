import ClusterState
import Document
import Records
import Requests
import Schema

/// Answers in the format that was negotiated.
enum AnswerEncoding {
    /// One object, from its stored form.
    static func object(
        _ object: StoredObject, _ type: ResourceType, format: AnswerFormat, query: Query, state: ClusterState,
        now: Timestamp
    ) -> [UInt8] {
        if case .table = format.projection {
            return written(
                ListAnswer(type, [object], state: state, format: format, query: query, now: now).encoded(), format)
        }
        return written(ObjectRendering(type, format).bytes(object.body), format)
    }

    /// The object that a write answers with.
    static func written(
        _ document: JSON, _ type: ResourceType, format: AnswerFormat, query: Query, state: ClusterState, now: Timestamp
    ) -> [UInt8] {
        guard document["kind"]?.string != "Status", format.projection != .object else {
            return written(document.encoded(), format)
        }
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
        case .protobuf: format.reencode(bytes)
        }
    }
}
