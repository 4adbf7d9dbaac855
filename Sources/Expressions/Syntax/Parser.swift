/// Reads an expression: upstream's grammar, by recursive descent, with its words for what is wrong.
struct Parser {
    /// Upstream's limits: characters of an expression, and how deep it may nest.
    static let charactersMax = 100_000
    static let depthMax = 250

    let text: [Unicode.Scalar]
    let tokens: [Token]
    private var place = 0
    private var depth = 0
    var tree = SyntaxTree()
    var issues: [Issue]
    /// How deep each node nests, as upstream counts it.
    private var depths: [Int] = []

    /// Thrown where reading cannot go on; what is wrong has been noted.
    struct Stop: Error {}

    private init(_ text: [Unicode.Scalar]) {
        let lexer = Lexer(text)
        self.text = text
        tokens = lexer.tokens
        issues = lexer.issues
    }

    /// The expression's tree.
    static func parse(_ text: String) throws(CompilationError) -> SyntaxTree {
        let scalars = Array(text.unicodeScalars)
        if scalars.count > charactersMax {
            let message = "expression code point size exceeds limit: size: \(scalars.count), limit \(charactersMax)"
            throw CompilationError([Issue(message: message, offset: nil)], in: "")
        }
        var parser = Parser(scalars)
        do throws(Stop) {
            let root = try parser.expression()
            try parser.expect(.end)
            parser.tree.root = root
        } catch {}
        if !parser.issues.isEmpty { throw CompilationError(parser.issues, in: text) }
        return parser.tree
    }

    // MARK: Tokens

    private var kind: TokenKind { tokens[place].kind }
    private func kind(_ ahead: Int) -> TokenKind {
        place + ahead < tokens.count ? tokens[place + ahead].kind : .end
    }
    private var offset: Int { tokens[place].range.lowerBound }
    private func words(_ token: Token) -> String {
        token.kind == .end ? "<EOF>" : String(String.UnicodeScalarView(text[token.range]))
    }

    private mutating func take() -> Token {
        let token = tokens[place]
        if place < tokens.count - 1 { place += 1 }
        return token
    }

    private mutating func take(_ wanted: TokenKind) -> Bool {
        guard kind == wanted else { return false }
        _ = take()
        return true
    }

    /// Goes over a token that must stand here. A surplus token before it is left out and a missing one is made up when what
    /// follows fits, so that one report can name several faults.
    private mutating func expect(_ wanted: TokenKind, orFollowedBy follows: Set<TokenKind> = []) throws(Stop) {
        try expect(one: [wanted], then: wanted, follows)
    }

    private mutating func expect(one set: Set<TokenKind>, then wanted: TokenKind, _ follows: Set<TokenKind> = [])
        throws(Stop)
    {
        if kind == wanted {
            if wanted != .end { _ = take() }
            return
        }
        if set.contains(kind(1)), kind != .end {
            note("extraneous input '\(words(tokens[place]))' expecting \(TokenKind.list(set))")
            _ = take()
            if kind == wanted, wanted != .end { _ = take() }
            return
        }
        if follows.contains(kind) {
            note("missing \(TokenKind.list(set)) at '\(words(tokens[place]))'")
            return
        }
        throw mismatch(set)
    }

    private mutating func mismatch(_ expected: Set<TokenKind>) -> Stop {
        note("mismatched input '\(words(tokens[place]))' expecting \(TokenKind.list(expected))")
        return Stop()
    }

    /// Leaves out one token when the next one fits.
    private mutating func skipSurplus(_ expected: Set<TokenKind>) throws(Stop) {
        if expected.contains(kind) { return }
        guard kind != .end, expected.contains(kind(1)) else { throw mismatch(expected) }
        note("extraneous input '\(words(tokens[place]))' expecting \(TokenKind.list(expected))")
        _ = take()
    }

    private mutating func note(_ message: String) {
        issues.append(Issue(message: "Syntax error: " + message, offset: offset))
    }

    // MARK: Nodes

    /// Adds a node that nests one deeper than the deepest of its children.
    mutating func add(_ node: Node, at offset: Int, over children: [Int] = [], nests: Bool = false) throws(Stop) -> Int
    {
        let id = tree.add(node, at: offset)
        while depths.count < id { depths.append(1) }
        let depth = (children.map { depths[$0] }.max() ?? 0) + (nests ? 1 : 0)
        depths.append(depth)
        if depth > Parser.depthMax || tree.nodes.count > SyntaxTree.nodesMax { throw tooDeep() }
        return id
    }

