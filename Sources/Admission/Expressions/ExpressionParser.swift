import Document

/// Reads the text of an expression: a scanner and a descent by precedence.
struct ExpressionParser {
    enum Token: Equatable {
        case end
        case name(String)
        case int(Int64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        case symbol(String)
    }

    private var tokens: [(token: Token, at: Int)] = []
    private var place = 0
    private var depth = 0
    private static let depthMax = 200
    private static let expectations =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

    init(_ text: String) throws(ExpressionError) {
        var scanner = ExpressionScanner(text)
        while true {
            let (token, at) = try scanner.next()
            tokens.append((token, at))
            if token == .end { break }
        }
    }

    private var token: Token { tokens[place].token }
    private var at: Int { tokens[place].at }
    private mutating func advance() { if place < tokens.count - 1 { place += 1 } }
    private func isSymbol(_ text: String) -> Bool { token == .symbol(text) }

    private mutating func take(_ text: String) -> Bool {
        guard isSymbol(text) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ text: String) throws(ExpressionError) {
        if !take(text) { throw unexpected("'\(text)'") }
    }

    private func unexpected(_ wanted: String) -> ExpressionError {
        ExpressionError("Syntax error: mismatched input '\(ExpressionParser.shown(token))' expecting \(wanted)", at: at)
    }

    private static func shown(_ token: Token) -> String {
        switch token {
        case .end: "<EOF>"
        case .name(let name): name
        case .int(let i): String(i)
        case .uint(let u): "\(u)u"
        case .double(let d): "\(d)"
        case .string(let s): "\"\(s)\""
        case .bytes: "bytes"
        case .symbol(let s): s
        }
    }

    mutating func whole() throws(ExpressionError) -> Expression {
        let expression = try conditional()
        if token != .end {
            throw ExpressionError(
                "Syntax error: extraneous input '\(ExpressionParser.shown(token))' expecting <EOF>", at: at)
        }
        return expression
    }

    private mutating func conditional() throws(ExpressionError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        if depth > ExpressionParser.depthMax {
            throw ExpressionError("expression recursion limit exceeded: \(ExpressionParser.depthMax)", at: at)
        }
        let condition = try disjunction()
        guard take("?") else { return condition }
        let first = try disjunction()
        try expect(":")
        return .conditional(condition, first, try conditional())
    }

