import Document
public import Schema

/// Where a paged list goes on: upstream's base64url of `{"v":"meta.k8s.io/v1","rv":N,"start":"…"}`.
public struct ContinueToken: Sendable, Equatable {
    /// The revision that all pages are read at; nil to read the newest (an inconsistent continuation after 410).
    public var revision: UInt64?
    /// The last key of the page before: namespace ("" in a list of one namespace or of cluster scope) and name.
    public var namespace: String
    public var name: String
    /// How many objects follow, when that is known: so that no page has to count them again.
    public var remaining: Int?

    public init(revision: UInt64?, namespace: String, name: String, remaining: Int? = nil) {
        self.revision = revision
        self.namespace = namespace
        self.name = name
        self.remaining = remaining
    }

    /// The token. `start` is the first key that may follow: the last one and a zero byte.
    public var encoded: String {
        let key = namespace.isEmpty ? name : namespace + "/" + name
        var text: JSON = [
            "v": "meta.k8s.io/v1", "rv": .int(revision.map { Int64($0) } ?? -1), "start": .string(key + "\u{0}"),
        ]
        if let remaining { text["n"] = .int(Int64(remaining)) }
        return Base64URL.encode(text.encoded())
    }

    /// Reads a token; 400 when it is none.
    public init(_ token: String) throws(APIError) {
        func invalid(_ why: String) -> APIError { .badRequest("invalid continue token: \(why)") }
        guard let bytes = Base64URL.decode(token) else {
            throw invalid("continue key is not valid: illegal base64 data")
        }
        guard let json = try? JSON(parsing: bytes), json.object != nil else {
            throw invalid("continue key is not valid: it holds no JSON object")
        }
        let version = json["v"]?.string ?? ""
        guard version == "meta.k8s.io/v1" else {
            throw invalid(
                "continue key is not valid: server does not recognize this encoded version \(goQuoted(version))")
        }
        let rv = json["rv"]?.int ?? 0
        guard rv != 0 else {
            throw invalid("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        var start = json["start"]?.string ?? ""
        guard !start.isEmpty else {
            throw invalid("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
        }
        if start.utf8.last == 0 { start.unicodeScalars.removeLast() }
        let parts = start.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts.contains(".."), !parts.contains(".") else {
            throw invalid("continue key is not valid: \(start)")
        }
        revision = rv > 0 ? UInt64(rv) : nil
        namespace = parts.count == 2 ? String(parts[0]) : ""
        name = String(parts[parts.count - 1])
        // What the first page counted holds only as long as the pages are of its revision.
        remaining = rv > 0 ? json["n"]?.int.map { Int(clamping: max(0, $0)) } : nil
    }
}

/// Base64 with the alphabet for URLs and no padding.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 4 / 3 + 3)
        var i = 0
        while i < bytes.count {
            let left = bytes.count - i
            let word =
                UInt32(bytes[i]) << 16 | (left > 1 ? UInt32(bytes[i + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[i + 2]) : 0)
            out.append(alphabet[Int(word >> 18 & 63)])
            out.append(alphabet[Int(word >> 12 & 63)])
            if left > 1 { out.append(alphabet[Int(word >> 6 & 63)]) }
            if left > 2 { out.append(alphabet[Int(word & 63)]) }
            i += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var word: UInt32 = 0
        var count = 0
        for b in text.utf8 {
            let value: UInt32
            switch b {
            case 65...90: value = UInt32(b) - 65
            case 97...122: value = UInt32(b) - 71
            case 48...57: value = UInt32(b) + 4
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            word = word << 6 | value
            count += 1
            if count == 4 {
                out.append(contentsOf: [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)])
                (word, count) = (0, 0)
            }
        }
        switch count {
        case 1: return nil
        case 2: out.append(UInt8(word >> 4 & 255))
        case 3: out.append(contentsOf: [UInt8(word >> 10 & 255), UInt8(word >> 2 & 255)])
        default: break
        }
        return out
    }
}
