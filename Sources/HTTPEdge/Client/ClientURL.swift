/// Where requests of one connection go.
struct Origin: Hashable, Sendable {
    let isTLS: Bool
    let host: String
    let port: Int
}

/// `scheme://host[:port]/path?query`, taken apart.
struct ClientURL: Sendable {
    let isTLS: Bool
    /// Without brackets.
    let host: String
    let port: Int
    /// Path and query; `/` when there is none.
    let target: String
    /// The `Host` header.
    let authority: String
    var origin: Origin { Origin(isTLS: isTLS, host: host, port: port) }
    /// Whether the host is an IP address.
    var isAddress: Bool { host.contains(":") || host.utf8.allSatisfy { $0 == 0x2E || ($0 >= 0x30 && $0 <= 0x39) } }

    init(_ text: String) throws {
        let rest: Substring
        if text.hasPrefix("https://") || text.hasPrefix("wss://") {
            isTLS = true
            rest = text.dropFirst(text.hasPrefix("https://") ? 8 : 6)
        } else if text.hasPrefix("http://") || text.hasPrefix("ws://") {
            isTLS = false
            rest = text.dropFirst(text.hasPrefix("http://") ? 7 : 5)
        } else {
            throw HTTPClientError.badURL(text, "it must start with https:// or http://")
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var place = rest[..<end]
        if let at = place.lastIndex(of: "@") { place = place[place.index(after: at)...] }
        var tail = rest[end...]
        if let mark = tail.firstIndex(of: "#") { tail = tail[..<mark] }
        target = tail.isEmpty ? "/" : tail.first == "?" ? "/" + tail : String(tail)
        var portText: Substring?
        if place.first == "[" {
            guard let close = place.firstIndex(of: "]") else {
                throw HTTPClientError.badURL(text, "the address has no closing bracket")
            }
            host = String(place[place.index(after: place.startIndex)..<close])
            let after = place[place.index(after: close)...]
            if after.first == ":" { portText = after.dropFirst() }
        } else if let colon = place.lastIndex(of: ":") {
            host = String(place[..<colon])
            portText = place[place.index(after: colon)...]
        } else {
            host = String(place)
        }
        guard !host.isEmpty else { throw HTTPClientError.badURL(text, "it names no host") }
        if let portText, !portText.isEmpty {
            guard let number = Int(portText), (1...65535).contains(number) else {
                throw HTTPClientError.badURL(text, "its port is not a number from 1 to 65535")
            }
            port = number
        } else {
            port = isTLS ? 443 : 80
        }
        authority = String(place)
    }
}
