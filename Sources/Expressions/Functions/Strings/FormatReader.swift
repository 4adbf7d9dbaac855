/// Reads the text of `"…%s…".format([…])` part by part.
struct FormatReader {
    enum Part {
        case text(String)
        case clause(Clause)
    }
    /// `%.2f`: how the next argument is shown.
    struct Clause {
        var verb: Unicode.Scalar
        /// Digits after the point, where they are given.
        var digits: Int?
    }

    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var clauses = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The next part; nil at the end.
    /// - Parameter given: how many arguments there are.
    mutating func next(given: Int) throws(EvaluationError) -> Part? {
        guard at < scalars.count else { return nil }
        var text = ""
        while at < scalars.count, scalars[at] != "%" {
            text.unicodeScalars.append(scalars[at])
            at += 1
        }
        if !text.isEmpty { return .text(text) }
        at += 1
        guard at < scalars.count else { throw EvaluationError("unexpected end of string") }
        if scalars[at] == "%" {
            at += 1
            return .text("%")
        }
        guard clauses < given else { throw EvaluationError("index \(clauses) out of range") }
        clauses += 1
        let digits = try precision()
        let verb = scalars[at]
        guard "sdfebxXo".unicodeScalars.contains(verb) else {
            throw unreadable("unrecognized formatting clause \"\(verb)\"")
        }
        at += 1
        return .clause(Clause(verb: verb, digits: digits))
    }

    private mutating func precision() throws(EvaluationError) -> Int? {
        guard scalars[at] == "." else { return nil }
        at += 1
        var digits = ""
        while at < scalars.count, ("0"..."9").contains(scalars[at]) {
            digits.unicodeScalars.append(scalars[at])
            at += 1
        }
        guard at < scalars.count else {
            throw unreadable("error while parsing precision: could not find end of precision specifier")
        }
        guard let value = Int(digits) else {
            let why = digits.isEmpty ? "invalid syntax" : "value out of range"
            throw unreadable(
                "error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing \"\(digits)\": \(why)"
            )
        }
        return value
    }

    private func unreadable(_ why: String) -> EvaluationError {
        EvaluationError("could not parse formatting clause: \(why)")
    }

    /// What is said of a value of a type that a clause cannot show.
    static func wrong(_ verb: Unicode.Scalar, _ type: String) -> EvaluationError {
        let rule =
            switch verb {
            case "d": "decimal clause can only be used on integers"
            case "f": "fixed-point clause can only be used on doubles"
            case "e": "scientific clause can only be used on doubles"
            case "b": "only integers and bools can be formatted as binary"
            case "x", "X": "only integers, byte buffers, and strings can be formatted as hex"
            case "o": "octal clause can only be used on integers"
            default:
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"
            }
        return EvaluationError("error during formatting: \(rule), was given \(type)")
    }
}
