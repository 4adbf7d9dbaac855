/// A string as Go's `%q` prints it: in double quotes, with escapes of quotes, backslashes and control characters. Upstream's messages
/// quote names so.
package func goQuoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\t": out += "\\t"
        case "\r": out += "\\r"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7F {
                let hex = String(scalar.value, radix: 16)
                out += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
    }
    return out + "\""
}

/// A string as errors of Go's `time` package print it: whatever is not plain ASCII, byte by byte.
package func goQuotedBytes(_ text: String) -> String {
    var out = "\""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += "\\" + String(UnicodeScalar(byte))
        case 0x20..<0x80: out.unicodeScalars.append(UnicodeScalar(byte))
        default: out += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
    return out + "\""
}

extension JSON {
    /// The value as Go prints it in messages: `map[spec:map[replicas:five]]`.
    public var goText: String {
        switch self {
        case .null: "<nil>"
        case .string(let text): text
        case .array(let elements): "[" + elements.map(\.goText).joined(separator: " ") + "]"
        case .object(let members): "map[" + members.map { "\($0.key):\($0.value.goText)" }.joined(separator: " ") + "]"
        default: text
        }
    }

    /// What Go's JSON decoder calls a value of this kind that it cannot read.
    public var goKind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
