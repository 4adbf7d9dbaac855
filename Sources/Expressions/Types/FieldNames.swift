/// Names of properties as expressions write them: what is no identifier is spelled with escapes.
public enum FieldNames {
    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]
    private static let escapes: [(String, String)] = [
        ("underscores", "__"), ("dot", "."), ("dash", "-"), ("slash", "/"),
    ]

    /// The name for use in expressions; nil when no expression can name the property.
    public static func escape(_ name: String) -> String? {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return nil }
        if reserved.contains(name) { return "__\(name)__" }
        let bytes = Array(name.utf8)
        var out = ""
        var i = 0
        while i < bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "_"):
                if i + 1 < bytes.count, bytes[i + 1] == bytes[i] {
                    out += "__underscores__"
                    i += 1
                } else {
                    out += "_"
                }
            case UInt8(ascii: "."): out += "__dot__"
            case UInt8(ascii: "-"): out += "__dash__"
            case UInt8(ascii: "/"): out += "__slash__"
            case 48...57, 65...90, 97...122: out.unicodeScalars.append(Unicode.Scalar(bytes[i]))
            default: return nil
            }
            i += 1
        }
        return out
    }

    /// The property that an expression's name stands for: itself when it has no escapes; nil when they mean nothing.
    public static func unescape(_ name: String) -> String? {
        guard name.utf8.count > 4 else { return name }
        let bytes = Array(name.utf8)
        let mark = UInt8(ascii: "_")
        var out: [UInt8] = []
        var i = 0
        while i < bytes.count {
            guard bytes[i] == mark, i + 1 < bytes.count, bytes[i + 1] == mark else {
                out.append(bytes[i])
                i += 1
                continue
            }
            // An escape is `__word__`, the word without underscores.
            var end = i + 2
            while end < bytes.count, bytes[end] != mark { end += 1 }
            guard end > i + 2, end + 1 < bytes.count, bytes[end + 1] == mark else {
                out.append(bytes[i])
                i += 1
                continue
            }
            let word = String(decoding: bytes[(i + 2)..<end], as: UTF8.self)
            if let escape = escapes.first(where: { $0.0 == word }) {
                out += Array(escape.1.utf8)
            } else if reserved.contains(word), i == 0, end + 2 == bytes.count {
                return word
            } else {
                return nil
            }
            i = end + 2
        }
        return String(decoding: out, as: UTF8.self)
    }
}
