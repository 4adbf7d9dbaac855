public import Document

/// How an answer is written: media type, and what stands in place of the objects.
public struct AnswerFormat: Sendable, Hashable {
    public enum Media: Sendable, Hashable { case json, yaml, protobuf }
    /// `as=` of the Accept header. The string is the version of `meta.k8s.io` asked for: `v1` or `v1beta1`.
    public enum Projection: Sendable, Hashable {
        case object
        case table(version: String)
        case partialMetadata(version: String)
    }
    public var media: Media
    public var projection: Projection
    /// Indented JSON, for people (`?pretty=true`, curl, browsers).
    public var isPretty: Bool

    public init(media: Media = .json, projection: Projection = .object, isPretty: Bool = false) {
        self.media = media
        self.projection = projection
        self.isPretty = isPretty
    }
    public static let json = AnswerFormat()

    /// Whether stored bytes can be sent as they are.
    public var isPlain: Bool { media == .json && projection == .object && !isPretty }
    /// The `Content-Type` of an answer.
    public var contentType: String {
        switch media {
        case .json: "application/json"
        case .yaml: "application/yaml"
        case .protobuf: "application/vnd.kubernetes.protobuf"
        }
    }
    /// The `Content-Type` of a watch.
    public var watchContentType: String {
        media == .protobuf ? "application/vnd.kubernetes.protobuf;stream=watch" : contentType
    }
    /// The `apiVersion` of a Table or PartialObjectMetadata.
    public var metaAPIVersion: String {
        switch projection {
        case .table(let version), .partialMetadata(let version): "meta.k8s.io/" + version
        case .object: "meta.k8s.io/v1"
        }
    }
}

extension AnswerFormat {
    /// A document in this format's media type. What has no protobuf form is JSON.
    public func encode(_ document: JSON) -> [UInt8] {
        switch media {
        case .yaml: return document.yaml()
        case .protobuf: return ProtobufAnswer.encode(document) ?? document.encoded() + [10]
        case .json: return (isPretty ? PrettyJSON.indent(document.encoded()) : document.encoded()) + [10]
        }
    }
    /// The same from JSON bytes, for answers that were written as JSON first.
    public func reencode(_ json: [UInt8]) -> [UInt8] {
        switch media {
        case .yaml: return (try? JSON(parsing: json))?.yaml() ?? json
        case .protobuf: return (try? JSON(parsing: json)).flatMap(ProtobufAnswer.encode) ?? json
        case .json: return isPretty ? PrettyJSON.indent(json) + [10] : json
        }
    }
}
