/// Conversions between types.
enum ConversionFunctions {
    /// Those that are carried out ahead where what they convert is written out.
    static let folded: Set<String> = [
        "bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "uint",
    ]

    static let all: [FunctionDeclaration] = [
        FunctionDeclaration("type", [.plain("type", [.a], .type(.a))]) { (_, a) in .type(a[0].type) },
        FunctionDeclaration("dyn", [.plain("to_dyn", [.a], .dyn)]) { (_, a) in a[0] },
        FunctionDeclaration(
            "bool", [.plain("bool_to_bool", [.bool], .bool), .plain("string_to_bool", [.string], .bool)]
        ) { (_, a) throws(EvaluationError) in
            switch a[0] {
            case .bool: return a[0]
            case .string("true"), .string("True"), .string("TRUE"), .string("t"), .string("T"), .string("1"):
                return .bool(true)
            case .string("false"), .string("False"), .string("FALSE"), .string("f"), .string("F"), .string("0"):
                return .bool(false)
            case .string: throw impossible(a[0], "bool")
            default: throw unknown(a[0], "bool")
            }
        },
        FunctionDeclaration(
            "bytes", [.plain("bytes_to_bytes", [.bytes], .bytes), .plain("string_to_bytes", [.string], .bytes)]
        ) { (e, a) throws(EvaluationError) in
            switch a[0] {
            case .bytes: return a[0]
            case .string(let text):
                try e.spend(text.utf8.count / 8)
                return .bytes(Array(text.utf8))
            default: throw unknown(a[0], "bytes")
            }
        },
        FunctionDeclaration(
            "double",
            [
                .plain("double_to_double", [.double], .double), .plain("int64_to_double", [.int], .double),
                .plain("string_to_double", [.string], .double), .plain("uint64_to_double", [.uint], .double),
            ]
        ) { (e, a) throws(EvaluationError) in
            try payLength(a[0], &e)
            switch a[0] {
            case .double: return a[0]
            case .int(let i): return .double(Double(i))
            case .uint(let u): return .double(Double(u))
            case .string(let text):
                guard let value = GoNumbers.double(text) else { throw impossible(a[0], "double") }
                return .double(value)
            default: throw unknown(a[0], "double")
            }
        },
        FunctionDeclaration(
            "int",
            [
                .plain("int64_to_int64", [.int], .int), .plain("double_to_int64", [.double], .int),
                .plain("duration_to_int64", [.duration], .int), .plain("string_to_int64", [.string], .int),
                .plain("timestamp_to_int64", [.timestamp], .int), .plain("uint64_to_int64", [.uint], .int),
            ]
        ) { (e, a) throws(EvaluationError) in
            try payLength(a[0], &e)
            switch a[0] {
            case .int: return a[0]
            case .uint(let u):
                guard let i = Int64(exactly: u) else { throw EvaluationError("integer overflow") }
                return .int(i)
            case .double(let d):
                guard d > -0x1p63, d < 0x1p63 else { throw EvaluationError("integer overflow") }
                return .int(Int64(d))
            case .timestamp(let moment): return .int(moment.seconds)
            case .duration(let nanoseconds): return .int(nanoseconds)
            case .string(let text):
                guard let value = GoNumbers.int(text) else { throw impossible(a[0], "int") }
                return .int(value)
            default: throw unknown(a[0], "int")
            }
        },
        FunctionDeclaration(
            "uint",
            [
                .plain("uint64_to_uint64", [.uint], .uint), .plain("double_to_uint64", [.double], .uint),
                .plain("int64_to_uint64", [.int], .uint), .plain("string_to_uint64", [.string], .uint),
            ]
        ) { (e, a) throws(EvaluationError) in
            try payLength(a[0], &e)
            switch a[0] {
            case .uint: return a[0]
            case .int(let i):
                guard let u = UInt64(exactly: i) else { throw EvaluationError("unsigned integer overflow") }
                return .uint(u)
            case .double(let d):
                guard d >= 0, d < 0x1p64 else { throw EvaluationError("unsigned integer overflow") }
                return .uint(UInt64(d))
            case .string(let text):
                guard !text.hasPrefix("-"), !text.hasPrefix("+"), let value = UInt64(text) else {
                    throw impossible(a[0], "uint")
                }
                return .uint(value)
            default: throw unknown(a[0], "uint")
            }
        },
        FunctionDeclaration(
            "string",
            [
                .plain("string_to_string", [.string], .string), .plain("bool_to_string", [.bool], .string),
                .plain("bytes_to_string", [.bytes], .string), .plain("double_to_string", [.double], .string),
                .plain("duration_to_string", [.duration], .string), .plain("int64_to_string", [.int], .string),
                .plain("timestamp_to_string", [.timestamp], .string), .plain("uint64_to_string", [.uint], .string),
                .plain("ip_to_string", [.address], .string), .plain("cidr_to_string", [.addressRange], .string),
            ]
        ) { (e, a) throws(EvaluationError) in
            if case .bytes(let bytes) = a[0] { try e.spend(bytes.count / 8) }
            return .string(try string(a[0]))
        },
    ]

