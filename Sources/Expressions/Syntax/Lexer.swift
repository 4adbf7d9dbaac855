/// Cuts an expression's text into tokens. What is no token is noted and left out, as upstream's lexer does.
struct Lexer {
    let text: [Unicode.Scalar]
    private var place = 0
    private(set) var tokens: [Token] = []
    private(set) var issues: [Issue] = []

    init(_ text: [Unicode.Scalar]) {
        self.text = text
        run()
    }

    private mutating func run() {
        while place < text.count {
            let start = place
            let scalar = text[place]
            switch scalar {
            case " ", "\t", "\r", "\n", "\u{C}":
                place += 1
                continue
            case "/" where peek(1) == "/":
                while place < text.count, text[place] != "\n" { place += 1 }
                continue
            default: break
            }
            if let kind = next() {
                tokens.append(Token(kind: kind, range: start..<place))
            } else {
                // What cannot become a token is reported as far as it was looked at.
                if place == start { place += 1 }
                let shown = String(String.UnicodeScalarView(text[start..<place]))
                issues.append(
                    Issue(message: "Syntax error: token recognition error at: '\(Lexer.shown(shown))'", offset: start))
            }
        }
        tokens.append(Token(kind: .end, range: text.count..<text.count))
    }

    private static func shown(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        place + ahead < text.count ? text[place + ahead] : nil
    }

    static func isLetter(_ s: Unicode.Scalar) -> Bool { ("a"..."z").contains(s) || ("A"..."Z").contains(s) || s == "_" }
    static func isDigit(_ s: Unicode.Scalar) -> Bool { ("0"..."9").contains(s) }
    static func isHexDigit(_ s: Unicode.Scalar) -> Bool {
        isDigit(s) || ("a"..."f").contains(s) || ("A"..."F").contains(s)
    }

    private mutating func next() -> TokenKind? {
        let scalar = text[place]
        if let kind = prefixedString() { return kind.0 }
        if Lexer.isLetter(scalar) {
            let start = place
            while let s = peek(), Lexer.isLetter(s) || Lexer.isDigit(s) { place += 1 }
            switch String(String.UnicodeScalarView(text[start..<place])) {
            case "in": return .isIn
            case "true": return .isTrue
            case "false": return .isFalse
            case "null": return .null
            default: return .identifier
            }
        }
        if Lexer.isDigit(scalar) || (scalar == "." && peek(1).map(Lexer.isDigit) == true) { return number() }
        if scalar == "`" { return escapedIdentifier() }
        func take(_ count: Int, _ kind: TokenKind) -> TokenKind {
            place += count
            return kind
        }
        switch scalar {
        case "=": return peek(1) == "=" ? take(2, .equals) : nil
        case "!": return peek(1) == "=" ? take(2, .notEquals) : take(1, .exclamation)
        case "<": return peek(1) == "=" ? take(2, .lessEquals) : take(1, .less)
        case ">": return peek(1) == "=" ? take(2, .greaterEquals) : take(1, .greater)
        case "&", "|":
            if peek(1) == scalar { return take(2, scalar == "&" ? .and : .or) }
            // The lexer looked one character further before it gave up.
            place += peek(1) == nil ? 1 : 2
            return nil
        case "[": return take(1, .leftBracket)
        case "]": return take(1, .rightBracket)
        case "{": return take(1, .leftBrace)
        case "}": return take(1, .rightBrace)
        case "(": return take(1, .leftParenthesis)
        case ")": return take(1, .rightParenthesis)
        case ".": return take(1, .dot)
        case ",": return take(1, .comma)
        case "-": return take(1, .minus)
        case "?": return take(1, .question)
        case ":": return take(1, .colon)
        case "+": return take(1, .plus)
        case "*": return take(1, .star)
        case "/": return take(1, .slash)
        case "%": return take(1, .percent)
        default: return nil
        }
    }

    private mutating func number() -> TokenKind {
        if peek() == "0", peek(1) == "x", peek(2).map(Lexer.isHexDigit) == true {
            place += 2
            while let s = peek(), Lexer.isHexDigit(s) { place += 1 }
            if peek() == "u" || peek() == "U" {
                place += 1
                return .uint
            }
            return .int
        }
        func digits() { while let s = peek(), Lexer.isDigit(s) { place += 1 } }
        digits()
        var isFloat = false
        if peek() == ".", peek(1).map(Lexer.isDigit) == true {
            isFloat = true
            place += 1
            digits()
        }
        if peek() == "e" || peek() == "E" {
            let signed = peek(1) == "+" || peek(1) == "-"
            if peek(signed ? 2 : 1).map(Lexer.isDigit) == true {
                isFloat = true
                place += signed ? 2 : 1
                digits()
            }
        }
        if isFloat { return .float }
        if peek() == "u" || peek() == "U" {
            place += 1
            return .uint
        }
        return .int
    }

    /// A name in back quotes, which may hold characters that names cannot.
    private mutating func escapedIdentifier() -> TokenKind? {
        var i = place + 1
        while i < text.count {
            let s = text[i]
            if s == "`" {
                let isEmpty = i == place + 1
                place = i + 1
                return isEmpty ? nil : .escapedIdentifier
            }
            guard Lexer.isLetter(s) || Lexer.isDigit(s) || s == "." || s == "-" || s == "/" || s == " " else { break }
            i += 1
        }
        place = Swift.min(i + 1, text.count)
        return nil
    }

    /// A string or bytes, with its `r` and `b` before it; nil when none starts here. The inner value is nil when it does not end
    /// or holds an escape that there is none of.
    private mutating func prefixedString() -> (TokenKind?, Void)? {
        var i = place
        var isRaw = false
        var isBytes = false
        while i < text.count, i - place < 2 {
            let s = text[i]
            if s == "r" || s == "R", !isRaw {
                isRaw = true
            } else if s == "b" || s == "B", !isBytes, !isRaw {
                isBytes = true
            } else {
                break
            }
            i += 1
        }
        guard i < text.count, text[i] == "\"" || text[i] == "'" else { return nil }
        let quote = text[i]
        let isLong = i + 2 < text.count && text[i + 1] == quote && text[i + 2] == quote
        i += isLong ? 3 : 1
        while i < text.count {
            let s = text[i]
            if s == quote {
                if !isLong {
                    place = i + 1
                    return (isBytes ? .bytes : .string, ())
                }
                if i + 2 < text.count, text[i + 1] == quote, text[i + 2] == quote {
                    place = i + 3
                    return (isBytes ? .bytes : .string, ())
                }
            } else if s == "\n" || s == "\r", !isLong {
                break
            } else if s == "\\", !isRaw {
                guard let length = Literals.escapeLength(text, i) else {
                    i = Swift.min(i + 2, text.count)
                    break
                }
                i += length
                continue
            }
            i += 1
        }
        place = Swift.max(place + 1, Swift.min(i, text.count))
        return (nil, ())
    }
}
