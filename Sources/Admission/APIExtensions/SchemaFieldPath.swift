import Document

/// The paths that rules name fields by: `.spec.replicas`, `.labels['a.b']`.
enum SchemaFieldPath {
    /// The path as errors show it, without its first dot; nil when it leads to nothing in the schema or is no path.
    static func normalize(_ path: String, in schema: JSON) -> String? {
        var schema = schema
        var out = ""
        var rest = Substring(path)
        while let first = rest.first {
            rest = rest.dropFirst()
            var name = ""
            switch first {
            case ".":
                let end = rest.firstIndex { $0 == "." || $0 == "[" || $0 == "]" } ?? rest.endIndex
                name = String(rest[..<end])
                rest = rest[end...]
            case "[":
                guard let read = quoted(&rest), rest.first == "]" else { return nil }
                rest = rest.dropFirst()
                name = read
            default: return nil
            }
            guard !name.isEmpty else { return nil }
            if let properties = schema["properties"], !properties.isNull {
                guard let inner = properties[name] else { return nil }
                schema = inner
                out += (out.isEmpty ? "" : ".") + name
            } else if let values = schema["additionalProperties"], values.object != nil {
                schema = values
                out += "[\(name)]"
            } else {
                return nil
            }
        }
        return out.isEmpty ? nil : out
    }

    /// A name in single quotes.
    private static func quoted(_ rest: inout Substring) -> String? {
        guard rest.first == "'" else { return nil }
        rest = rest.dropFirst()
        var out = ""
        while let c = rest.first {
            rest = rest.dropFirst()
            if c == "'" { return out }
            guard c == "\\" else {
                out.append(c)
                continue
            }
            guard let escaped = rest.first else { return nil }
            rest = rest.dropFirst()
            switch escaped {
            case "a": out += "\u{7}"
            case "b": out += "\u{8}"
            case "f": out += "\u{C}"
            case "n": out += "\n"
            case "r": out += "\r"
            case "t": out += "\t"
            case "v": out += "\u{B}"
            case "'", "\\": out.append(escaped)
            default: return nil
            }
        }
        return nil
    }
}
