import NIOHPACK
import NIOHTTP1

/// A request's headers, kept in the form in which the codec made them. Names compare without regard to case.
public struct EdgeHeaders: Sendable {
    enum Storage: Sendable {
        case http1(HTTPHeaders)
        case http2(HPACKHeaders)
    }
    let storage: Storage

    init(_ headers: HTTPHeaders) { storage = .http1(headers) }
    init(_ headers: HPACKHeaders) { storage = .http2(headers) }
    /// Headers from a list, for tests and for requests that never were on a wire.
    public init(_ headers: [(String, String)]) { storage = .http1(HTTPHeaders(headers)) }

    /// The first value of that name, as sent. Give the name in lower case.
    public subscript(name: String) -> String? {
        switch storage {
        case .http1(let headers): headers.first(name: name)
        case .http2(let headers): headers.first(name: name)
        }
    }

    /// Whether any header's name starts with that, given in lower case.
    public func hasName(startingWith prefix: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        func fits(_ name: String) -> Bool {
            var at = 0
            for byte in name.utf8 {
                if at == wanted.count { return true }
                if (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) != wanted[at] { return false }
                at += 1
            }
            return at == wanted.count
        }
        switch storage {
        case .http1(let headers): return headers.contains { fits($0.name) }
        case .http2(let headers): return headers.contains { fits($0.name) }
        }
    }

    /// Every value of that name, one for each header line, as sent.
    public func values(_ name: String) -> [String] {
        switch storage {
        case .http1(let headers): headers[name]
        case .http2(let headers): headers[name]
        }
    }

    /// Every value of that name, with lines that hold comma-separated lists taken apart and trimmed.
    public func list(_ name: String) -> [String] {
        var out: [String] = []
        for line in values(name) {
            for part in line.utf8.split(separator: UInt8(ascii: ",")) {
                if let word = String(part.trimmedWhitespace), !word.isEmpty { out.append(word) }
            }
        }
        return out
    }

    /// Calls `body` for every header but the pseudo-headers of HTTP/2, in order.
    public func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        switch storage {
        case .http1(let headers): for (name, value) in headers { body(name, value) }
        case .http2(let headers):
            for (name, value, _) in headers where !name.utf8.starts(with: ":".utf8) { body(name, value) }
        }
    }

    /// The headers as a list of names and values, in order.
    public var all: [(name: String, value: String)] {
        var out: [(String, String)] = []
        forEach { out.append(($0, $1)) }
        return out
    }
}

extension Substring.UTF8View {
    /// Without spaces and tabs at either end.
    var trimmedWhitespace: Substring.UTF8View {
        var view = self
        while let c = view.first, c == 0x20 || c == 0x09 { view.removeFirst() }
        while let c = view.last, c == 0x20 || c == 0x09 { view.removeLast() }
        return view
    }
}
