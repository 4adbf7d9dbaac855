extension JSON {
    /// The one encoding of this value: members in the byte order of their names, no white space, Go's escapes and numbers.
    public func encoded() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        encode(into: &out)
        return out
    }

    /// The encoding as text.
    public var text: String { String(decoding: encoded(), as: UTF8.self) }

    public func encode(into out: inout [UInt8]) {
        switch self {
        case .null: out.append("null" as StaticString)
        case .bool(true): out.append("true" as StaticString)
        case .bool(false): out.append("false" as StaticString)
        case .int(let i): out.appendDecimal(i)
        case .double(let d): JSON.encode(d, into: &out)
        case .string(let s): JSON.encode(s, into: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                element.encode(into: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            out.append(UInt8(ascii: "{"))
            var first = true
            for entry in object.storage {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                JSON.encode(entry.key, into: &out)
                out.append(UInt8(ascii: ":"))
                entry.value.encode(into: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// A double as Go prints it in JSON: plain digits between 1e-6 and 1e21, an exponent without padding elsewhere.
    static func encode(_ d: Double, into out: inout [UInt8]) {
        if d == d.rounded(.towardZero), abs(d) < 1e15 {
            out.appendDecimal(Int64(d))
            return
        }
        var digits: [UInt8] = []
        var exponent = 0
        var point = -1
        var negative = false
        var inExponent = false
        var exponentNegative = false
        for b in d.description.utf8 {
            switch b {
            case UInt8(ascii: "-"): if inExponent { exponentNegative = true } else { negative = true }
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"): inExponent = true
            default: if inExponent { exponent = exponent * 10 + Int(b - 48) } else { digits.append(b) }
            }
        }
        if point < 0 { point = digits.count }
        if exponentNegative { exponent = -exponent }
        point += exponent
        while digits.count > 1, digits.last == 48 { digits.removeLast() }
        while digits.count > 1, digits.first == 48 {
            digits.removeFirst()
            point -= 1
        }
        if negative { out.append(UInt8(ascii: "-")) }
        let magnitude = abs(d)
        if magnitude < 1e-6 || magnitude >= 1e21 {
            out.append(digits[0])
            if digits.count > 1 {
                out.append(UInt8(ascii: "."))
                out.append(contentsOf: digits[1...])
            }
            out.append(UInt8(ascii: "e"))
            out.append(point > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-"))
            out.appendDecimal(Int64(abs(point - 1)))
        } else if point <= 0 {
            out.append(contentsOf: [48, UInt8(ascii: ".")])
            for _ in 0..<(-point) { out.append(48) }
            out.append(contentsOf: digits)
        } else if point >= digits.count {
            out.append(contentsOf: digits)
            for _ in 0..<(point - digits.count) { out.append(48) }
        } else {
            out.append(contentsOf: digits[..<point])
            out.append(UInt8(ascii: "."))
            out.append(contentsOf: digits[point...])
        }
    }

    /// A quoted string with Go's escapes (`<`, `>`, `&`, U+2028 and U+2029 included).
    public static func encode(_ string: String, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        let done: Void? = string.utf8.withContiguousStorageIfAvailable { escape($0, into: &out) }
        if done == nil { Array(string.utf8).withUnsafeBufferPointer { escape($0, into: &out) } }
        out.append(UInt8(ascii: "\""))
    }

    private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
        var plain = 0
        var i = 0
        func flush(_ out: inout [UInt8]) {
            if plain < i { out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plain..<i])) }
        }
        while i < bytes.count {
            let b = bytes[i]
            if b >= 0x20, b < 0x80, b != 0x22, b != 0x5C, b != 0x3C, b != 0x3E, b != 0x26 {
                i += 1
                continue
            }
            if b == 0xE2, i + 2 < bytes.count, bytes[i + 1] == 0x80, bytes[i + 2] & 0xFE == 0xA8 {
                flush(&out)
                out.append("\\u202" as StaticString)
                out.append(bytes[i + 2] == 0xA8 ? 0x38 : 0x39)
                i += 3
                plain = i
                continue
            }
            if b >= 0x80 {
                i += 1
                continue
            }
            flush(&out)
            switch b {
            case 0x22: out.append("\\\"" as StaticString)
            case 0x5C: out.append("\\\\" as StaticString)
            case 0x0A: out.append("\\n" as StaticString)
            case 0x0D: out.append("\\r" as StaticString)
            case 0x09: out.append("\\t" as StaticString)
            case 0x08: out.append("\\b" as StaticString)
            case 0x0C: out.append("\\f" as StaticString)
            default:
                let hex: StaticString = "0123456789abcdef"
                out.append("\\u00" as StaticString)
                out.append(hex.utf8Start[Int(b >> 4)])
                out.append(hex.utf8Start[Int(b & 15)])
            }
            i += 1
            plain = i
        }
        flush(&out)
    }
}

extension [UInt8] {
    /// Appends text known at compile time.
    @inlinable public mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends an integer in decimal digits.
    public mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        if rest < 10 {
            append(UInt8(48 + rest))
            return
        }
        let start = count
        while rest > 0 {
            append(UInt8(48 + rest % 10))
            rest /= 10
        }
        self[start...].reverse()
    }
}
