extension JSON {
    /// The one encoding of this value: members in the byte order of their names, no white space, Go's escapes and numbers.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.finish()
    }

    /// The encoding as text.
    public var text: String {
        var writer = JSONWriter()
        writer.write(self)
        return writer.finishText()
    }

    public func encode(into out: inout [UInt8]) {
        var writer = JSONWriter()
        writer.write(self)
        writer.finish(into: &out)
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
        var writer = JSONWriter()
        writer.write(string)
        writer.finish(into: &out)
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
