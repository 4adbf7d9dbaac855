internal import Document

/// `"…%s…".format([…])`, and values as text.
enum StringFormat {
    /// Digits after the point where none are asked for.
    private static let precision = 6
    private static let depthMax = 200

    static func format(_ text: String, _ arguments: [Value], _ e: inout Evaluator) throws(EvaluationError) -> String {
        try e.spend(text.utf8.count / 4)
        var reader = FormatReader(text)
        var out = ""
        var used = 0
        while let part = try reader.next(given: arguments.count) {
            switch part {
            case .text(let text): out += text
            case .clause(let clause):
                let made = try shown(arguments[used], clause, &e)
                try e.spend(made.utf8.count / 4)
                out += made
                used += 1
            }
        }
        return out
    }

    private static func shown(_ value: Value, _ clause: FormatReader.Clause, _ e: inout Evaluator)
        throws(EvaluationError) -> String
    {
        let verb = clause.verb
        let type = value.type.runtimeName
        switch verb {
        case "s": return try text(value, &e, quotes: false, depthMax)
        case "d":
            switch value {
            case .int(let i): return String(i)
            case .uint(let u): return String(u)
            default: throw FormatReader.wrong(verb, type)
            }
        case "f", "e":
            let d: Double
            switch value {
            case .double(let given): d = given
            case .string("NaN"): d = .nan
            case .string("Infinity"): d = .infinity
            case .string("-Infinity"): d = -.infinity
            default: throw FormatReader.wrong(verb, type)
            }
            guard d.isFinite else {
                let text = d.isNaN ? "NaN" : d < 0 ? "-∞" : "∞"
                // Upstream asks for six characters at least.
                return verb == "f" ? text : String(repeating: " ", count: precision - text.count) + text
            }
            try payDigits(d, &e)
            if verb == "e" { return scientific(d) }
            try e.spend(clause.digits ?? precision)
            return grouped(fixed(d, clause.digits ?? precision))
        case "b":
            switch value {
            case .int(let i): return String(i, radix: 2)
            case .uint(let u): return String(u, radix: 2)
            case .bool(let b): return b ? "1" : "0"
            default: throw FormatReader.wrong(verb, type)
            }
        case "x", "X":
            switch value {
            case .int(let i): return String(i, radix: 16, uppercase: verb == "X")
            case .uint(let u): return String(u, radix: 16, uppercase: verb == "X")
            case .string(let text): return hex(Array(text.utf8), verb == "X")
            case .bytes(let bytes): return hex(bytes, verb == "X")
            default: throw FormatReader.wrong(verb, type)
            }
        case "o":
            switch value {
            case .int(let i): return String(i, radix: 8)
            case .uint(let u): return String(u, radix: 8)
            default: throw FormatReader.wrong(verb, type)
            }
        default: throw FormatReader.wrong(verb, type)
        }
    }