    private mutating func tooDeep() -> Stop {
        issues.append(Issue(message: "expression recursion limit exceeded: \(Parser.depthMax)", offset: nil))
        return Stop()
    }

    private mutating func failed(_ message: String, at offset: Int) throws(Stop) -> Int {
        issues.append(Issue(message: message, offset: offset))
        return try add(.literal(.null), at: offset)
    }

    // MARK: Grammar

    private mutating func expression() throws(Stop) -> Int {
        depth += 1
        defer { depth -= 1 }
        if depth > Parser.depthMax { throw tooDeep() }
        let condition = try disjunction()
        guard kind == .question else { return condition }
        let at = offset
        _ = take()
        let first = try disjunction()
        try expect(.colon, orFollowedBy: TokenKind.operandStarts)
        let second = try expression()
        return try add(
            .call(function: "_?_:_", target: nil, arguments: [condition, first, second]), at: at,
            over: [condition, first, second], nests: true)
    }

    private mutating func disjunction() throws(Stop) -> Int {
        var terms = [try conjunction()]
        var places: [Int] = []
        while kind == .or {
            places.append(offset)
            _ = take()
            terms.append(try conjunction())
        }
        return try balanced("_||_", terms, places)
    }

    private mutating func conjunction() throws(Stop) -> Int {
        var terms = [try relation()]
        var places: [Int] = []
        while kind == .and {
            places.append(offset)
            _ = take()
            terms.append(try relation())
        }
        return try balanced("_&&_", terms, places)
    }

    /// A chain of `&&` or `||` as a tree that is no deeper than it must be.
    private mutating func balanced(_ function: String, _ terms: [Int], _ places: [Int]) throws(Stop) -> Int {
        func build(_ range: Range<Int>, _ parser: inout Parser) throws(Stop) -> Int {
            if range.count == 1 { return terms[range.lowerBound] }
            let middle = (range.lowerBound + range.upperBound) / 2
            let left = try build(range.lowerBound..<middle, &parser)
            let right = try build(middle..<range.upperBound, &parser)
            return try parser.add(
                .call(function: function, target: nil, arguments: [left, right]), at: places[middle - 1],
                over: [left, right])
        }
        return try build(0..<terms.count, &self)
    }

    private static let relations: [TokenKind: String] = [
        .less: "_<_", .lessEquals: "_<=_", .greaterEquals: "_>=_", .greater: "_>_", .equals: "_==_", .notEquals: "_!=_",
        .isIn: "@in",
    ]

    private mutating func relation() throws(Stop) -> Int {
        var left = try sum()
        while let function = Parser.relations[kind] {
            left = try binary(function, left) { (parser) throws(Stop) in try parser.sum() }
        }
        return left
    }

    private mutating func sum() throws(Stop) -> Int {
        var left = try product()
        while kind == .plus || kind == .minus {
            left = try binary(kind == .plus ? "_+_" : "_-_", left) { (parser) throws(Stop) in try parser.product() }
        }
        return left
    }

    private mutating func product() throws(Stop) -> Int {
        var left = try unary()
        while kind == .star || kind == .slash || kind == .percent {
            let function = kind == .star ? "_*_" : kind == .slash ? "_/_" : "_%_"
            left = try binary(function, left) { (parser) throws(Stop) in try parser.unary() }
        }
        return left
    }

    private mutating func binary(_ function: String, _ left: Int, _ operand: (inout Parser) throws(Stop) -> Int)
        throws(Stop) -> Int
    {
        let at = offset
        _ = take()
        let right = try operand(&self)
        return try add(
            .call(function: function, target: nil, arguments: [left, right]), at: at, over: [left, right], nests: true)
    }

