import Document

/// Reads the label selector syntax: a scan into tokens, then one requirement after another. Messages are those of
/// upstream's `labels.Parse`, because clients show them.
struct LabelSelectorParser {
    private enum Token {
        case error, end, closed, comma, not, doubleEquals, equals, greater, identifier, `in`, less, notEquals, notIn,
            open
    }
    private var items: [(token: Token, text: String)] = []
    private var position = 0

    init(_ text: String) { items = LabelSelectorParser.scan(Array(text.utf8)) }

    private static func keyword(_ text: String) -> Token? {
        guard text.utf8.count <= 5 else { return nil }
        return switch text {
        case ")": .closed
        case ",": .comma
        case "!": .not
        case "==": .doubleEquals
        case "=": .equals
        case ">": .greater
        case "in": .in
        case "<": .less
        case "!=": .notEquals
        case "notin": .notIn
        case "(": .open
        default: nil
        }
    }
    private static func isSpace(_ b: UInt8) -> Bool { b == 32 || b == 9 || b == 13 || b == 10 }
    private static func isSymbol(_ b: UInt8) -> Bool {
        switch b {
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","),
            UInt8(ascii: ">"),
            UInt8(ascii: "<"):
            true
        default: false
        }
    }

    private static func scan(_ bytes: [UInt8]) -> [(token: Token, text: String)] {
        var items: [(token: Token, text: String)] = []
        var at = 0
        while true {
            while at < bytes.count, isSpace(bytes[at]) { at += 1 }
            guard at < bytes.count, bytes[at] != 0 else {
                items.append((.end, ""))
                return items
            }
            let start = at
            if isSymbol(bytes[at]) {
                var last: (token: Token, end: Int)?
                while at < bytes.count, isSymbol(bytes[at]) {
                    at += 1
                    if let token = keyword(String(decoding: bytes[start..<at], as: UTF8.self)) {
                        last = (token, at)
                    } else if last != nil {
                        break
                    }
                }
                if let last {
                    at = last.end
                    items.append((last.token, String(decoding: bytes[start..<last.end], as: UTF8.self)))
                } else {
                    let found = String(decoding: bytes[start..<at], as: UTF8.self)
                    items.append((.error, "error expected: keyword found '\(found)'"))
                }
            } else {
                while at < bytes.count, bytes[at] != 0, !isSymbol(bytes[at]), !isSpace(bytes[at]) { at += 1 }
                let text = String(decoding: bytes[start..<at], as: UTF8.self)
                items.append((keyword(text) ?? .identifier, text))
            }
        }
    }

    /// Where a value may stand, `in` and `notin` are plain words.
    private func peek() -> (token: Token, text: String) {
        let item = items[min(position, items.count - 1)]
        return item.token == .in || item.token == .notIn ? (.identifier, item.text) : item
    }
    private mutating func next(asOperator: Bool = false) -> (token: Token, text: String) {
        let item = items[min(position, items.count - 1)]
        position += 1
        if !asOperator, item.token == .in || item.token == .notIn { return (.identifier, item.text) }
        return item
    }

    mutating func parse() throws(QueryError) -> [LabelSelector.Requirement] {
        var out: [LabelSelector.Requirement] = []
        while true {
            let (token, text) = peek()
            switch token {
            case .identifier, .not:
                do throws(QueryError) {
                    out.append(try requirement())
                } catch {
                    throw QueryError(message: "unable to parse requirement: \(error.message)")
                }
                let (after, afterText) = next()
                switch after {
                case .end: return out
                case .comma:
                    let (following, followingText) = peek()
                    if following != .identifier, following != .not {
                        throw QueryError(message: "found '\(followingText)', expected: identifier after ','")
                    }
                default: throw QueryError(message: "found '\(afterText)', expected: ',' or 'end of string'")
                }
            case .end: return out
            default: throw QueryError(message: "found '\(text)', expected: !, identifier, or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(QueryError) -> LabelSelector.Requirement {
        var (token, key) = next()
        var negated = false
        if token == .not {
            negated = true
            (token, key) = next()
        }
        guard token == .identifier else { throw QueryError(message: "found '\(key)', expected: identifier") }
        let wrong = LabelNames.keyErrors(key)
        if !wrong.isEmpty {
            throw QueryError(
                message: "<nil>: Invalid value: \(JSON.string(key).text): \(wrong.joined(separator: "; "))")
        }
        let after = peek().token
        if negated { return .init(key: key, op: .doesNotExist, values: []) }
        if after == .end || after == .comma { return .init(key: key, op: .exists, values: []) }
        let op = try operation()
        let values: [String]
        switch op {
        case .in, .notIn: values = try list()
        default: values = try single()
        }
        try check(op, key, values)
        return .init(key: key, op: op, values: values)
    }

    private func check(_ op: LabelSelector.Operator, _ key: String, _ values: [String]) throws(QueryError) {
        var errors: [String] = []
        for (i, value) in values.enumerated() {
            if op == .greaterThan || op == .lessThan, Int64(value) == nil {
                errors.append(
                    "values[\(i)]: Invalid value: \(JSON.string(value).text): for 'Gt', 'Lt' operators, the value must be an integer"
                )
            }
        }
        for (i, value) in values.enumerated() {
            let wrong = LabelNames.valueErrors(value)
            if !wrong.isEmpty {
                errors.append(
                    "values[\(i)][\(key)]: Invalid value: \(JSON.string(value).text): \(wrong.joined(separator: "; "))")
            }
        }
        if errors.count == 1 { throw QueryError(message: errors[0]) }
        if !errors.isEmpty { throw QueryError(message: "[\(errors.joined(separator: ", "))]") }
    }

    private mutating func operation() throws(QueryError) -> LabelSelector.Operator {
        let (token, text) = next(asOperator: true)
        switch token {
        case .in: return .in
        case .equals: return .equals
        case .doubleEquals: return .doubleEquals
        case .greater: return .greaterThan
        case .less: return .lessThan
        case .notIn: return .notIn
        case .notEquals: return .notEquals
        default: throw QueryError(message: "found '\(text)', expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    private mutating func list() throws(QueryError) -> [String] {
        let (open, openText) = next()
        guard open == .open else { throw QueryError(message: "found '\(openText)' expected: '('") }
        let (token, text) = peek()
        switch token {
        case .identifier, .comma:
            let values = try identifiers()
            guard next().token == .closed else { throw QueryError(message: "found '\(text)', expected: ')'") }
            return values
        case .closed:
            _ = next()
            return [""]
        default: throw QueryError(message: "found '\(text)', expected: ',', ')' or identifier")
        }
    }

    private mutating func identifiers() throws(QueryError) -> [String] {
        var values: Set<String> = []
        func sorted() -> [String] { values.sorted { $0.bytesPrecede($1) } }
        while true {
            let (token, text) = next()
            switch token {
            case .identifier:
                values.insert(text)
                let (after, afterText) = peek()
                switch after {
                case .comma: continue
                case .closed: return sorted()
                default: throw QueryError(message: "found '\(afterText)', expected: ',' or ')'")
                }
            case .comma:
                if values.isEmpty { values.insert("") }
                let after = peek().token
                if after == .closed {
                    values.insert("")
                    return sorted()
                }
                if after == .comma { values.insert("") }
            default: throw QueryError(message: "found '\(text)', expected: ',', or identifier")
            }
        }
    }

    private mutating func single() throws(QueryError) -> [String] {
        let after = peek().token
        if after == .end || after == .comma { return [""] }
        let (token, text) = next()
        guard token == .identifier else { throw QueryError(message: "found '\(text)', expected: identifier") }
        return [text]
    }
}
