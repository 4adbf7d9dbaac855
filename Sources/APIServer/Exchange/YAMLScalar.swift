import CYaml
import Document

/// One scalar of a YAML text, and the JSON value that it stands for by YAML 1.1, as Kubernetes' parser reads it.
struct YAMLScalar {
    let text: String
    let value: JSON

    init(_ event: yaml_event_t) {
        let scalar = event.data.scalar
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        text = String(decoding: bytes, as: UTF8.self)
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        if let tag = scalar.tag {
            value = YAMLScalar.tagged(text, String(cString: tag), isPlain: isPlain)
        } else {
            value = isPlain ? YAMLScalar.plain(text) : .string(text)
        }
    }

    /// A scalar that says what it is, `!!int 5`; one that is not what it says, and one with another tag, is a text.
    private static func tagged(_ text: String, _ tag: String, isPlain: Bool) -> JSON {
        switch tag {
        case "tag:yaml.org,2002:null": .null
        case "tag:yaml.org,2002:bool": bool(text.lowercased()).map { .bool($0) } ?? .string(text)
        case "tag:yaml.org,2002:int":
            isPlain ? integer(Array(text.utf8)).map { .int($0) } ?? .string(text) : .string(text)
        case "tag:yaml.org,2002:float":
            isPlain ? number(Array(text.utf8)).map { .double($0) } ?? .string(text) : .string(text)
        default: .string(text)
        }
    }

    /// What a scalar without quotes and tag stands for.
    static func plain(_ text: String) -> JSON {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "~"): return text == "~" ? .null : .string(text)
        case UInt8(ascii: "n"), UInt8(ascii: "N"):
            if text == "null" || text == "Null" || text == "NULL" { return .null }
            return word(text)
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"),
            UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            return word(text)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            let bytes = text.utf8.filter { $0 != UInt8(ascii: "_") }
            if let integer = integer(bytes) { return .int(integer) }
            return number(bytes).map { .double($0) } ?? .string(text)
        default: return .string(text)
        }
    }

    private static func word(_ text: String) -> JSON {
        guard text.utf8.count <= 5 else { return .string(text) }
        let lower = text.lowercased()
        // `yes`, `Yes` and `YES`, but no other mixture.
        let isRegular = text == lower || text == text.uppercased() || text.dropFirst() == lower.dropFirst()
        return isRegular ? bool(lower).map { .bool($0) } ?? .string(text) : .string(text)
    }

    private static func bool(_ lower: String) -> Bool? {
        switch lower {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// A whole number, decimal or with one of the prefixes `0x`, `0b`, `0o` and `0`; nil for what is none or does not fit.
    private static func integer(_ bytes: [UInt8]) -> Int64? {
        var digits = bytes[...]
        var sign: Int64 = 1
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            digits.removeFirst()
        }
        var radix: Int64 = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            switch digits.first {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "b"): radix = 2
            default: radix = 8
            }
            if radix != 8 || digits.first == UInt8(ascii: "o") { digits.removeFirst() }
        }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard let digit = digit(byte), digit < radix else { return nil }
            let (shifted, isTooLong) = value.multipliedReportingOverflow(by: radix)
            let (sum, isTooLarge) = shifted.addingReportingOverflow(sign * digit)
            if isTooLong || isTooLarge { return nil }
            value = sum
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int64(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// `[-+]? (digits [. digits] | . digits) ([eE] [-+]? digits)?`; infinities and what is no number have no place in JSON.
    private static func number(_ bytes: [UInt8]) -> Double? {
        var at = 0
        func skipSign() { if at < bytes.count, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 } }
        func skipDigits() -> Int {
            let start = at
            while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 { at += 1 }
            return at - start
        }
        skipSign()
        let whole = skipDigits()
        var fraction = 0
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            fraction = skipDigits()
        }
        guard whole > 0 || fraction > 0 else { return nil }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            skipSign()
            guard skipDigits() > 0 else { return nil }
        }
        guard at == bytes.count, bytes.count <= 400 else { return nil }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
