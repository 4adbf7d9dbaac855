public import Document

extension JSON {
    /// The value as a YAML document: block style, members in byte order, strings quoted only where YAML would read them as
    /// something else.
    public func yaml() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        YAMLWriter.write(self, indent: 0, into: &out)
        return out
    }
}

private enum YAMLWriter {
    static func write(_ value: JSON, indent: Int, into out: inout [UInt8]) {
        switch value {
        case .object(let object) where !object.isEmpty:
            for (i, member) in object.enumerated() {
                if i > 0 || indent == 0 { pad(indent, &out) }
                scalar(member.key, &out)
                out.append(UInt8(ascii: ":"))
                child(member.value, indent: indent, isInList: false, into: &out)
            }
        case .array(let elements) where !elements.isEmpty:
            for element in elements {
                pad(indent, &out)
                out.append(UInt8(ascii: "-"))
                child(element, indent: indent, isInList: true, into: &out)
            }
        default:
            leaf(value, indent: indent, &out)
            out.append(10)
        }
    }

    private static func child(_ value: JSON, indent: Int, isInList: Bool, into out: inout [UInt8]) {
        switch value {
        case .object(let object) where !object.isEmpty:
            if isInList {
                out.append(32)
                for (i, member) in object.enumerated() {
                    if i > 0 { pad(indent + 2, &out) }
                    scalar(member.key, &out)
                    out.append(UInt8(ascii: ":"))
                    child(member.value, indent: indent + 2, isInList: false, into: &out)
                }
            } else {
                out.append(10)
                for member in object {
                    pad(indent + 2, &out)
                    scalar(member.key, &out)
                    out.append(UInt8(ascii: ":"))
                    child(member.value, indent: indent + 2, isInList: false, into: &out)
                }
            }
        case .array(let elements) where !elements.isEmpty:
            out.append(10)
            // A sequence below a member stands at the member's own column; one inside a sequence needs a step.
            write(.array(elements), indent: isInList ? indent + 2 : indent, into: &out)
        default:
            out.append(32)
            leaf(value, indent: indent, &out)
            out.append(10)
        }
    }

    private static func pad(_ count: Int, _ out: inout [UInt8]) { for _ in 0..<count { out.append(32) } }

    private static func leaf(_ value: JSON, indent: Int, _ out: inout [UInt8]) {
        switch value {
        case .string(let text): scalar(text, &out)
        default: value.encode(into: &out)
        }
    }

    private static func scalar(_ text: String, _ out: inout [UInt8]) {
        if isPlain(text) { out.append(contentsOf: text.utf8) } else { JSON.encode(text, into: &out) }
    }

    /// Whether the text stands for itself without quotes, in YAML 1.1 as well as 1.2.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, last != 32, last != UInt8(ascii: ":") else {
            return false
        }
        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "/"):
            break
        default: return false
        }
        var previous: UInt8 = 0
        for b in text.utf8 {
            if b < 0x20 || b >= 0x7F { return false }
            if b == 32 && previous == UInt8(ascii: ":") { return false }
            if b == UInt8(ascii: "#") && previous == 32 { return false }
            previous = b
        }
        switch text.lowercased() {
        case "null", "true", "false", "yes", "no", "on", "off", "y", "n": return false
        default: return true
        }
    }
}
