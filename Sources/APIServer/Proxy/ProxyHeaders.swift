import HTTPEdge

/// Headers on their way through the proxy.
enum ProxyHeaders {
    /// Those of one connection only.
    private static let hopByHop: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "host",
    ]

    /// What is sent on: nothing of this connection, and nothing by which the caller proved who it is.
    static func onward(_ request: EdgeRequest, forwardedURI: String, isUpgrade: Bool) -> [(String, String)] {
        let named = Set(request.headers.list("connection").map { $0.lowercased() })
        var out: [(String, String)] = []
        var forwarded = ""
        request.headers.forEach { name, value in
            let lower = name.lowercased()
            if hopByHop.contains(lower) || named.contains(lower) || lower == "authorization"
                || lower.hasPrefix("impersonate-") || lower == "expect"
            {
                return
            }
            if lower == "x-forwarded-for" {
                forwarded = forwarded.isEmpty ? value : forwarded + ", " + value
                return
            }
            if isUpgrade, lower == "sec-websocket-protocol" {
                // A bearer token can hide among the protocols.
                let rest = value.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }
                    .filter { !$0.hasPrefix("base64url.bearer.authorization.k8s.io.") }
                if !rest.isEmpty { out.append((name, rest.joined(separator: ", "))) }
                return
            }
            out.append((name, value))
        }
        let peer = address(request.remoteAddress)
        out.append(("X-Forwarded-For", forwarded.isEmpty ? peer : forwarded + ", " + peer))
        out.append(("X-Forwarded-Uri", forwardedURI))
        return out
    }

    /// What is sent back.
    static func back(_ headers: EdgeHeaders) -> [(String, String)] {
        let named = Set(headers.list("connection").map { $0.lowercased() })
        var out: [(String, String)] = []
        headers.forEach { name, value in
            let lower = name.lowercased()
            if hopByHop.contains(lower) || named.contains(lower) || lower == "date" { return }
            out.append((lower, value))
        }
        return out
    }

    /// `10.0.0.7:51234` → `10.0.0.7`.
    private static func address(_ remote: String) -> String {
        guard let colon = remote.lastIndex(of: ":") else { return remote }
        return String(remote[..<colon]).replacing("[", with: "").replacing("]", with: "")
    }

    /// A link of the target as the client must follow it: paths from the target's root get the proxy's path in front; links elsewhere stay.
    static func rewritten(_ link: String, prefix: String, targetHost: String) -> String {
        var path = link[...]
        for scheme in ["http://", "https://"] where link.hasPrefix(scheme) {
            let rest = link.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
            guard rest[..<end] == targetHost else { return link }
            path = rest[end...]
        }
        guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasPrefix(prefix) else { return link }
        return prefix + path
    }

    /// The same for the links of a page: attributes that hold an URL by themselves.
    static func rewritten(html: [UInt8], prefix: String, targetHost: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(html.count + html.count / 8)
        var at = 0
        var isInTag = false
        var quote: UInt8 = 0
        while at < html.count {
            let byte = html[at]
            if !isInTag {
                // Only a letter after `<` begins a tag with attributes.
                if byte == UInt8(ascii: "<"), at + 1 < html.count, html[at + 1] | 0x20 >= 0x61,
                    html[at + 1] | 0x20 <= 0x7A
                {
                    isInTag = true
                }
                out.append(byte)
                at += 1
                continue
            }
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: ">") {
                isInTag = false
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                if isLinkAttribute(html, endingAt: at) {
                    var end = at + 1
                    while end < html.count, html[end] != byte { end += 1 }
                    let link = String(decoding: html[(at + 1)..<end], as: UTF8.self)
                    out.append(byte)
                    out += rewritten(link, prefix: prefix, targetHost: targetHost).utf8
                    at = end
                    if at < html.count {
                        out.append(byte)
                        at += 1
                    }
                    continue
                }
                quote = byte
            }
            out.append(byte)
            at += 1
        }
        return out
    }

    private static let linkAttributes = [
        "action", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon", "longdesc",
        "manifest", "poster", "profile", "src", "usemap",
    ].map { Array($0.utf8) }

    /// Whether `name=` of an attribute whose value is an URL stands right before that place.
    private static func isLinkAttribute(_ html: [UInt8], endingAt place: Int) -> Bool {
        var at = place - 1
        guard at > 0, html[at] == UInt8(ascii: "=") else { return false }
        let end = at
        at -= 1
        while at >= 0, html[at] | 0x20 >= 0x61, html[at] | 0x20 <= 0x7A { at -= 1 }
        guard at >= 0, html[at] <= 0x20 else { return false }
        let name = html[(at + 1)..<end].map { $0 | 0x20 }
        return linkAttributes.contains(name)
    }
}
