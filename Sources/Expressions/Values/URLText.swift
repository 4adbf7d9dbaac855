/// A URL by its parts, as Go's net/url reads it: with a scheme, or an absolute path.
public struct URLText: Sendable {
    /// As it was given.
    public let text: String
    var scheme = ""
    /// With the port, without the user.
    var host = ""
    /// As it was written, escapes and all.
    var path = ""
    var query = ""

    /// nil when the text is no absolute URL and no absolute path.
    init?(_ text: String) {
        self.text = text
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        var rest = Substring(text)
        if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
        if let first = rest.utf8.first, first != UInt8(ascii: "/") {
            guard let colon = rest.firstIndex(of: ":") else { return nil }
            let name = rest[..<colon]
            let isFine = name.utf8.allSatisfy {
                (97...122).contains($0 | 0x20) && $0 > 64 || (48...57).contains($0) || [43, 45, 46].contains($0)
            }
            guard let start = name.utf8.first, isFine, (97...122).contains(start | 0x20) else { return nil }
            scheme = name.lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if !scheme.isEmpty, rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            var authority = rest[..<slash]
            if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
            host = String(authority)
            path = String(rest[slash...])
            guard URLText.isHost(host) else { return nil }
        } else {
            path = String(rest)
        }
        guard URLText.hasWholeEscapes(path), URLText.hasWholeEscapes(host) else { return nil }
    }

    private static func hasWholeEscapes(_ text: String) -> Bool {
        let b = Array(text.utf8)
        func isHex(_ c: UInt8) -> Bool { (48...57).contains(c) || (97...102).contains(c | 0x20) }
        for i in b.indices where b[i] == UInt8(ascii: "%") {
            guard i + 2 < b.count, isHex(b[i + 1]), isHex(b[i + 2]) else { return false }
        }
        return true
    }

    private static func isHost(_ host: String) -> Bool {
        var port = Substring("")
        if host.hasPrefix("[") {
            guard let end = host.lastIndex(of: "]") else { return false }
            port = host[host.index(after: end)...]
        } else if let colon = host.lastIndex(of: ":") {
            if host[..<colon].contains(":") { return false }
            port = host[colon...]
        }
        if port.isEmpty { return !host.contains { "\\^`{}|".contains($0) } }
        return port.hasPrefix(":") && port.dropFirst().utf8.allSatisfy { (48...57).contains($0) }
    }

    /// The host without its port and brackets.
    var hostname: String {
        if host.hasPrefix("["), let end = host.lastIndex(of: "]") {
            return String(host[host.index(after: host.startIndex)..<end])
        }
        return host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
    }

    var port: String {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return "" }
        return String(host[host.index(after: colon)...])
    }

    /// Each name's values, in the order of first mention.
    var parameters: [(name: String, values: [String])] {
        var out: [(name: String, values: [String])] = []
        for pair in query.split(separator: "&") where !pair.contains(";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = URLText.unescape(parts[0]), let value = URLText.unescape(parts.count > 1 ? parts[1] : "")
            else { continue }
            if let known = out.firstIndex(where: { $0.name == name }) {
                out[known].values.append(value)
            } else {
                out.append((name, [value]))
            }
        }
        return out
    }

    private static func unescape(_ text: Substring) -> String? {
        let b = Array(text.utf8)
        var out: [UInt8] = []
        var i = 0
        while i < b.count {
            if b[i] == UInt8(ascii: "%") {
                guard i + 2 < b.count,
                    let value = UInt8(String(decoding: b[(i + 1)...(i + 2)], as: UTF8.self), radix: 16)
                else { return nil }
                out.append(value)
                i += 3
                continue
            }
            out.append(b[i] == UInt8(ascii: "+") ? 0x20 : b[i])
            i += 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The path with what may not stand in one escaped.
    var escapedPath: String {
        var out = ""
        for byte in path.utf8 {
            let isFine =
                (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
                || "-_.~$&+,/:;=@%!'()*[]".utf8.contains(byte)
            if isFine {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
