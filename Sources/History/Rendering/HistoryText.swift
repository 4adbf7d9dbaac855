public import Document

/// Histories as text.
public enum HistoryText {
    /// The versions of one object, or the changes of a kind; `withFields` says what changed in each.
    public static func text(_ answer: JSON, _ ink: Ink, withFields: Bool) -> String {
        var lines: [String] = []
        if let lives = answer["lives"]?.elements {
            let name = Ink.object(answer["object"])
            for (i, life) in lives.enumerated() {
                let uid = life["uid"]?.string ?? ""
                let entries = life["entries"]?.elements ?? []
                let which = lives.count > 1 ? "  life \(i + 1) of \(lives.count)" : ""
                lines.append(ink.bold(name) + ink.dim("  uid \(uid)\(which)"))
                for entry in entries { lines += paragraph(entry, nil, ink, withFields) }
            }
            if lives.isEmpty { lines.append("\(name) did not change in that time") }
        } else {
            let items = answer["items"]?.elements ?? []
            if answer["isTruncated"] == true { lines.append(ink.dim("… older changes left out (--limit, --since)")) }
            for item in items { lines += paragraph(item, Ink.object(item["object"]), ink, withFields) }
            if items.isEmpty { lines.append("nothing changed in that time") }
        }
        return lines.map(ink.fit).joined(separator: "\n")
    }

    /// One version: a line, and with `withFields` its fields below.
    public static func paragraph(_ entry: JSON, _ object: String?, _ ink: Ink, _ withFields: Bool) -> [String] {
        let kind = entry["kind"]?.string ?? ""
        let word =
            switch kind {
            case "created": ink.green("created")
            case "deleted": ink.red("deleted")
            default: ink.yellow("updated")
            }
        let changes = entry["changes"]?.elements ?? []
        var line = padded(entry.number("revision"), 7) + "  " + ink.clock(entry["time"]?.string) + "  " + word + "  "
        if let object { line += ink.bold(object) + "  " }
        line += Ink.user(entry["user"]?.string ?? "")
        let manager = entry["manager"]?.string ?? ""
        if !manager.isEmpty, !Ink.user(entry["user"]?.string ?? "").hasSuffix(manager) {
            line += ink.dim(" (\(manager))")
        }
        if let version = entry["sourceResourceVersion"]?.string { line += ink.dim("  source \(version)") }
        if let since = entry["unseenSince"]?.string { line += ink.red("  unseen since \(ink.clock(since))") }
        if let cause = entry["cause"]?.int { line += ink.dim("  because of \(cause)") }
        let request = entry["auditID"]?.string.map { $0.isEmpty ? "" : "request " + $0 } ?? ""
        guard withFields else {
            if kind == "updated" { line += "  " + gist(changes, ink) }
            return [request.isEmpty ? line : line + ink.dim("  " + request)]
        }
        var lines = [line]
        if !request.isEmpty {
            let asked = "\(entry["verb"]?.string ?? "") \(entry["path"]?.string ?? "")"
            lines.append(ink.dim("           \(request)  \(asked)"))
        }
        guard kind == "updated" else { return lines }
        let fields = changes.filter { !Noise.isNoisy($0["path"]?.string ?? "") }
        return lines
            + (fields.isEmpty
                ? [ink.dim("           nothing but bookkeeping")]
                : FieldLines.lines(fields, old: "before", new: "after", ink).map { "           " + $0 })
    }

    /// The most telling changes on one line.
    private static func gist(_ changes: [JSON], _ ink: Ink) -> String {
        let fields = changes.filter { !Noise.isNoisy($0["path"]?.string ?? "") }
        if fields.isEmpty { return ink.dim("bookkeeping") }
        func rank(_ path: String) -> Int {
            if path.hasSuffix("Time") || path.hasPrefix("metadata.deletionGrace") { return 3 }
            return path.hasPrefix("spec.") || path.hasPrefix("data.") ? 0 : path.hasPrefix("status.") ? 2 : 1
        }
        let sorted = fields.enumerated().sorted {
            (rank($0.element["path"]?.string ?? ""), $0.offset) < (rank($1.element["path"]?.string ?? ""), $1.offset)
        }.map(\.element)
        let shown = sorted.prefix(2).map { ink.field($0["path"]?.string ?? "", $0["before"], $0["after"]) }
        return shown.joined(separator: ", ") + (fields.count > 2 ? ink.dim(" and \(fields.count - 2) more") : "")
    }

    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}
