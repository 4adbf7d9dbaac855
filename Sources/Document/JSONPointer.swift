/// A place in a JSON value by RFC 6901: `/spec/containers/0/image`, with `~1` for `/` and `~0` for `~`.
public struct JSONPointer: Hashable, Sendable {
    /// The names and element numbers on the way, unescaped.
    public let tokens: [String]

    public init(tokens: [String]) { self.tokens = tokens }

    /// nil when the text is neither empty nor begins with `/`.
    public init?(_ text: String) {
        if text.isEmpty {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        var token: [UInt8] = []
        var escaped = false
        for b in text.utf8.dropFirst() {
            if escaped {
                escaped = false
                switch b {
                case UInt8(ascii: "0"): token.append(UInt8(ascii: "~"))
                case UInt8(ascii: "1"): token.append(UInt8(ascii: "/"))
                default:
                    token.append(UInt8(ascii: "~"))
                    token.append(b)
                }
            } else if b == UInt8(ascii: "/") {
                tokens.append(String(decoding: token, as: UTF8.self))
                token.removeAll(keepingCapacity: true)
            } else if b == UInt8(ascii: "~") {
                escaped = true
            } else {
                token.append(b)
            }
        }
        if escaped { token.append(UInt8(ascii: "~")) }
        tokens.append(String(decoding: token, as: UTF8.self))
        self.tokens = tokens
    }

    /// The pointer as text, escaped.
    public var text: String {
        var out: [UInt8] = []
        for token in tokens {
            out.append(UInt8(ascii: "/"))
            for b in token.utf8 {
                switch b {
                case UInt8(ascii: "~"): out.append("~0" as StaticString)
                case UInt8(ascii: "/"): out.append("~1" as StaticString)
                default: out.append(b)
                }
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The value at this place; nil when there is none.
    public func value(in document: JSON) -> JSON? {
        var value = document
        for token in tokens {
            switch value {
            case .object(let object):
                guard let next = object[token] else { return nil }
                value = next
            case .array(let elements):
                guard let i = Int(token), elements.indices.contains(i) else { return nil }
                value = elements[i]
            default: return nil
            }
        }
        return value
    }
}
