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

    /// `/openapi/v3` and what is below it; nil for a path that is not there (404). 406 when JSON is not accepted.
    public static func v3(
        _ documents: OpenAPIv3, path: String, query: Query, accept: String, ifNoneMatch: String
    ) throws(APIError) -> OpenAPIAnswer? {
        let rest = path.split(separator: "/", omittingEmptySubsequences: true).dropFirst(2).joined(separator: "/")
        let found: (bytes: [UInt8], hash: String)
        if rest.isEmpty {
            found = (documents.index, StableHash.digits(documents.index))
        } else {
            guard let document = documents.documents.first(where: { $0.path == rest }) else { return nil }
            found = (document.bytes, document.hash)
        }
        if !accept.isEmpty {
            let accepts = AcceptHeader(accept).clauses.contains {
                $0.type == "*" || ($0.type == "application" && ($0.subtype == "*" || $0.subtype == "json"))
            }
            if !accepts { throw notAcceptable(["application/json"]) }
        }
        let tag = "\"\(found.hash)\""
        let isImmutable = !rest.isEmpty && query["hash"] == found.hash
        if !rest.isEmpty, let asked = query["hash"], !asked.isEmpty, asked != found.hash {
            let location = "/openapi/v3/\(rest)?hash=\(found.hash)"
            return OpenAPIAnswer(
                code: 301, contentType: "text/html; charset=utf-8",
                body: Array("<a href=\"\(location)\">Moved Permanently</a>.\n\n".utf8), etag: tag, isImmutable: false,
                location: location)
        }
        if ifNoneMatch == tag {
            return OpenAPIAnswer(
                code: 304, contentType: "application/json", body: [], etag: tag, isImmutable: isImmutable)
        }
        return OpenAPIAnswer(
            code: 200, contentType: "application/json", body: found.bytes, etag: tag, isImmutable: isImmutable)
    }

    private static func notAcceptable(_ offered: [String]) -> APIError {
        APIError(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: \(offered.joined(separator: ", "))")
    }
}