    private mutating func unary() throws(Stop) -> Int {
        guard kind == .exclamation || kind == .minus else { return try member() }
        let sign = kind
        if sign == .minus, kind(1) == .int || kind(1) == .float { return try member() }
        let at = offset
        var count = 0
        while kind == sign {
            _ = take()
            count += 1
        }
        guard TokenKind.operandStarts.contains(kind), kind != .exclamation, kind != .minus else {
            if sign == .minus, kind == .end {
                note("no viable alternative at input '-'")
                throw Stop()
            }
            throw mismatch(TokenKind.operandStarts.subtracting([.exclamation]))
        }
        let operand = try member()
        if count % 2 == 0 { return operand }
        return try add(
            .call(function: sign == .minus ? "-_" : "!_", target: nil, arguments: [operand]), at: at, over: [operand])
    }

    private mutating func member() throws(Stop) -> Int {
        var operand = try primary()
        while true {
            let at = offset
            switch kind {
            case .dot:
                _ = take()
                let isOptional = take(.question)
                guard kind == .identifier || kind == .escapedIdentifier else {
                    let last = kind == .end ? "" : words(tokens[place])
                    note("no viable alternative at input '.\(isOptional ? "?" : "")\(last)'")
                    throw Stop()
                }
                let isPlain = kind == .identifier
                let token = take()
                var name = words(token)
                if !isPlain { name = String(name.dropFirst().dropLast()) }
                if !isOptional, isPlain, kind == .leftParenthesis {
                    let open = offset
                    let arguments = try self.arguments()
                    let made = try macro(name, operand, arguments, at: open)
                    operand =
                        try made
                        ?? add(
                            .call(function: name, target: operand, arguments: arguments), at: open,
                            over: [operand] + arguments, nests: true)
                } else if isOptional {
                    let field = try add(.literal(.string(name)), at: token.range.lowerBound)
                    operand = try add(
                        .call(function: "_?._", target: nil, arguments: [operand, field]), at: at, over: [operand],
                        nests: true)
                } else {
                    operand = try add(
                        .select(operand: operand, field: name, isPresenceTest: false), at: at, over: [operand],
                        nests: true)
                }
            case .leftBracket:
                _ = take()
                let isOptional = take(.question)
                let key = try expression()
                try expect(.rightBracket, orFollowedBy: [.end])
                operand = try add(
                    .call(function: isOptional ? "_[?_]" : "_[_]", target: nil, arguments: [operand, key]), at: at,
                    over: [operand, key], nests: true)
            default: return operand
            }
        }
    }

    private mutating func arguments() throws(Stop) -> [Int] {
        _ = take()
        var out: [Int] = []
        if take(.rightParenthesis) { return out }
        try skipSurplus(TokenKind.operandStarts.union([.rightParenthesis]))
        if take(.rightParenthesis) { return out }
        out.append(try expression())
        while take(.comma) { out.append(try expression()) }
        try expect(.rightParenthesis, orFollowedBy: [.end])
        return out
    }

    private mutating func primary() throws(Stop) -> Int {
        try skipSurplus(TokenKind.operandStarts)
        let at = offset
        switch kind {
        case .leftParenthesis:
            _ = take()
            let inner = try expression()
            try expect(.rightParenthesis, orFollowedBy: [.end])
            return inner
        case .leftBracket: return try list(at)
        case .leftBrace: return try map(at)
        case .dot, .identifier: return try name(at)
        case .exclamation: throw mismatch(TokenKind.operandStarts.subtracting([.exclamation]))
        default: return try literal(at)
        }
    }

