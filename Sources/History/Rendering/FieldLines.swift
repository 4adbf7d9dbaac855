import Document

/// Changed fields as lines: an element of a list that came or went whole takes one.
enum FieldLines {
    static func lines(_ fields: [JSON], old: String, new: String, _ ink: Ink) -> [String] {
        var lines: [String] = []
        var i = 0
        while i < fields.count {
            let path = fields[i]["path"]?.string ?? ""
            let sign = sign(fields[i], old, new)
            var end = i + 1
            if sign != "~", let element = element(path) {
                while end < fields.count, Self.sign(fields[end], old, new) == sign,
                    fields[end]["path"]?.string?.hasPrefix(element) ?? false
                {
                    end += 1
                }
                if end - i > 2 {
                    let parts = fields[i..<end].map { field in
                        let rest = (field["path"]?.string ?? "").dropFirst(element.count).drop { $0 == "." }
                        return "\(rest) \(Ink.value(field[sign == "+" ? new : old], most: 40))"
                    }
                    let text = "\(sign) \(element): \(parts.joined(separator: ", "))"
                    lines.append(sign == "+" ? ink.green(text) : ink.red(text))
                    i = end
                    continue
                }
            }
            lines.append(ink.field(path, fields[i][old], fields[i][new]))
            i += 1
        }
        return lines
    }

    private static func sign(_ field: JSON, _ old: String, _ new: String) -> String {
        field[old] == nil ? "+" : field[new] == nil ? "-" : "~"
    }

    /// The path up to the first element of a list: `spec.containers[name=web]`.
    private static func element(_ path: String) -> String? {
        guard let open = path.firstIndex(of: "["), path[open...].contains("="),
            let close = path[open...].firstIndex(of: "]")
        else { return nil }
        return String(path[...close])
    }
}
