/// One thing that is wrong with an expression's text.
struct Issue: Sendable, Equatable {
    let message: String
    /// In characters from the start of the text; nil when it has no place.
    let offset: Int?
}

/// Why an expression cannot be used: all that is wrong with it, as upstream's compiler reports it.
public struct CompilationError: Error, Sendable {
    /// The report: for each issue `ERROR: <input>:LINE:COLUMN: words`, the line, and a mark under the place.
    public let report: String
    /// The words of the first issue.
    public let message: String
    /// It can be read but not be made a program: something that is written out cannot be converted. Upstream calls that an
    /// internal error.
    public let isInternal: Bool

    init(_ issues: [Issue], in text: String) {
        let sorted = issues.enumerated().sorted {
            ($0.element.offset ?? -1, $0.offset) < ($1.element.offset ?? -1, $1.offset)
        }.map(\.element)
        message = sorted.first?.message ?? ""
        isInternal = false
        let lines = SourceLines(text)
        var out: [String] = []
        for issue in sorted where out.count < CompilationError.issuesMax { out.append(lines.show(issue)) }
        if sorted.count > out.count { out.append("\(sorted.count - out.count) more errors were truncated") }
        report = out.joined(separator: "\n")
    }

    /// A plain message that has no place in the text.
    init(_ message: String) {
        self.message = message
        report = message
        isInternal = false
    }

    init(unmakeable why: String) {
        message = "program instantiation failed: " + why
        report = message
        isInternal = true
    }

    private static let issuesMax = 100
}

/// A text by lines, for reports.
private struct SourceLines {
    private let scalars: [Unicode.Scalar]
    private var starts = [0]
    /// Longer lines are not shown.
    private static let shownBytesMax = 16_384

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        for (i, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(i + 1) }
    }

    func show(_ issue: Issue) -> String {
        guard let offset = issue.offset else { return "ERROR: <input>:-1:0: \(issue.message)" }
        let line = (starts.firstIndex { $0 > offset } ?? starts.count) - 1
        let column = offset - starts[line]
        // The end of a text without characters is before the first of them.
        var out = "ERROR: <input>:\(line + 1):\(scalars.isEmpty ? 0 : column + 1): \(issue.message)"
        let end = line + 1 < starts.count ? starts[line + 1] - 1 : scalars.count
        let shown = scalars[starts[line]..<Swift.max(starts[line], end)].map { $0 == "\t" ? " " : $0 }
        guard shown.reduce(0, { $0 + UTF8.width($1) }) <= SourceLines.shownBytesMax else { return out }
        out += "\n | "
        out.unicodeScalars.append(contentsOf: shown)
        out += "\n | "
        // Wide characters are marked by wide marks, so that the marks stand under their places.
        for scalar in shown.prefix(column) { out += scalar.isASCII ? "." : "\u{FF0E}" }
        out += column < shown.count && !shown[column].isASCII ? "\u{FF3E}" : "^"
        return out
    }
}
