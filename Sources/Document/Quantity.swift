/// A fixed-point number with a suffix, as Kubernetes writes resource amounts: `100m`, `1.5Gi`, `2e3`. Exact to a billionth
/// of a unit, rounded away from zero below that; capped at ±(2^63 - 1) units as upstream's `resource.Quantity`.
public struct Quantity: Sendable, Hashable {
    /// The family of suffixes that the canonical text uses.
    public enum Format: UInt8, Sendable {
        /// `n u m k M G T P E`
        case decimalSI
        /// `Ki Mi Gi Ti Pi Ei`
        case binarySI
        /// `e3`, `e6`, …
        case decimalExponent
    }
    /// Billionths of a unit.
    public let billionths: Int128
    public let format: Format

    public init(billionths: Int128, format: Format = .decimalSI) {
        self.billionths = Swift.max(-Self.limit, Swift.min(Self.limit, billionths))
        self.format = format
    }
    public init(_ units: Int64, format: Format = .decimalSI) {
        self.init(billionths: Int128(units) * Self.unit, format: format)
    }
    public init(milli: Int64, format: Format = .decimalSI) {
        self.init(billionths: Int128(milli) * 1_000_000, format: format)
    }
    public static let zero = Quantity(billionths: 0)

    private static let unit: Int128 = 1_000_000_000
    private static let limit: Int128 = Int128(Int64.max) * unit