    private mutating func disjunction() throws(ExpressionError) -> Expression {
        var left = try conjunction()
        while take("||") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(ExpressionError) -> Expression {
        var left = try relation()
        while take("&&") { left = .and(left, try relation()) }
        return left
    }

    private mutating func relation() throws(ExpressionError) -> Expression {
        var left = try sum()
        while true {
            let place = at
            if token == .name("in") {
                advance()
                left = .call("@in", target: nil, arguments: [left, try sum()], at: place)
                continue
            }
            guard case .symbol(let symbol) = token, ["==", "!=", "<", "<=", ">", ">="].contains(symbol) else {
                return left
            }
            advance()
            left = .call(symbol, target: nil, arguments: [left, try sum()], at: place)
        }
    }

    private mutating func sum() throws(ExpressionError) -> Expression {
        var left = try product()
        while case .symbol(let symbol) = token, symbol == "+" || symbol == "-" {
            let place = at
            advance()
            left = .call(symbol, target: nil, arguments: [left, try product()], at: place)
        }
        return left
    }

    private mutating func product() throws(ExpressionError) -> Expression {
        var left = try unary()
        while case .symbol(let symbol) = token, symbol == "*" || symbol == "/" || symbol == "%" {
            let place = at
            advance()
            left = .call(symbol, target: nil, arguments: [left, try unary()], at: place)
        }
        return left
    }

    private mutating func unary() throws(ExpressionError) -> Expression {
        let place = at
        if take("!") { return .call("!", target: nil, arguments: [try unary()], at: place) }
        if take("-") {
            if case .int(let i) = token {
                advance()
                return try member(of: .literal(.int(0 &- i)))
            }
            return .call("-", target: nil, arguments: [try unary()], at: place)
        }
        return try member(of: try primary())
    }

    private mutating func member(of first: Expression) throws(ExpressionError) -> Expression {
        var operand = first
        while true {
            let place = at
            if take(".") {
                let isOptional = take("?")
                guard case .name(let field) = token else { throw unexpected("IDENTIFIER") }
                advance()
                if !isOptional, take("(") {
                    operand = try method(field, on: operand, try arguments(), place)
                } else {
                    operand = .select(operand, field: field, isOptional: isOptional, at: place)
                }
            } else if take("[") {
                let isOptional = take("?")
                let key = try conditional()
                try expect("]")
                operand = .index(operand, key, isOptional: isOptional)
            } else {
                return operand
            }
        }
    }

    private func method(_ name: String, on target: Expression, _ arguments: [Expression], _ place: Int)
        throws(ExpressionError) -> Expression
    {
        let isMacro =
            ["all", "exists", "exists_one", "existsOne", "map", "filter"].contains(name) && arguments.count >= 2
        guard isMacro else { return .call(name, target: target, arguments: arguments, at: place) }
        guard case .name(let variable, _) = arguments[0] else {
            throw ExpressionError("argument must be a simple name", at: place)
        }
        return .macro(name, over: target, variable: variable, arguments: Array(arguments.dropFirst()))
    }

    private mutating func arguments() throws(ExpressionError) -> [Expression] {
        var list: [Expression] = []
        if take(")") { return list }
        repeat { list.append(try conditional()) } while take(",")
        try expect(")")
        return list
    }

    private mutating func primary() throws(ExpressionError) -> Expression {
        let place = at
        switch token {
        case .int(let i): return literal(.int(i))
        case .uint(let u): return literal(.uint(u))
        case .double(let d): return literal(.double(d))
        case .string(let s): return literal(.string(s))
        case .bytes(let b): return literal(.bytes(b))
        case .name("true"): return literal(.bool(true))
        case .name("false"): return literal(.bool(false))
        case .name("null"): return literal(.null)
        case .name(let name):
            advance()
            guard take("(") else { return .name(name, at: place) }
            let arguments = try arguments()
            if name == "has" {
                guard arguments.count == 1, case .select(let operand, let field, _, _) = arguments[0] else {
                    throw ExpressionError("invalid argument to has() macro", at: place)
                }
                return .has(operand, field: field)
            }
            return .call(name, target: nil, arguments: arguments, at: place)
        case .symbol("."):
            advance()
            return try primary()
        case .symbol("("):
            advance()
            let inner = try conditional()
            try expect(")")
            return inner
        case .symbol("["):
            advance()
            var list: [Expression] = []
            while !isSymbol("]") {
                list.append(try conditional())
                if !take(",") { break }
            }
            try expect("]")
            return .list(list)
        case .symbol("{"):
            advance()
            var entries: [(key: Expression, value: Expression)] = []
            while !isSymbol("}") {
                let key = try conditional()
                try expect(":")
                entries.append((key, try conditional()))
                if !take(",") { break }
            }
            try expect("}")
            return .map(entries)
        default: throw unexpected(ExpressionParser.expectations)
        }
    }

    private mutating func literal(_ value: ExpressionValue) -> Expression {
        advance()
        return .literal(value)
    }
}

/// The words of an expression.
struct ExpressionScanner {
    private let text: [Unicode.Scalar]
    private var place = 0

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? { place + ahead < text.count ? text[place + ahead] : nil }
    private static func isDigit(_ s: Unicode.Scalar) -> Bool { s.value >= 48 && s.value <= 57 }
    private static func isLetter(_ s: Unicode.Scalar) -> Bool {
        (s.value | 0x20 >= 97 && s.value | 0x20 <= 122) || s == "_"
    }

