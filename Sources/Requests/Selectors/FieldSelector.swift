import Document

/// A field selector as it stands in a query, `status.phase=Running,spec.nodeName!=`: Kubernetes' `fields.Selector`.
public struct FieldSelector: Sendable, Equatable {
    public struct Term: Sendable, Equatable {
        public let field: String
        public let value: String
        /// `!=`
        public let isNegated: Bool
        public init(field: String, value: String, isNegated: Bool = false) {
            self.field = field
            self.value = value
            self.isNegated = isNegated
        }
    }
    public let terms: [Term]

    public init(_ terms: [Term] = []) { self.terms = terms }
    public var isEmpty: Bool { terms.isEmpty }

    /// Reads the syntax: terms divided by commas, `\` before a comma, `=` or `\` that is meant as itself.
    public init(parsing text: String) throws(QueryError) {
        var terms: [Term] = []
        for part in FieldSelector.split(text) where !part.isEmpty {
            guard let term = FieldSelector.term(part) else {
                let piece = String(decoding: part, as: UTF8.self)
                throw QueryError(message: "invalid selector: '\(text)'; can't understand '\(piece)'")
            }
            terms.append(try term.get())
        }
        self.terms = terms
    }

    private static func split(_ text: String) -> [[UInt8]] {
        var out: [[UInt8]] = []
        var part: [UInt8] = []
        var escaped = false
        for b in text.utf8 {
            if escaped {
                escaped = false
            } else if b == UInt8(ascii: "\\") {
                escaped = true
            } else if b == UInt8(ascii: ",") {
                out.append(part)
                part = []
                continue
            }
            part.append(b)
        }
        out.append(part)
        return out
    }

    private static func term(_ part: [UInt8]) -> Result<Term, QueryError>? {
        var i = 0
        while i < part.count {
            let rest = part[i...]
            for op in ["!=", "==", "="] where rest.starts(with: op.utf8) {
                let field = String(decoding: part[..<i], as: UTF8.self)
                let raw = Array(part[(i + op.utf8.count)...])
                do throws(QueryError) {
                    return .success(Term(field: field, value: try unescape(raw), isNegated: op == "!="))
                } catch {
                    return .failure(error)
                }
            }
            i += 1
        }
        return nil
    }

    private static func unescape(_ bytes: [UInt8]) throws(QueryError) -> String {
        var out: [UInt8] = []
        var escaped = false
        for b in bytes {
            if escaped {
                guard b == UInt8(ascii: "\\") || b == UInt8(ascii: ",") || b == UInt8(ascii: "=") else {
                    let sequence = "\\" + String(Character(Unicode.Scalar(b)))
                    throw QueryError(message: "invalid field selector: invalid escape sequence: \(sequence)")
                }
                out.append(b)
                escaped = false
            } else if b == UInt8(ascii: "\\") {
                escaped = true
            } else if b == UInt8(ascii: ",") || b == UInt8(ascii: "=") {
                let character = String(Character(Unicode.Scalar(b)))
                throw QueryError(message: "invalid field selector: unescaped character in value: \(character)")
            } else {
                out.append(b)
            }
        }
        if escaped { throw QueryError(message: "invalid field selector: invalid escape sequence: \\") }
        return String(decoding: out, as: UTF8.self)
    }

    /// The value that a `field=value` term asks for; nil when no term does.
    public func requiredValue(_ field: String) -> String? {
        for term in terms where term.field == field && !term.isNegated { return term.value }
        return nil
    }

    /// Whether an object satisfies every term; `value` gives a field's text ("" when unset).
    public func matches(_ value: (String) -> String) -> Bool {
        for term in terms where (value(term.field) == term.value) == term.isNegated { return false }
        return true
    }

    /// The selector in its own syntax.
    public var description: String {
        terms.map { term in
            var value = ""
            for character in term.value {
                if character == "\\" || character == "," || character == "=" { value += "\\" }
                value.append(character)
            }
            return term.field + (term.isNegated ? "!=" : "=") + value
        }.joined(separator: ",")
    }
}
