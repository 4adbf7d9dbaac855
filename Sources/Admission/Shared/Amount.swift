import Document

/// A quantity as a number that rules can compare and add: billionths, exact up to 10^29.
struct Amount: Comparable, Sendable {
    static let zero = Amount(billionths: 0, text: "0")

    let billionths: Int128
    /// The quantity's canonical text.
    let text: String

    init(billionths: Int128, text: String) {
        self.billionths = billionths
        self.text = text
    }

    /// Reads a conformed quantity: a string, or a plain number. What cannot be read counts as zero.
    init(_ value: JSON?) {
        switch value {
        case .int(let i)?: self.init(billionths: Int128(i) * 1_000_000_000, text: String(i))
        case .string(let s)?: self.init(s)
        case .double(let d)?: self.init(billionths: Int128(d * 1_000_000_000), text: JSON.double(d).text)
        default: self = .zero
        }
    }

    init(_ text: String) {
        let bytes = Array(text.utf8)
        var i = 0
        let negative = bytes.first == UInt8(ascii: "-")
        if negative || bytes.first == UInt8(ascii: "+") { i = 1 }
        var digits: Int128 = 0
        var decimals = 0
        var seenPoint = false
        while i < bytes.count {
            let b = bytes[i]
            if b == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if b.isDigit {
                if decimals < 18, digits < Int128(1) << 90 {
                    digits = digits * 10 + Int128(b - 48)
                    if seenPoint { decimals += 1 }
                }
            } else {
                break
            }
            i += 1
        }
        let suffix = String(decoding: bytes[i...], as: UTF8.self)
        var scale: Int128 = 1_000_000_000
        var exponent = 0
        switch suffix {
        case "n": scale = 1
        case "u": scale = 1_000
        case "m": scale = 1_000_000
        case "": break
        case "k": exponent = 3
        case "M": exponent = 6
        case "G": exponent = 9
        case "T": exponent = 12
        case "P": exponent = 15
        case "E": exponent = 18
        case "Ki": scale <<= 10
        case "Mi": scale <<= 20
        case "Gi": scale <<= 30
        case "Ti": scale <<= 40
        case "Pi": scale <<= 50
        case "Ei": scale <<= 60
        default: exponent = Int(suffix.dropFirst()) ?? 0
        }
        exponent -= decimals
        let limit = Int128.max / 1_000_000
        // A scale of 2^60 times a number of 2^63 and 10^9 fills 153 bits: clamp instead of trapping.
        let (product, overflow) = digits.multipliedReportingOverflow(by: scale)
        var value = overflow ? limit : product
        while exponent > 0 {
            value = value > limit / 10 ? limit : value * 10
            exponent -= 1
        }
        while exponent < 0 {
            value = value / 10 + (value % 10 > 0 ? 1 : 0)
            exponent += 1
        }
        billionths = negative ? -value : value
        self.text = text
    }

    static func < (a: Amount, b: Amount) -> Bool { a.billionths < b.billionths }
    static func == (a: Amount, b: Amount) -> Bool { a.billionths == b.billionths }

    /// Whether it is a whole number of thousandths of a unit that is itself whole.
    var isWhole: Bool { billionths % 1_000_000_000 == 0 }
    /// The number rounded up to whole units: upstream's `Value()`.
    var value: Int128 {
        let (whole, rest) = billionths.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest > 0 ? whole + 1 : whole
    }

    static func + (a: Amount, b: Amount) -> Amount {
        if a.billionths == 0 { return b }
        if b.billionths == 0 { return a }
        return Amount(billionths: a.billionths + b.billionths, isBinary: a.isBinary)
    }
    static func - (a: Amount, b: Amount) -> Amount {
        Amount(billionths: a.billionths - b.billionths, isBinary: a.isBinary)
    }

    var isBinary: Bool { text.utf8.last == UInt8(ascii: "i") }

    /// Makes the canonical text of a sum: the largest suffix of its form that keeps the number whole.
    init(billionths: Int128, isBinary: Bool) {
        self.billionths = billionths
        let unit: Int128 = 1_000_000_000
        var best = ""
        if isBinary, billionths % unit == 0 {
            var whole = billionths / unit
            var step = 0
            while step < 6, whole != 0, whole % 1024 == 0 {
                whole /= 1024
                step += 1
            }
            best = String(whole) + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][step]
        } else {
            var rest = billionths
            var step = 0
            while step < 9, rest != 0, rest % 1000 == 0 {
                rest /= 1000
                step += 1
            }
            if rest == 0 { step = 3 }
            best = String(rest) + ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][step]
        }
        text = best
    }
}
