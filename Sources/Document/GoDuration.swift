/// Durations as Go writes them.
package enum GoDuration {
    /// `1h30m`, `1.5s`, `250ms`, `-5s`, `0`: microseconds; nil when it is none.
    package static func microseconds(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ns": total += number / 1e3
            case "us", "µs", "μs": total += number
            case "ms": total += number * 1e3
            case "s": total += number * 1e6
            case "m": total += number * 60e6
            case "h": total += number * 3600e6
            default: return nil
            }
        }
        guard total < 9e15 else { return nil }
        return Int64((isNegative ? -total : total).rounded())
    }

    /// `15s`, `1m0.25s`: in milliseconds, what is less is cut off.
    package static func text(_ microseconds: Int64) -> String {
        let milliseconds = microseconds / 1000
        var seconds = String(milliseconds / 1000 % 60)
        var rest = milliseconds % 1000
        if rest > 0 {
            var digits = String(1000 + rest).dropFirst()
            while rest % 10 == 0 {
                digits = digits.dropLast()
                rest /= 10
            }
            seconds += "." + digits
        }
        let minutes = milliseconds / 60_000
        if minutes >= 60 { return "\(minutes / 60)h\(minutes % 60)m\(seconds)s" }
        return minutes > 0 ? "\(minutes)m\(seconds)s" : seconds + "s"
    }
}
