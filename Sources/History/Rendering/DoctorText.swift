public import Document

/// A diagnosis as text: the worst first, with the command that shows more.
public enum DoctorText {
    public static func text(_ answer: JSON, _ ink: Ink) -> String {
        var lines: [String] = []
        for finding in answer["findings"]?.elements ?? [] {
            let severity = finding["severity"]?.string ?? ""
            let mark =
                switch severity {
                case "critical": ink.red("✗")
                case "warning": ink.yellow("!")
                default: ink.dim("·")
                }
            lines.append("\(mark) \(ink.bold(finding["title"]?.string ?? ""))")
            for evidence in finding["evidence"]?.strings ?? [] { lines.append("    " + evidence) }
            var more = finding["command"]?.string.map { ink.cyan($0) } ?? ""
            if let revision = finding["revision"]?.int { more += ink.dim("  (revision \(revision))") }
            lines.append("    → \(more)")
        }
        if lines.isEmpty { lines.append(ink.green("nothing is wrong that can be seen")) }
        let changes = answer["changes"]?.elements ?? []
        if !changes.isEmpty {
            lines.append("")
            lines.append(ink.bold("Changed from outside just before"))
            for change in changes {
                let fields = change["fields"]?.elements ?? []
                var line =
                    "  \(HistoryText.padded(change.number("revision"), 6))  \(ink.clock(change["time"]?.string))  "
                    + "\(Ink.user(change["user"]?.string ?? ""))  \(change["summary"]?.string ?? "")"
                if change["change"] == "updated", let first = fields.first {
                    line += "  " + ink.field(first["path"]?.string ?? "", first["before"], first["after"])
                    if fields.count > 1 { line += ink.dim(" and \(fields.count - 1) more") }
                }
                lines.append(line)
            }
        }
        let counts = Dictionary(grouping: answer["findings"]?.elements ?? [], by: { $0["severity"]?.string ?? "" })
            .mapValues(\.count)
        let summary = ["critical", "warning", "notice"].compactMap { word in counts[word].map { "\($0) \(word)" } }
        let unknown = answer["unknown"]?.strings ?? []
        lines.append("")
        if !unknown.isEmpty {
            lines.append(ink.dim("not looked at, as they are no longer known: " + unknown.joined(separator: ", ")))
        }
        lines.append(
            ink.dim(
                "revision \(answer.number("revision")) of \(ink.clock(answer["time"]?.string))"
                    + (summary.isEmpty ? "" : ": " + summary.joined(separator: ", "))))
        return lines.map(ink.fit).joined(separator: "\n")
    }
}