    private mutating func name(_ at: Int) throws(Stop) -> Int {
        let hasDot = take(.dot)
        guard kind == .identifier else { throw mismatch([.identifier]) }
        // `a.b.C{` makes a value of a type; what else there may be is a name and what is done with it.
        var ahead = 1
        while kind(ahead) == .dot, kind(ahead + 1) == .identifier { ahead += 2 }
        if kind(ahead) == .leftBrace {
            var name = hasDot ? "." : ""
            name += words(take())
            while take(.dot) { name += "." + words(take()) }
            return try structure(name)
        }
        let token = take()
        let name = words(token)
        let isReserved = Parser.reserved.contains(name)
        if kind == .leftParenthesis {
            let open = offset
            let arguments = try self.arguments()
            if isReserved { return try failed("reserved identifier: \(name)", at: at) }
            if !hasDot, let made = try macro(name, nil, arguments, at: open) { return made }
            return try add(
                .call(function: (hasDot ? "." : "") + name, target: nil, arguments: arguments), at: open,
                over: arguments)
        }
        if isReserved { return try failed("reserved identifier: \(name)", at: at) }
        return try add(.identifier((hasDot ? "." : "") + name), at: token.range.lowerBound)
    }

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
        "package", "namespace", "null", "return", "true", "var", "void", "while",
    ]

    private mutating func literal(_ at: Int) throws(Stop) -> Int {
        var sign = ""
        if kind == .minus {
            _ = take()
            sign = "-"
        }
        let token = take()
        let words = sign + self.words(token)
        switch token.kind {
        case .int:
            guard let value = Literals.int(words) else { return try failed("invalid int literal", at: at) }
            return try add(.literal(.int(value)), at: at)
        case .uint:
            guard let value = Literals.uint(words) else { return try failed("invalid uint literal", at: at) }
            return try add(.literal(.uint(value)), at: at)
        case .float:
            guard let value = Literals.double(words) else { return try failed("invalid double literal", at: at) }
            return try add(.literal(.double(value)), at: at)
        case .string:
            guard let value = Literals.string(text[token.range]) else {
                return try failed("unable to unescape string", at: at)
            }
            return try add(.literal(.string(value)), at: at)
        case .bytes:
            guard let value = Literals.bytes(text[token.range]) else {
                return try failed("unable to unescape string", at: at)
            }
            return try add(.literal(.bytes(value)), at: at)
        case .isTrue: return try add(.literal(.bool(true)), at: at)
        case .isFalse: return try add(.literal(.bool(false)), at: at)
        default: return try add(.literal(.null), at: at)
        }
    }

    private mutating func list(_ at: Int) throws(Stop) -> Int {
        _ = take()
        var elements: [Int] = []
        var optional: [Bool] = []
        if !take(.rightBracket) {
            try skipSurplus(TokenKind.operandStarts.union([.rightBracket, .comma, .question]))
            while kind != .rightBracket, kind != .comma {
                optional.append(take(.question))
                elements.append(try expression())
                guard kind == .comma, kind(1) != .rightBracket else { break }
                _ = take()
            }
            if kind != .comma, kind != .rightBracket { try skipSurplus([.comma, .rightBracket]) }
            _ = take(.comma)
            try expect(.rightBracket, orFollowedBy: [.end])
        }
        return try add(.list(elements, optional: optional), at: at, over: elements)
    }

    private mutating func map(_ at: Int) throws(Stop) -> Int {
        _ = take()
        var entries: [Node.MapEntry] = []
        if !take(.rightBrace) {
            try skipSurplus(TokenKind.operandStarts.union([.rightBrace, .comma, .question]))
            while kind != .rightBrace, kind != .comma {
                let isOptional = take(.question)
                let key = try expression()
                try expect(.colon)
                entries.append(.init(key: key, value: try expression(), isOptional: isOptional))
                guard kind == .comma, kind(1) != .rightBrace else { break }
                _ = take()
            }
            if kind != .comma, kind != .rightBrace { try skipSurplus([.comma, .rightBrace]) }
            _ = take(.comma)
            try expect(.rightBrace, orFollowedBy: [.end])
        }
        return try add(.map(entries), at: at, over: entries.flatMap { [$0.key, $0.value] })
    }

    private mutating func structure(_ name: String) throws(Stop) -> Int {
        let at = offset
        _ = take()
        var fields: [Node.StructureField] = []
        if !take(.rightBrace) {
            try skipSurplus([.rightBrace, .comma, .question, .identifier, .escapedIdentifier])
            while kind != .rightBrace, kind != .comma {
                let isOptional = take(.question)
                guard kind == .identifier || kind == .escapedIdentifier else {
                    throw mismatch([.identifier, .escapedIdentifier])
                }
                var field = words(tokens[place])
                if kind == .escapedIdentifier { field = String(field.dropFirst().dropLast()) }
                _ = take()
                let colon = offset
                try expect(.colon)
                fields.append(
                    .init(name: field, value: try expression(), isOptional: isOptional, offset: colon))
                guard kind == .comma, kind(1) != .rightBrace else { break }
                _ = take()
            }
            if kind != .comma, kind != .rightBrace { try skipSurplus([.comma, .rightBrace]) }
            _ = take(.comma)
            try expect(.rightBrace, orFollowedBy: [.end])
        }
        return try add(.structure(name, fields), at: at, over: fields.map(\.value))
    }
}
