/// A word of an expression. The raw values are in the grammar's order, in which reports list what was expected.
enum TokenKind: Int, Sendable, Comparable {
    case equals, notEquals, isIn, less, lessEquals, greaterEquals, greater, and, or
    case leftBracket, rightBracket, leftBrace, rightBrace, leftParenthesis, rightParenthesis
    case dot, comma, minus, exclamation, question, colon, plus, star, slash, percent
    case isTrue, isFalse, null
    case float, int, uint, string, bytes, identifier, escapedIdentifier
    case end

    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// What reports call it.
    var display: String {
        switch self {
        case .equals: "'=='"
        case .notEquals: "'!='"
        case .isIn: "'in'"
        case .less: "'<'"
        case .lessEquals: "'<='"
        case .greaterEquals: "'>='"
        case .greater: "'>'"
        case .and: "'&&'"
        case .or: "'||'"
        case .leftBracket: "'['"
        case .rightBracket: "']'"
        case .leftBrace: "'{'"
        case .rightBrace: "'}'"
        case .leftParenthesis: "'('"
        case .rightParenthesis: "')'"
        case .dot: "'.'"
        case .comma: "','"
        case .minus: "'-'"
        case .exclamation: "'!'"
        case .question: "'?'"
        case .colon: "':'"
        case .plus: "'+'"
        case .star: "'*'"
        case .slash: "'/'"
        case .percent: "'%'"
        case .isTrue: "'true'"
        case .isFalse: "'false'"
        case .null: "'null'"
        case .float: "NUM_FLOAT"
        case .int: "NUM_INT"
        case .uint: "NUM_UINT"
        case .string: "STRING"
        case .bytes: "BYTES"
        case .identifier: "IDENTIFIER"
        case .escapedIdentifier: "ESC_IDENTIFIER"
        case .end: "<EOF>"
        }
    }

    /// What an operand can start with.
    static let operandStarts: Set<TokenKind> = [
        .leftBracket, .leftBrace, .leftParenthesis, .dot, .minus, .exclamation, .isTrue, .isFalse, .null, .float, .int,
        .uint, .string, .bytes, .identifier,
    ]

    static func list(_ kinds: Set<TokenKind>) -> String {
        if kinds.count == 1, let only = kinds.first { return only.display }
        return "{" + kinds.sorted().map(\.display).joined(separator: ", ") + "}"
    }
}

struct Token: Sendable {
    let kind: TokenKind
    /// Its place in the text, in characters.
    let range: Range<Int>
}
