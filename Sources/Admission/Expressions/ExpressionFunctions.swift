import Access
import Document
import Records

/// The operators and functions of expressions: CEL's own and those that Kubernetes adds.
enum ExpressionFunctions {
    static func call(
        _ name: String, _ target: ExpressionValue?, _ arguments: [ExpressionValue], _ scope: ExpressionScope
    ) throws(ExpressionError) -> ExpressionValue {
        if let target {
            if let value = try method(name, target, arguments, scope) { return value }
        } else if let value = try function(name, arguments) {
            return value
        }
        throw ExpressionError("no such overload: \(name)")
    }

    // MARK: Operators and plain functions

    private static func function(_ name: String, _ a: [ExpressionValue]) throws(ExpressionError) -> ExpressionValue? {
        switch (name, a.count) {
        case ("==", 2): return .bool(a[0].equals(a[1]))
        case ("!=", 2): return .bool(!a[0].equals(a[1]))
        case ("<", 2), ("<=", 2), (">", 2), (">=", 2):
            guard let order = a[0].compare(a[1]) else { throw ExpressionError("no such overload") }
            return .bool(name == "<" ? order < 0 : name == "<=" ? order <= 0 : name == ">" ? order > 0 : order >= 0)
        case ("@in", 2):
            if let list = a[1].elements { return .bool(list.contains { $0.equals(a[0]) }) }
            if case .string(let key) = a[0], a[1].entries != nil { return .bool(a[1].member(key) != nil) }
            return a[1].entries.map { .bool($0.contains { $0.key.equals(a[0]) }) }
        case ("!", 1): if case .bool(let b) = a[0] { return .bool(!b) }
        case ("-", 1):
            if case .int(let i) = a[0] { return .int(0 &- i) }
            if case .double(let d) = a[0] { return .double(-d) }
        case ("+", 2), ("-", 2), ("*", 2), ("/", 2), ("%", 2): return try arithmetic(name, a[0], a[1])
        case ("size", 1): return size(a[0])
        case ("dyn", 1): return a[0]
        case ("type", 1): return .string(a[0].typeName)
        case ("int", 1), ("uint", 1), ("double", 1), ("string", 1), ("bool", 1), ("bytes", 1):
            return try convert(name, a[0])
        case ("duration", 1):
            if case .duration = a[0] { return a[0] }
            guard case .string(let text) = a[0], let value = DurationText.nanoseconds(text) else {
                throw ExpressionError("invalid duration")
            }
            return .duration(value)
        case ("timestamp", 1):
            if case .timestamp = a[0] { return a[0] }
            if case .int(let seconds) = a[0] { return .timestamp(Timestamp(seconds: seconds)) }
            guard case .string(let text) = a[0], let value = Timestamp(rfc3339: text) else {
                throw ExpressionError("invalid timestamp")
            }
            return .timestamp(value)
        case ("quantity", 1):
            guard case .string(let text) = a[0], isQuantity(text) else {
                throw ExpressionError(
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
            }
            return .quantity(Amount(text))
        case ("isQuantity", 1): if case .string(let text) = a[0] { return .bool(isQuantity(text)) }
        case ("ip", 1):
            guard case .string(let text) = a[0], let value = IPAddress(text) else {
                throw ExpressionError("IP Address parse error during conversion from string")
            }
            return .address(value)
        case ("isIP", 1): if case .string(let text) = a[0] { return .bool(IPAddress(text) != nil) }
        case ("cidr", 1):
            guard case .string(let text) = a[0], let value = AddressRange(text) else {
                throw ExpressionError("network address parse error during conversion from string")
            }
            return .range(value)
        case ("isCIDR", 1): if case .string(let text) = a[0] { return .bool(AddressRange(text) != nil) }
        case ("isURL", 1):
            if case .string(let text) = a[0] { return .bool(text.contains("://") || text.hasPrefix("/")) }
        case ("optional.none", 0): return .optional(nil)
        case ("optional.of", 1): return .optional(a[0])
        case ("optional.ofNonZeroValue", 1): return .optional(a[0].document.isEmptyValue ? nil : a[0])
        case ("sets.contains", 2), ("sets.intersects", 2), ("sets.equivalent", 2):
            guard let x = a[0].elements, let y = a[1].elements else { return nil }
            func within(_ few: [ExpressionValue], _ many: [ExpressionValue]) -> Bool {
                few.allSatisfy { one in many.contains { $0.equals(one) } }
            }
            if name == "sets.contains" { return .bool(within(y, x)) }
            if name == "sets.equivalent" { return .bool(within(x, y) && within(y, x)) }
            return .bool(x.contains { one in y.contains { $0.equals(one) } })
        default:
            if name == "math.greatest" || name == "math.least" {
                let list = a.count == 1 ? a[0].elements ?? a : a
                return extreme(list, name == "math.greatest")
            }
        }
        return nil
    }

    private static func arithmetic(_ op: String, _ x: ExpressionValue, _ y: ExpressionValue) throws(ExpressionError)
        -> ExpressionValue?
    {
        switch (x, y) {
        case (.int(let a), .int(let b)):
            if op == "/" || op == "%", b == 0 {
                throw ExpressionError(op == "/" ? "division by zero" : "modulus by zero")
            }
            let (value, overflow) =
                switch op {
                case "+": a.addingReportingOverflow(b)
                case "-": a.subtractingReportingOverflow(b)
                case "*": a.multipliedReportingOverflow(by: b)
                case "/": a.dividedReportingOverflow(by: b)
                default: a.remainderReportingOverflow(dividingBy: b)
                }
            if overflow { throw ExpressionError("integer overflow") }
            return .int(value)
        case (.uint(let a), .uint(let b)):
            if op == "/" || op == "%", b == 0 {
                throw ExpressionError(op == "/" ? "division by zero" : "modulus by zero")
            }
            let (value, overflow) =
                switch op {
                case "+": a.addingReportingOverflow(b)
                case "-": a.subtractingReportingOverflow(b)
                case "*": a.multipliedReportingOverflow(by: b)
                case "/": a.dividedReportingOverflow(by: b)
                default: a.remainderReportingOverflow(dividingBy: b)
                }
            if overflow { throw ExpressionError("unsigned integer overflow") }
            return .uint(value)
        case (.double(let a), .double(let b)):
            switch op {
            case "+": return .double(a + b)
            case "-": return .double(a - b)
            case "*": return .double(a * b)
            case "/": return .double(a / b)
            default: return nil
            }
        case (.string(let a), .string(let b)) where op == "+": return .string(a + b)
        case (.bytes(let a), .bytes(let b)) where op == "+": return .bytes(a + b)
        case (.duration(let a), .duration(let b)):
            return op == "+" ? .duration(a &+ b) : op == "-" ? .duration(a &- b) : nil
        case (.timestamp(let t), .duration(let d)):
            let micros = d / 1000
            return op == "+"
                ? .timestamp(t.adding(microseconds: micros))
                : op == "-" ? .timestamp(t.adding(microseconds: -micros)) : nil
        case (.duration(let d), .timestamp(let t)) where op == "+": return .timestamp(t.adding(microseconds: d / 1000))
        case (.timestamp(let a), .timestamp(let b)) where op == "-": return .duration(a.since(b) &* 1000)
        default:
            if op == "+", let a = x.elements, let b = y.elements { return .list(a + b) }
            return nil
        }
    }

    private static func size(_ value: ExpressionValue) -> ExpressionValue? {
        switch value {
        case .string(let s): return .int(Int64(s.unicodeScalars.count))
        case .bytes(let b): return .int(Int64(b.count))
        default: return (value.elements?.count ?? value.entries?.count).map { .int(Int64($0)) }
        }
    }

    private static func convert(_ type: String, _ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        let failure = ExpressionError("type conversion error from '\(value.typeName)' to '\(type)'")
        switch (type, value) {
        case ("int", .int), ("uint", .uint), ("double", .double), ("string", .string), ("bool", .bool),
            ("bytes", .bytes):
            return value
        case ("int", .uint(let u)): return .int(Int64(clamping: u))
        case ("int", .double(let d)): if d > -9.2e18, d < 9.2e18 { return .int(Int64(d)) }
        case ("int", .string(let s)): if let i = Int64(s) { return .int(i) }
        case ("int", .timestamp(let t)): return .int(t.seconds)
        case ("int", .duration(let d)): return .int(d / 1_000_000_000)
        case ("uint", .int(let i)): if i >= 0 { return .uint(UInt64(i)) }
        case ("uint", .string(let s)): if let u = UInt64(s) { return .uint(u) }
        case ("double", .int(let i)): return .double(Double(i))
        case ("double", .uint(let u)): return .double(Double(u))
        case ("double", .string(let s)): if let d = Double(s) { return .double(d) }
        case ("string", .int(let i)): return .string(String(i))
        case ("string", .uint(let u)): return .string(String(u))
        case ("string", .double(let d)): return .string(JSON.double(d).text)
        case ("string", .bool(let b)): return .string(b ? "true" : "false")
        case ("string", .bytes(let b)): return .string(String(decoding: b, as: UTF8.self))
        case ("string", .timestamp(let t)): return .string(t.rfc3339)
        case ("string", .duration(let d)): return .string("\(d / 1_000_000_000)s")
        case ("string", .quantity(let q)): return .string(q.text)
        case ("string", .address(let a)): return .string(a.text)
        case ("string", .range(let r)): return .string(r.text)
        case ("bool", .string(let s)): if s == "true" || s == "false" { return .bool(s == "true") }
        case ("bytes", .string(let s)): return .bytes(Array(s.utf8))
        default: break
        }
        throw failure
    }

    static func isQuantity(_ text: String) -> Bool {
        let suffixes: Set<String> = [
            "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
        ]
        var rest = Substring(text)
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard digits.contains(where: \.isNumber), digits.filter({ $0 == "." }).count <= 1 else { return false }
        let suffix = String(rest.dropFirst(digits.count))
        if suffixes.contains(suffix) { return true }
        return (suffix.first == "e" || suffix.first == "E") && Int(suffix.dropFirst()) != nil
    }

    static func extreme(_ list: [ExpressionValue], _ greatest: Bool) -> ExpressionValue? {
        guard var best = list.first else { return nil }
        for value in list.dropFirst() {
            guard let order = value.compare(best) else { return nil }
            if greatest ? order > 0 : order < 0 { best = value }
        }
        return best
    }
}

/// Durations as Go writes them: `1h30m`, `1.5s`.
enum DurationText {
    static func nanoseconds(_ text: String) -> Int64? {
        var rest = Substring(text)
        var sign = 1.0
        if rest.first == "-" || rest.first == "+" {
            if rest.first == "-" { sign = -1 }
            rest = rest.dropFirst()
        }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        let units: [String: Double] = ["ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9]
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = units[String(unit)] else { return nil }
            total += number * scale
        }
        return abs(total) < 9e18 ? Int64(sign * total) : nil
    }
}