    mutating func next() throws(ExpressionError) -> (ExpressionParser.Token, Int) {
        while let s = peek() {
            if s == " " || s == "\n" || s == "\t" || s == "\r" {
                place += 1
            } else if s == "/", peek(1) == "/" {
                while let s = peek(), s != "\n" {
                    _ = s
                    place += 1
                }
            } else {
                break
            }
        }
        let start = place
        guard let s = peek() else { return (.end, start) }
        if s == "\"" || s == "'" { return (.string(try string(isRaw: false)), start) }
        if ExpressionScanner.isLetter(s) {
            if let quote = peek(1), quote == "\"" || quote == "'" {
                if s == "r" || s == "R" {
                    place += 1
                    return (.string(try string(isRaw: true)), start)
                }
                if s == "b" || s == "B" {
                    place += 1
                    return (.bytes(Array(try string(isRaw: false).utf8)), start)
                }
            }
            var name = ""
            while let s = peek(), ExpressionScanner.isLetter(s) || ExpressionScanner.isDigit(s) {
                name.unicodeScalars.append(s)
                place += 1
            }
            return (.name(name), start)
        }
        if ExpressionScanner.isDigit(s) || (s == "." && peek(1).map(ExpressionScanner.isDigit) == true) {
            return (try number(), start)
        }
        for symbol in ["||", "&&", "==", "!=", "<=", ">="] {
            let scalars = Array(symbol.unicodeScalars)
            if s == scalars[0], peek(1) == scalars[1] {
                place += 2
                return (.symbol(symbol), start)
            }
        }
        if "()[]{}.,?:!<>+-*/%".unicodeScalars.contains(s) {
            place += 1
            return (.symbol(String(Character(s))), start)
        }
        throw ExpressionError("Syntax error: token recognition error at: '\(Character(s))'", at: start)
    }

    private mutating func number() throws(ExpressionError) -> ExpressionParser.Token {
        let start = place
        if peek() == "0", peek(1) == "x" || peek(1) == "X" {
            place += 2
            var digits = ""
            while let s = peek(), Character(s).isHexDigit {
                digits.unicodeScalars.append(s)
                place += 1
            }
            if peek() == "u" || peek() == "U" {
                place += 1
                return .uint(UInt64(digits, radix: 16) ?? 0)
            }
            return .int(Int64(digits, radix: 16) ?? 0)
        }
        var digits = ""
        var isReal = false
        while let s = peek() {
            if ExpressionScanner.isDigit(s) {
            } else if s == ".", !isReal, peek(1).map(ExpressionScanner.isDigit) == true {
                isReal = true
            } else if s == "e" || s == "E" {
                isReal = true
                if peek(1) == "-" || peek(1) == "+" {
                    digits.unicodeScalars.append(s)
                    place += 1
                }
            } else {
                break
            }
            digits.unicodeScalars.append(peek() ?? s)
            place += 1
        }
        if isReal {
            guard let value = Double(digits) else { throw ExpressionError("invalid double literal", at: start) }
            return .double(value)
        }
        if peek() == "u" || peek() == "U" {
            place += 1
            guard let value = UInt64(digits) else { throw ExpressionError("invalid uint literal", at: start) }
            return .uint(value)
        }
        guard let value = Int64(digits) else { throw ExpressionError("invalid int literal", at: start) }
        return .int(value)
    }

    private mutating func string(isRaw: Bool) throws(ExpressionError) -> String {
        let start = place
        guard let quote = peek() else { return "" }
        let isLong = peek(1) == quote && peek(2) == quote
        place += isLong ? 3 : 1
        var out = ""
        while let s = peek() {
            if s == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
                place += isLong ? 3 : 1
                return out
            }
            if s == "\n", !isLong { break }
            if s == "\\", !isRaw {
                place += 1
                try escape(into: &out)
                continue
            }
            out.unicodeScalars.append(s)
            place += 1
        }
        throw ExpressionError("Syntax error: token recognition error at: '\(Character(quote))'", at: start)
    }

    private mutating func escape(into out: inout String) throws(ExpressionError) {
        guard let s = peek() else { throw ExpressionError("Syntax error: unterminated escape", at: place) }
        place += 1
        func hex(_ count: Int) throws(ExpressionError) -> Unicode.Scalar {
            let digits = String(String.UnicodeScalarView(text[place..<min(place + count, text.count)]))
            guard digits.count == count, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
            else {
                throw ExpressionError("Syntax error: bad escape", at: place)
            }
            return scalar
        }
        switch s {
        case "n": out += "\n"
        case "t": out += "\t"
        case "r": out += "\r"
        case "a": out += "\u{7}"
        case "b": out += "\u{8}"
        case "f": out += "\u{C}"
        case "v": out += "\u{B}"
        case "x", "X", "u", "U":
            let count = s == "u" ? 4 : s == "U" ? 8 : 2
            out.unicodeScalars.append(try hex(count))
            place += count
        default: out.unicodeScalars.append(s)
        }
    }
}