    static func string(_ value: Value) throws(EvaluationError) -> String {
        switch value {
        case .string(let text): return text
        case .bool(let b): return b ? "true" : "false"
        case .int(let i): return String(i)
        case .uint(let u): return String(u)
        case .double(let d): return GoNumbers.text(d)
        case .duration(let nanoseconds): return Durations.text(nanoseconds)
        case .timestamp(let moment): return moment.text
        case .address(let address): return address.text
        case .range(let range): return range.text
        case .type(let type): return type.runtimeName
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw EvaluationError("invalid UTF-8 in bytes, cannot convert to string")
            }
            return text
        default: throw unknown(value, "string")
        }
    }

    /// Reading a long text takes long.
    static func payLength(_ value: Value, _ e: inout Evaluator) throws(EvaluationError) {
        if case .string(let text) = value { try e.spend(text.utf8.count / 16) }
    }

    static func impossible(_ value: Value, _ type: String) -> EvaluationError {
        EvaluationError("type conversion error from '\(value.type.runtimeName)' to '\(type)'")
    }

    /// A conversion that there is not at all.
    static func unknown(_ value: Value, _ type: String) -> EvaluationError {
        EvaluationError("no such overload: \(type)(\(value.type.runtimeName))")
    }
}

/// Numbers as Go reads and writes them.
enum GoNumbers {
    static func int(_ text: String) -> Int64? {
        guard let first = text.utf8.first, first == 43 || first == 45 || (48...57).contains(first) else { return nil }
        return Int64(text)
    }

    static func double(_ text: String) -> Double? {
        switch text.lowercased() {
        case "nan": return .nan
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: break
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }),
            let value = Double(text.hasPrefix(".") ? "0" + text : text), value.isFinite
        else { return nil }
        return value
    }

    /// The fewest digits that tell the number from all others, with an exponent when it is large or small: `%g`.
    static func text(_ d: Double) -> String {
        if d.isNaN { return "NaN" }
        if d.isInfinite { return d < 0 ? "-Inf" : "+Inf" }
        if d == 0 { return d.sign == .minus ? "-0" : "0" }
        let (digits, point) = decimal(d.magnitude)
        var out = d < 0 ? "-" : ""
        let exponent = point - 1
        if exponent < -4 || exponent >= 6 {
            out += digits.prefix(1)
            if digits.count > 1 { out += "." + digits.dropFirst() }
            let magnitude = String(exponent.magnitude)
            return out + (exponent < 0 ? "e-" : "e+") + (magnitude.count < 2 ? "0" : "") + magnitude
        }
        return out + plain(digits, point)
    }

    /// Significant digits, and where among them the decimal point stands.
    static func decimal(_ magnitude: Double) -> (digits: String, point: Int) {
        // Swift's description has the fewest digits too; only its layout differs.
        var mantissa = "\(magnitude)"
        var exponent = 0
        if let e = mantissa.firstIndex(of: "e") {
            exponent = Int(mantissa[mantissa.index(after: e)...]) ?? 0
            mantissa = String(mantissa[..<e])
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(parts[0]) + (parts.count > 1 ? String(parts[1]) : "")
        var point = parts[0].count + exponent
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            point -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, point)
    }

    static func plain(_ digits: String, _ point: Int) -> String {
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return digits + String(repeating: "0", count: point - digits.count) }
        return String(digits.prefix(point)) + "." + digits.dropFirst(point)
    }
}
