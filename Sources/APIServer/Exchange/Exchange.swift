import Access
import Document
import Engine
import HTTPEdge
import History
import NIOCore
import Records
import Requests
import Schema

/// One request on its way through the server: what arrived, who asks, and where the answer goes.
final class Exchange: @unchecked Sendable {
    let request: EdgeRequest
    let responder: EdgeResponder
    let info: RequestInfo
    /// The moment in the past that is asked for; nil for the present.
    let past: PastMoment?
    let auditID: String
    /// Set once, before anything else looks at it.
    var authentication = AuthenticationFacts(authenticator: "", user: .anonymous)
    var authorization = AuthorizationFacts.notAsked
    /// What admission did, of a request that is recorded here and not by the writer.
    var admission: [AdmissionFact] = []
    var warnings: [String] = []
    /// The revision that a past answer is of, told in `Reckon-Revision`.
    var shownRevision: UInt64?
    /// What priority and fairness took the request for; nil before, and for streams.
    var flow: FlowUIDs?
    /// Where the answer is counted; nil once it has been.
    var metrics: RequestMetrics?
    /// Whether what was asked for is known: only then it is counted, so that nobody can make up series.
    var isCounted = false
    private let began = steadyMicroseconds()
    /// What the answer says about being kept; most must not be.
    var cacheControl = "no-cache, private"
    /// Held while the request is worked on; a watch gives it back once it has sent what there is.
    var seat: Seat?

    init(_ request: EdgeRequest, _ responder: EdgeResponder, info: RequestInfo, past: PastMoment?, auditID: String) {
        self.request = request
        self.responder = responder
        self.info = info
        self.past = past
        self.auditID = auditID
    }

    var userAgent: String { request.headers["user-agent"] ?? "" }

    /// The facts of the log's record.
    func facts(fieldManager: String = "") -> RequestFacts {
        RequestFacts(
            auditID: auditID, verb: info.verb.isEmpty ? info.method.lowercased() : info.verb,
            path: String(request.path), query: Redaction.query(request.query),
            userAgent: userAgent, source: request.remoteAddress, fieldManager: fieldManager)
    }

    /// The headers that every answer has.
    func headers(_ contentType: String) -> [(String, String)] {
        var headers: [(String, String)] = []
        headers.reserveCapacity(8)
        headers.append(("audit-id", auditID))
        headers.append(("cache-control", cacheControl))
        if !contentType.isEmpty { headers.append(("content-type", contentType)) }
        for warning in WarningHeaders.texts(warnings) {
            headers.append(("warning", "299 - \"\(Self.quoted(warning))\""))
        }
        if let flow {
            headers.append(("x-kubernetes-pf-flowschema-uid", flow.schema))
            headers.append(("x-kubernetes-pf-prioritylevel-uid", flow.level))
        }
        if let shownRevision { headers.append(("reckon-revision", String(shownRevision))) }
        return headers
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 }) else { return text }
        var out = ""
        for c in text.unicodeScalars {
            switch c {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n", "\r": out += " "
            default: out.unicodeScalars.append(c)
            }
        }
        return out
    }

    func answer(_ code: Int, _ bytes: [UInt8], contentType: String = "application/json", more: [(String, String)] = [])
    {
        guard bytes.count >= Limits.gzipBytesMin, acceptsGzip, let gzip = Gzip() else {
            respond(code, more.isEmpty ? headers(contentType) : headers(contentType) + more, .bytes(bytes))
            return
        }
        let headers = headers(contentType) + more + Exchange.gzipHeaders
        let work = Transferred(gzip)
        Exchange.compressors.run { [self] in
            respond(code, headers, .buffer(work.value.deflated(bytes, ends: true)))
        }
    }

    /// Counts the answer, once.
    func count(_ code: Int, isTimed: Bool = true) {
        guard isCounted, let metrics else { return }
        self.metrics = nil
        metrics.count(
            labels, code: code,
            microseconds: isTimed ? UInt64(max(0, steadyMicroseconds() - began)) : nil, on: responder.eventLoop)
    }
    /// What the request is counted as.
    var labels: RequestMetrics.Labels {
        RequestMetrics.Labels(
            info,
            isApply: info.verb == "patch"
                && request.headers["content-type"]?.hasPrefix("application/apply-patch") == true)
    }

    /// Threads that compress, so that event loops do not.
    static let compressors = WorkQueue("reckon-gzip", threads: 2)
    static let gzipHeaders = [("content-encoding", "gzip"), ("vary", "Accept-Encoding")]
    var acceptsGzip: Bool { Gzip.isAccepted(request.headers["accept-encoding"]) }

    /// Carries a value that one thread hands to another and touches no more.
    private struct Transferred<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    func answer(
        _ code: Int, text: String, contentType: String = "text/plain; charset=utf-8", more: [(String, String)] = []
    ) {
        respond(code, headers(contentType) + [("x-content-type-options", "nosniff")] + more, .text(text))
    }

    /// Hands the answer to the connection. The seat is kept until the event loop has it: what waits for a busy loop is load too.
    private func respond(_ code: Int, _ headers: [(String, String)], _ body: EdgeBody) {
        count(code)
        if responder.eventLoop.inEventLoop {
            responder.respond(code, headers, body)
        } else {
            responder.eventLoop.execute { self.responder.respond(code, headers, body) }
        }
    }

    func answer(_ error: APIError) {
        var more: [(String, String)] = []
        if let seconds = error.retryAfterSeconds { more.append(("retry-after", String(seconds))) }
        answer(error.code, error.document.encoded(), more: more)
    }
}

/// Takes credentials out of what is recorded.
enum Redaction {
    /// A query as the log keeps it: access tokens of the query are not.
    static func query(_ query: Substring) -> String {
        guard mentionsToken(query) else { return String(query) }
        return query.split(separator: "&", omittingEmptySubsequences: false).map { part in
            let name = part.prefix { $0 != "=" }
            return name.lowercased().hasSuffix("token") && !name.hasSuffix("continueToken")
                ? name + "=redacted" : String(part)
        }.joined(separator: "&")
    }

    /// Whether `oken=` stands in it.
    private static func mentionsToken(_ query: Substring) -> Bool {
        var rest = query.utf8[...]
        while let at = rest.firstIndex(of: UInt8(ascii: "o")) {
            rest = rest[at...]
            if rest.starts(with: "oken=".utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
