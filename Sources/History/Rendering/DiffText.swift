public import Document

/// A comparison of two moments as text.
public enum DiffText {
    /// A paragraph for each object: its fields that differ. `withFields` shows those of new objects too.
    public static func text(_ answer: JSON, _ ink: Ink, withFields: Bool = false) -> String {
        let items = answer["items"]?.elements ?? []
        var lines = [head(answer, ink)]
        var counts: [String: Int] = [:]
        for item in items {
            let change = item["change"]?.string ?? ""
            counts[change, default: 0] += 1
            let name = Ink.object(item["object"])
            switch change {
            case "created": lines.append(ink.green("+ \(name)") + ink.dim("  " + essence(item)))
            case "deleted": lines.append(ink.red("- \(name)"))
            case "recreated": lines.append(ink.yellow("± \(name)") + ink.dim("  deleted and made again"))
            default: lines.append(ink.bold("~ \(name)"))
            }
            guard change != "created" || withFields else { continue }
            let fields = FieldLines.lines(item["fields"]?.elements ?? [], old: "old", new: "new", ink)
            // What follows from pods is long and says little.
            let isDerived = ["endpoints", "endpointslices"].contains(item["object"]?["resource"]?.string ?? "")
            if isDerived, !withFields, fields.count > 3 {
                lines.append(ink.dim("    \(fields.count) fields (--fields)"))
            } else {
                lines += fields.map { "    " + $0 }
            }
        }
        lines.append(foot(answer, counts, ink))
        return lines.map(ink.fit).joined(separator: "\n")
    }

    /// Commands that make the objects of the first moment into those of the second.
    public static func patch(_ answer: JSON) -> String {
        var lines = ["# from revision \(side(answer, "from")) to revision \(side(answer, "to"))"]
        for item in answer["items"]?.elements ?? [] {
            let reference = item["object"]
            let group = reference?["group"]?.string ?? ""
            let resource = (reference?["resource"]?.string ?? "") + (group.isEmpty ? "" : "." + group)
            let namespace = reference?["namespace"]?.string.map { " -n \($0)" } ?? ""
            let target = "\(resource)/\(reference?["name"]?.string ?? "")\(namespace)"
            let patch = item["patch"] ?? []
            switch item["change"]?.string {
            case "created":
                let body = patch[0]?["value"] ?? .null
                lines.append("kubectl create\(namespace) -f - <<'EOF'\n\(body.text)\nEOF")
            case "deleted": lines.append("kubectl delete \(target)")
            default:
                if patch.elements.isEmpty { continue }
                lines.append("kubectl patch \(target) --type=json -p \(quoted(patch.text))")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }
    private static func side(_ answer: JSON, _ name: String) -> String { answer[name]?.number("revision") ?? "" }

    private static func head(_ answer: JSON, _ ink: Ink) -> String {
        func side(_ name: String) -> String {
            "\(ink.clock(answer[name]?["time"]?.string)) (revision \(Self.side(answer, name)))"
        }
        return ink.dim("from \(side("from")) to \(side("to"))")
    }

    /// What one wants to know first of a new object.
    private static func essence(_ item: JSON) -> String {
        let body = item["patch"]?[0]?["value"] ?? .null
        let containers =
            body["spec", "containers"]?.elements ?? body["spec", "template", "spec", "containers"]?.elements ?? []
        var parts = containers.compactMap { $0["image"]?.string }
        if let replicas = body["spec", "replicas"]?.int { parts.append("\(replicas) replicas") }
        if let node = body["spec", "nodeName"]?.string { parts.append("on \(node)") }
        return parts.joined(separator: ", ")
    }

    private static func foot(_ answer: JSON, _ counts: [String: Int], _ ink: Ink) -> String {
        var parts = ["created", "updated", "recreated", "deleted"].compactMap { word in
            counts[word].map { "\($0) \(word)" }
        }
        if let more = answer["remaining"]?.int { parts.append("\(more) more (--limit)") }
        let hidden = (answer["hidden"]?.entries ?? JSONObject()).map { "\($0.value.int ?? 0) \($0.key)" }
        if !hidden.isEmpty { parts.append("left out: \(hidden.joined(separator: ", ")) (--all)") }
        let unknown = answer["unknown"]?.strings ?? []
        if !unknown.isEmpty { parts.append("no longer known: \(unknown.joined(separator: ", "))") }
        return ink.dim(parts.isEmpty ? "nothing differs" : parts.joined(separator: ", "))
    }
}
