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

    /// What a path of dotted names leads to, or why it leads to nothing, in upstream's words.
    static func resolve(dotted path: String, in schema: JSON) -> (schema: JSON, names: [String], problem: String?) {
        var schema = schema
        var names: [String] = []
        func failed(_ problem: String) -> (JSON, [String], String?) { (.null, names, problem) }
        var rest = Substring(path)
        /// The next delimiter, or the text up to one.
        func token() -> Substring? {
            guard let first = rest.first else { return nil }
            let end =
                ".[]".contains(first) ? rest.index(after: rest.startIndex) : rest.firstIndex { ".[]".contains($0) }
            let token = rest[..<(end ?? rest.endIndex)]
            rest = rest[token.endIndex...]
            return token
        }
        while let next = token() {
            if next == "[" { return failed("array notation is not allowed") }
            guard next == "." else { return failed("expected [ or . but got: \(next)") }
            guard let name = token() else { return failed("unexpected end of JSON path") }
            if !(schema["properties"]?.entries.isEmpty ?? true) {
                guard let inner = schema["properties", String(name)] else {
                    return failed("does not refer to a valid field")
                }
                schema = inner
            } else if let values = schema.given("additionalProperties") {
                schema = values
            } else {
                return failed("does not refer to a valid field")
            }
            names.append(String(name))
        }
        return (schema, names, nil)
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