    /// Reads a quantity; nil when the text is none. White space around it is allowed.
    public init?(parsing text: String) {
        var text = text
        let parsed = text.withUTF8 { Self.parse($0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Reads what a member of an object may hold: text or a number.
    public init?(_ value: JSON) {
        switch value {
        case .string(let text): self.init(parsing: text)
        case .int(let i): self.init(i)
        case .double: self.init(parsing: value.text)
        default: return nil
        }
    }

    /// What upstream says of a text that is no quantity.
    public static let formatMessage =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

    private static func parse(_ all: UnsafeBufferPointer<UInt8>) -> Quantity? {
        var start = 0
        var end = all.count
        while start < end, all[start] <= 0x20 { start += 1 }
        while end > start, all[end - 1] <= 0x20 { end -= 1 }
        var i = start
        var negative = false
        if i < end, all[i] == UInt8(ascii: "-") || all[i] == UInt8(ascii: "+") {
            negative = all[i] == UInt8(ascii: "-")
            i += 1
        }
        var whole: Int128 = 0
        var fraction: Int128 = 0
        var decimals = 0
        var inexact = false
        var digits = 0
        while i < end, all[i] &- 48 < 10 {
            if whole < limit { whole = whole * 10 + Int128(all[i] - 48) }
            digits += 1
            i += 1
        }
        if i < end, all[i] == UInt8(ascii: ".") {
            i += 1
            while i < end, all[i] &- 48 < 10 {
                if decimals < 18 {
                    fraction = fraction * 10 + Int128(all[i] - 48)
                    decimals += 1
                } else if all[i] != 48 {
                    inexact = true
                }
                digits += 1
                i += 1
            }
        }
        guard digits > 0, let (scale, exponent, format) = suffix(all, i, end) else { return nil }
        // whole × scale × 10^exponent, and the fraction likewise, in billionths.
        var value: Int128 = 0
        if whole > 0 {
            guard let product = scaled(whole, scale, exponent + 9) else {
                return Quantity(billionths: negative ? -limit : limit, format: format)
            }
            value = product.value
            inexact = inexact || product.inexact
        }
        if fraction > 0 {
            while decimals > 9, fraction % 10 == 0 {
                fraction /= 10
                decimals -= 1
            }
            var part = scaled(fraction, scale, exponent + 9 - decimals)
            while part == nil, decimals > 0 {  // too many digits to multiply exactly: give up the last ones
                inexact = inexact || fraction % 10 != 0
                fraction /= 10
                decimals -= 1
                part = scaled(fraction, scale, exponent + 9 - decimals)
            }
            value += part?.value ?? limit
            inexact = inexact || part?.inexact ?? false
        }
        if inexact { value += 1 }
        var shown = format
        if format == .binarySI, value > 0, value < unit { shown = .decimalSI }
        return Quantity(billionths: negative ? -value : value, format: shown)
    }

    /// `number × scale × 10^exponent`, rounded down, and whether something was cut off; nil when it is too large.
    private static func scaled(_ number: Int128, _ scale: Int128, _ exponent: Int) -> (value: Int128, inexact: Bool)? {
        let (product, overflow) = number.multipliedReportingOverflow(by: scale)
        if overflow { return nil }
        var value = product
        var exponent = exponent
        var inexact = false
        while exponent > 0, value != 0 {
            let (next, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = next
            exponent -= 1
        }
        while exponent < 0, value != 0 || !inexact {
            if value == 0 { break }
            if value % 10 != 0 { inexact = true }
            value /= 10
            exponent += 1
        }
        return (value, inexact)
    }

    private static func suffix(_ b: UnsafeBufferPointer<UInt8>, _ at: Int, _ end: Int) -> (Int128, Int, Format)? {
        switch end - at {
        case 0: return (1, 0, .decimalSI)
        case 1:
            switch b[at] {
            case UInt8(ascii: "n"): return (1, -9, .decimalSI)
            case UInt8(ascii: "u"): return (1, -6, .decimalSI)
            case UInt8(ascii: "m"): return (1, -3, .decimalSI)
            case UInt8(ascii: "k"): return (1, 3, .decimalSI)
            case UInt8(ascii: "M"): return (1, 6, .decimalSI)
            case UInt8(ascii: "G"): return (1, 9, .decimalSI)
            case UInt8(ascii: "T"): return (1, 12, .decimalSI)
            case UInt8(ascii: "P"): return (1, 15, .decimalSI)
            case UInt8(ascii: "E"): return (1, 18, .decimalSI)
            default: return nil
            }
        case 2 where b[at + 1] == UInt8(ascii: "i"):
            switch b[at] {
            case UInt8(ascii: "K"): return (1 << 10, 0, .binarySI)
            case UInt8(ascii: "M"): return (1 << 20, 0, .binarySI)
            case UInt8(ascii: "G"): return (1 << 30, 0, .binarySI)
            case UInt8(ascii: "T"): return (1 << 40, 0, .binarySI)
            case UInt8(ascii: "P"): return (1 << 50, 0, .binarySI)
            case UInt8(ascii: "E"): return (1 << 60, 0, .binarySI)
            default: return nil
            }
        default: break
        }
        guard b[at] | 0x20 == UInt8(ascii: "e") else { return nil }
        var i = at + 1
        var negative = false
        if b[i] == UInt8(ascii: "-") || b[i] == UInt8(ascii: "+") {
            negative = b[i] == UInt8(ascii: "-")
            i += 1
        }
        guard i < end else { return nil }
        var exponent = 0
        while i < end {
            guard b[i] &- 48 < 10, exponent < 100_000 else { return nil }
            exponent = exponent * 10 + Int(b[i] - 48)
            i += 1
        }
        return (1, Swift.max(-200, Swift.min(200, negative ? -exponent : exponent)), .decimalExponent)
    }

    // MARK: Text

    /// The canonical text: no fraction, the largest suffix of the format that keeps the number whole.
    public var text: String {
        if billionths == 0 { return "0" }
        let (units, rest) = billionths.quotientAndRemainder(dividingBy: Self.unit)
        if format == .binarySI, rest == 0, units >= 1024 || units <= -1024 {
            var mantissa = units
            var step = 0
            while step < 6, mantissa & 1023 == 0 {
                mantissa >>= 10
                step += 1
            }
            return String(mantissa) + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][step]
        }
        var mantissa = billionths
        var step = 0
        while step < 9, mantissa % 1000 == 0 {
            mantissa /= 1000
            step += 1
        }
        if format == .decimalExponent {
            let exponent = step * 3 - 9
            return exponent == 0 ? String(mantissa) : String(mantissa) + "e" + String(exponent)
        }
        return String(mantissa) + ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][step]
    }

    /// The canonical text of `text`: itself, without an allocation, when it is short and canonical already; nil when it is no
    /// quantity.
    public static func canonical(_ text: String) -> String? {
        var copy = text
        let isCanonical = copy.withUTF8 { b -> Bool in
            var i = 0
            var mantissa = 0
            while i < b.count, i < 15, b[i] &- 48 < 10 {
                mantissa = mantissa * 10 + Int(b[i] - 48)
                i += 1
            }
            guard i > 0 else { return false }
            if b[0] == 48 { return b.count == 1 }
            switch b.count - i {
            case 0: return mantissa % 1000 != 0
            case 1:
                switch b[i] {
                case UInt8(ascii: "m"), UInt8(ascii: "u"), UInt8(ascii: "n"), UInt8(ascii: "k"), UInt8(ascii: "M"),
                    UInt8(ascii: "G"):
                    return mantissa % 1000 != 0 && i < 10
                default: return false
                }
            case 2:
                return b[i + 1] == UInt8(ascii: "i") && mantissa & 1023 != 0 && i < 8
                    && (b[i] == UInt8(ascii: "K") || b[i] == UInt8(ascii: "M") || b[i] == UInt8(ascii: "G"))
            default: return false
            }
        }
        return isCanonical ? text : Quantity(parsing: text)?.text
    }

    // MARK: Numbers

    /// Whole units, rounded away from zero: upstream's `Value()`.
    public var units: Int64 { Self.roundedUp(billionths, Self.unit) }
    /// Thousandths, rounded away from zero: upstream's `MilliValue()`.
    public var milli: Int64 { Self.roundedUp(billionths, 1_000_000) }
    public var isZero: Bool { billionths == 0 }
    /// -1, 0 or 1.
    public var sign: Int { billionths == 0 ? 0 : billionths < 0 ? -1 : 1 }

    private static func roundedUp(_ value: Int128, _ divisor: Int128) -> Int64 {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
        return Int64(clamping: rest == 0 ? quotient : quotient + (value < 0 ? -1 : 1))
    }

    /// Sums keep the left side's format, unless that side is zero.
    public static func + (a: Quantity, b: Quantity) -> Quantity {
        Quantity(billionths: a.billionths + b.billionths, format: a.isZero ? b.format : a.format)
    }
    public static func - (a: Quantity, b: Quantity) -> Quantity {
        Quantity(billionths: a.billionths - b.billionths, format: a.isZero ? b.format : a.format)
    }
    public static func += (a: inout Quantity, b: Quantity) { a = a + b }
    public static func -= (a: inout Quantity, b: Quantity) { a = a - b }

    /// Equality of the amounts: `1000m` equals `1`.
    public static func == (a: Quantity, b: Quantity) -> Bool { a.billionths == b.billionths }
    public func hash(into hasher: inout Hasher) { hasher.combine(billionths) }
}

extension Quantity: Comparable {
    public static func < (a: Quantity, b: Quantity) -> Bool { a.billionths < b.billionths }
}
