public import Schema

/// Which answer a request gets, by its Accept header: upstream's `NegotiateOutputMediaType`.
public enum Negotiation {
    /// What a kind of request can be answered with.
    public struct Offer: Sendable {
        public var allowsProtobuf: Bool
        /// Table and PartialObjectMetadata: reads of objects.
        public var allowsProjections: Bool
        public init(allowsProtobuf: Bool, allowsProjections: Bool) {
            self.allowsProtobuf = allowsProtobuf
            self.allowsProjections = allowsProjections
        }
        var names: String {
            "application/json, application/yaml" + (allowsProtobuf ? ", application/vnd.kubernetes.protobuf" : "")
        }
    }

    /// The format of the answer; 406 when nothing that is accepted is offered. `accept` is empty when the header is absent.
    public static func answer(
        accept: String, userAgent: String, query: Query, offer: Offer, isList: Bool, isWatch: Bool
    ) throws(APIError) -> AnswerFormat {
        if accept.isEmpty || isPlainJSON(accept.utf8) {
            return AnswerFormat(isPretty: isPretty(query, userAgent))
        }
        for clause in AcceptHeader(accept).clauses {
            for media in [AnswerFormat.Media.json, .yaml, .protobuf] {
                guard media != .protobuf || offer.allowsProtobuf else { continue }
                guard isNamed(media, clause) else { continue }
                guard let projection = projection(clause, media, offer, isList: isList, isWatch: isWatch) else {
                    continue
                }
                if isWatch, media == .yaml { continue }
                return AnswerFormat(
                    media: media, projection: projection, isPretty: media == .json && isPretty(query, userAgent))
            }
        }
        throw APIError(
            code: 406, reason: "NotAcceptable", message: "only the following media types are accepted: \(offer.names)")
    }

    /// Whether JSON stands first and nothing is said by parameters: most requests.
    private static func isPlainJSON(_ accept: String.UTF8View) -> Bool {
        var rest = accept[...]
        if rest.starts(with: "application/json".utf8) {
            rest = rest.dropFirst(16)
        } else if rest.starts(with: "*/*".utf8) {
            return rest.count == 3
        } else {
            return false
        }
        return (rest.isEmpty || rest.first == UInt8(ascii: ",")) && !rest.contains(UInt8(ascii: ";"))
    }

    private static func isNamed(_ media: AnswerFormat.Media, _ clause: AcceptHeader.Clause) -> Bool {
        if clause.type == "*" { return clause.subtype == "*" }
        guard clause.type == "application" else { return false }
        switch media {
        case .json: return clause.subtype == "json" || clause.subtype == "*"
        case .yaml: return clause.subtype == "yaml" || clause.subtype == "*"
        case .protobuf: return clause.subtype == "vnd.kubernetes.protobuf" || clause.subtype == "*"
        }
    }

    /// nil: this clause asks for what is not offered.
    private static func projection(
        _ clause: AcceptHeader.Clause, _ media: AnswerFormat.Media, _ offer: Offer, isList: Bool, isWatch: Bool
    ) -> AnswerFormat.Projection? {
        guard let kind = clause["as"], !kind.isEmpty else { return .object }
        guard offer.allowsProjections, media != .protobuf || kind != "Table", clause["g"] == "meta.k8s.io",
            let version = clause["v"], version == "v1" || version == "v1beta1"
        else { return nil }
        switch kind {
        case "Table": return .table(version: version)
        case "PartialObjectMetadata": return isList && !isWatch ? nil : .partialMetadata(version: version)
        case "PartialObjectMetadataList": return isList && !isWatch ? .partialMetadata(version: version) : nil
        default: return nil
        }
    }

    private static func isPretty(_ query: Query, _ userAgent: String) -> Bool {
        if let value = query["pretty"], !value.isEmpty {
            return ["1", "t", "T", "TRUE", "true", "True"].contains(value)
        }
        return userAgent.hasPrefix("curl") || userAgent.hasPrefix("Wget") || userAgent.hasPrefix("Mozilla/5.0")
    }

    /// How a body is written.
    public enum BodyFormat: Sendable, Equatable { case json, yaml, protobuf }

    /// How the body of a create or update is written, by its Content-Type (absent: JSON); 415 for others.
    public static func body(contentType: String, allowsProtobuf: Bool) throws(APIError) -> BodyFormat {
        switch mediaType(contentType) {
        case "", "application/json": return .json
        case "application/yaml": return .yaml
        case "application/vnd.kubernetes.protobuf" where allowsProtobuf: return .protobuf
        default:
            throw unsupported(
                ["application/json", "application/yaml"]
                    + (allowsProtobuf ? ["application/vnd.kubernetes.protobuf"] : []))
        }
    }

    /// What a PATCH's Content-Type says.
    public enum PatchFormat: String, Sendable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    /// The kind of patch; 415 for what is none. Custom resources know no strategic merge.
    public static func patch(contentType: String, allowsStrategic: Bool) throws(APIError) -> PatchFormat {
        if let format = PatchFormat(rawValue: mediaType(contentType)), allowsStrategic || format != .strategic {
            return format
        }
        var offered: [PatchFormat] = [.json, .merge]
        if allowsStrategic { offered.append(.strategic) }
        offered.append(.apply)
        throw unsupported(offered.map(\.rawValue))
    }

    private static func unsupported(_ offered: [String]) -> APIError {
        APIError(
            code: 415, reason: "UnsupportedMediaType",
            message:
                "the body of the request was in an unknown format - accepted media types include: \(offered.joined(separator: ", "))"
        )
    }

    /// The type and subtype in lower case, without parameters.
    private static func mediaType(_ contentType: String) -> String {
        let end = contentType.firstIndex(of: ";") ?? contentType.endIndex
        return Trim.spaces(contentType[..<end]).lowercased()
    }
}
