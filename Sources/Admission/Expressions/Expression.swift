import Document

/// One expression of the Common Expression Language, read once and evaluated often.
indirect enum Expression: Sendable {
    case literal(ExpressionValue)
    case name(String, at: Int)
    /// `operand.field`; an optional selection (`.?field`) gives an optional value.
    case select(Expression, field: String, isOptional: Bool, at: Int)
    case index(Expression, Expression, isOptional: Bool)
    case call(String, target: Expression?, arguments: [Expression], at: Int)
    /// `has(operand.field)`.
    case has(Expression, field: String)
    /// `all`, `exists`, `exists_one`, `map`, `filter` over a list or a map's keys.
    case macro(String, over: Expression, variable: String, arguments: [Expression])
    case list([Expression])
    case map([(key: Expression, value: Expression)])
    case conditional(Expression, Expression, Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)

    /// Reads an expression.
    init(parsing text: String) throws(ExpressionError) {
        var parser = try ExpressionParser(text)
        self = try parser.whole()
    }
}

/// Why an expression cannot be read or has no value.
struct ExpressionError: Error, Sendable {
    let message: String
    /// Where in the text, in characters from its start; nil for errors of evaluation.
    var offset: Int?
    init(_ message: String, at offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }

    /// The compiler's report: place, words, the line and a mark under the place.
    func report(of text: String) -> String {
        let offset = offset ?? 0
        let before = Array(text.unicodeScalars).prefix(offset)
        let line = before.filter { $0 == "\n" }.count
        let column = offset - (before.lastIndex(of: "\n").map { $0 + 1 } ?? 0)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = line < lines.count ? String(lines[line]) : ""
        return
            "ERROR: <input>:\(line + 1):\(column + 1): \(message)\n | \(shown)\n | \(String(repeating: ".", count: column))^"
    }
}
