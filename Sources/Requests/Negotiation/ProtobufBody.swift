public import Document
public import Schema

/// Bodies of requests in `application/vnd.kubernetes.protobuf`.
public enum ProtobufBody {
    /// The object in an envelope, with its `apiVersion` and `kind`. Zero values stand as they were sent: conform it. 400 for
    /// bytes that are no envelope, and for kinds that have no protobuf form.
    public static func document(_ bytes: [UInt8]) throws(APIError) -> JSON {
        let envelope = try ProtobufCodec.openEnvelope(bytes)
        let kind = GroupVersionKind(apiVersion: envelope.apiVersion, kind: envelope.kind)
        var type = Catalog.builtin.type(for: kind)
        if type == nil, envelope.kind.hasSuffix("Options") {
            // Clients write options under the group of the resource they are for.
            type = Catalog.builtin.type(for: GroupVersionKind(version: "v1", kind: envelope.kind))
        }
        guard let type else {
            throw .badRequest(
                "no kind \(goQuoted(envelope.kind)) is registered for version \(goQuoted(envelope.apiVersion)) in protobuf"
            )
        }
        var document = try ProtobufCodec.decode(envelope.raw, type)
        if document.object == nil { document = [:] }
        document["apiVersion"] = .string(envelope.apiVersion)
        document["kind"] = .string(envelope.kind)
        return document
    }
}
