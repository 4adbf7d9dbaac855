public import Schema

/// One answer to a request below `/openapi`.
public struct OpenAPIAnswer: Sendable {
    /// 200, or 304 with an empty body.
    public var code: Int
    public var contentType: String
    public var body: [UInt8]
    /// With its quotes.
    public var etag: String
    /// Whether the answer never changes: it was asked for by its content address.
    public var isImmutable: Bool
    /// Where the newest document is, for a 301; empty otherwise.
    public var location = ""

    /// `/openapi/v2`; 406 when neither JSON nor gnostic's protobuf is accepted.
    public static func v2(_ document: OpenAPIv2, accept: String, ifNoneMatch: String) throws(APIError) -> OpenAPIAnswer
    {
        let protobuf = "com.github.proto-openapi.spec.v2.v1+protobuf"
        var wantsProtobuf = false
        if !accept.isEmpty {
            var isOffered = false
            for clause in AcceptHeader(accept).clauses {
                let isAny = clause.type == "*" || (clause.type == "application" && clause.subtype == "*")
                if isAny || (clause.type == "application" && clause.subtype == "json") {
                    isOffered = true
                    break
                }
                if clause.type == "application",
                    clause.subtype == protobuf || clause.subtype == "com.github.proto-openapi.spec.v2@v1.0+protobuf"
                {
                    (isOffered, wantsProtobuf) = (true, true)
                    break
                }
            }
            if !isOffered { throw notAcceptable(["application/json", "application/" + protobuf]) }
        }
        let type = wantsProtobuf ? "application/" + protobuf : "application/json"
        if ifNoneMatch == document.etag {
            return OpenAPIAnswer(code: 304, contentType: type, body: [], etag: document.etag, isImmutable: false)
        }
        return OpenAPIAnswer(
            code: 200, contentType: type, body: wantsProtobuf ? document.protobuf : document.json, etag: document.etag,
            isImmutable: false)
    }

    /// `/openapi/v3` and what is below it; nil for a path that is not there (404). A document is JSON or gnostic's protobuf under
    /// one content address; 406 without a body when neither is accepted. The index is JSON whatever is accepted.
    public static func v3(
        _ documents: OpenAPIv3, path: String, query: Query, accept: String, ifNoneMatch: String
    ) -> OpenAPIAnswer? {
        let rest = path.split(separator: "/", omittingEmptySubsequences: true).dropFirst(2).joined(separator: "/")
        if rest.isEmpty {
            return OpenAPIAnswer(
                code: 200, contentType: "text/plain; charset=utf-8", body: documents.index, etag: "", isImmutable: false
            )
        }
        guard let document = documents.documents.first(where: { $0.path == rest }) else { return nil }
        guard let wantsProtobuf = wantsProtobufV3(accept) else {
            return OpenAPIAnswer(code: 406, contentType: "", body: [], etag: "", isImmutable: false)
        }
        let type = wantsProtobuf ? "application/com.github.proto-openapi.spec.v3.v1.0+protobuf" : "application/json"
        let tag = "\"\(document.hash)\""
        if let asked = query["hash"], !asked.isEmpty, asked != document.hash {
            return OpenAPIAnswer(
                code: 301, contentType: type, body: [], etag: tag, isImmutable: false,
                location: "/openapi/v3/\(rest)?hash=\(document.hash)")
        }
        let isImmutable = query["hash"] == document.hash
        if ifNoneMatch == tag {
            return OpenAPIAnswer(code: 304, contentType: type, body: [], etag: tag, isImmutable: isImmutable)
        }
        return OpenAPIAnswer(
            code: 200, contentType: type, body: wantsProtobuf ? document.protobuf() : document.bytes, etag: tag,
            isImmutable: isImmutable)
    }

    /// Whether the best clause that can be answered asks for protobuf; nil when none can.
    private static func wantsProtobufV3(_ accept: String) -> Bool? {
        if accept.isEmpty { return false }
        for clause in AcceptHeader(accept).clauses {
            if clause.type == "*" { return false }
            guard clause.type == "application" else { continue }
            switch clause.subtype {
            case "*", "json": return false
            case "com.github.proto-openapi.spec.v3.v1.0+protobuf", "com.github.proto-openapi.spec.v3@v1.0+protobuf":
                return true
            default: continue
            }
        }
        return nil
    }

    private static func notAcceptable(_ offered: [String]) -> APIError {
        APIError(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: \(offered.joined(separator: ", "))")
    }
}