    private static func hex(_ bytes: [UInt8], _ uppercase: Bool) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: uppercase) }.joined()
    }

    /// A value as `%s` shows it; inside lists and maps strings have quotes and moments say what they are.
    private static func text(_ value: Value, _ e: inout Evaluator, quotes: Bool, _ depth: Int) throws(EvaluationError)
        -> String
    {
        try e.spend(8)
        guard depth > 0 else { throw .overBudget }
        switch value {
        case .null: return "null"
        case .string(let text):
            try e.spend(text.utf8.count / 4)
            return quotes ? quoted(text) : text
        case .bytes:
            let text = try ConversionFunctions.string(value)
            return quotes ? "b" + quoted(text) : text
        case .timestamp(let moment): return quotes ? "timestamp(\"\(moment.text)\")" : moment.text
        case .duration(let nanoseconds):
            return quotes ? "duration(\"\(Durations.text(nanoseconds))\")" : Durations.text(nanoseconds)
        case .double(let d):
            guard quotes else { return GoNumbers.text(d) }
            if d.isFinite { try payDigits(d, &e) }
            return d.isFinite ? fixed(d, precision) : quoted(GoNumbers.text(d))
        case .int, .uint, .bool, .type: return try ConversionFunctions.string(value)
        default: break
        }
        if let elements = value.elements {
            var parts: [String] = []
            for element in elements { parts.append(try text(element, &e, quotes: true, depth - 1)) }
            return "[" + parts.joined(separator: ", ") + "]"
        }
        if let entries = value.entries {
            var parts: [(String, String)] = []
            for (key, value) in entries {
                parts.append(
                    (try text(key, &e, quotes: true, depth - 1), try text(value, &e, quotes: true, depth - 1)))
            }
            parts.sort { $0.0.bytesPrecede($1.0) }
            return "{" + parts.map { "\($0.0):\($0.1)" }.joined(separator: ", ") + "}"
        }
        throw FormatReader.wrong("s", value.type.runtimeName)
    }

    /// Text in quotes with escapes, as Go's `%q`.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{7}": out += "\\a"
            case "\u{8}": out += "\\b"
            case "\u{C}": out += "\\f"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{B}": out += "\\v"
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    // MARK: Decimals

    /// All digits of a very large or very small number are many.
    private static func payDigits(_ d: Double, _ e: inout Evaluator) throws(EvaluationError) {
        let exponent = d == 0 ? 0 : Int(d.exponent)
        try e.spend(50 + exponent * exponent / 100)
    }

    /// A finite number with so many digits after the point, rounded to even, exactly.
    static func fixed(_ d: Double, _ places: Int) -> String {
        let (digits, point) = exact(d.magnitude)
        let rounded = round(digits, keeping: point + places)
        var all = rounded.digits
        let whole = point + (rounded.carried ? 1 : 0)
        if whole <= 0 { all = [UInt8](repeating: 0, count: 1 - whole) + all }
        let split = Swift.max(1, whole)
        while all.count < split + places { all.append(0) }
        var out = d.sign == .minus ? "-" : ""
        out += all[..<split].map { String($0) }.joined()
        if places > 0 { out += "." + all[split..<(split + places)].map { String($0) }.joined() }
        return out
    }

    /// Thousands apart by commas.
    private static func grouped(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        var out = ""
        for (i, digit) in parts[0].enumerated() {
            if i > 0, (parts[0].count - i) % 3 == 0 { out += "," }
            out.append(digit)
        }
        return (isNegative ? "-" : "") + out + (parts.count > 1 ? "." + parts[1] : "")
    }

    /// Upstream gives six digits whatever was asked for.
    private static func scientific(_ d: Double) -> String {
        let places = precision
        var exponent = 0
        var digits: [UInt8] = [0]
        if d != 0 {
            let (all, point) = exact(d.magnitude)
            let rounded = round(all, keeping: places + 1)
            digits = rounded.digits
            exponent = point - 1 + (rounded.carried ? 1 : 0)
        }
        while digits.count < places + 1 { digits.append(0) }
        var out = (d.sign == .minus ? "-" : "") + String(digits[0])
        out += "." + digits[1...places].map { String($0) }.joined()
        let raised = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        var shown = String(exponent.magnitude)
        if shown.count < 2 { shown = "0" + shown }
        out += "×10" + (exponent < 0 ? "⁻" : "")
        return out + shown.utf8.map { raised[Int($0 - 48)] }.joined()
    }

    /// All decimal digits of a number (there are finitely many), without leading zeros, and where the point stands.
    private static func exact(_ magnitude: Double) -> (digits: [UInt8], point: Int) {
        if magnitude == 0 { return ([], 0) }
        // significand × 2^exponent, both whole.
        var exponent = Int(magnitude.exponent) - 52
        var significand = UInt64(magnitude.significandBitPattern)
        if magnitude.isNormal { significand |= 1 << 52 } else { exponent = -1074 }
        // Digits from the lowest: multiplied by two, or by five with the point moved, as often as needed.
        var digits: [UInt8] = String(significand).utf8.reversed().map { $0 - 48 }
        func multiply(by factor: UInt8) {
            var carry: UInt8 = 0
            for i in digits.indices {
                let product = digits[i] * factor + carry
                digits[i] = product % 10
                carry = product / 10
            }
            if carry > 0 { digits.append(carry) }
        }
        var point = 0
        if exponent > 0 {
            for _ in 0..<exponent { multiply(by: 2) }
        } else {
            for _ in 0..<(-exponent) { multiply(by: 5) }
            point = exponent
        }
        return (digits.reversed(), digits.count + point)
    }

    /// The first digits, rounded by those that follow, and whether that made one more before the point.
    private static func round(_ digits: [UInt8], keeping count: Int) -> (digits: [UInt8], carried: Bool) {
        guard count >= 0 else { return ([], false) }
        guard count < digits.count else { return (digits, false) }
        var kept = Array(digits[..<count])
        let next = digits[count]
        let isMore = digits[(count + 1)...].contains { $0 != 0 }
        let goesUp = next > 5 || (next == 5 && (isMore || (kept.last ?? 0) % 2 == 1))
        guard goesUp else { return (kept, false) }
        var i = count - 1
        while i >= 0 {
            if kept[i] < 9 {
                kept[i] += 1
                return (kept, false)
            }
            kept[i] = 0
            i -= 1
        }
        return ([1] + kept, true)
    }
}

extension Value {
    /// The value as messages show it.
    var described: String {
        switch self {
        case .null: "null"
        case .string(let text): text
        case .int, .uint, .bool, .double, .timestamp, .duration, .type, .address, .range:
            (try? ConversionFunctions.string(self)) ?? type.runtimeName
        default: document.map { $0.text } ?? type.runtimeName
        }
    }
}
