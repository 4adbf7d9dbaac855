public import Document

/// One event with its causes and what it changed.
public enum EventText {
    public static func text(_ event: JSON, _ ink: Ink) -> String {
        var lines = WhyText.tree(event["chain"]?.elements ?? [], ink)
        for object in event["objects"]?.elements ?? [] {
            lines.append("")
            lines += HistoryText.paragraph(object, Ink.object(object["object"]), ink, true)
        }
        return lines.map(ink.fit).joined(separator: "\n")
    }

    /// The result of a search by a condition.
    public static func bisection(_ answer: JSON, _ ink: Ink) -> String {
        let head =
            "\(ink.bold(answer["when"]?.string ?? "")) since revision \(ink.bold(answer.number("revision")))"
            + ink.dim("  (\(answer.number("candidates")) events looked at in \(answer.number("probes")) probes)")
        return head + "\n\n" + text(answer["event"] ?? .null, ink)
    }
}
