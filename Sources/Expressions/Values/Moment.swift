/// A moment from the year 1 to 9999, to the nanosecond.
public struct Moment: Sendable, Hashable, Comparable {
    /// Seconds since 1970.
    let seconds: Int64
    /// 0 to 999,999,999.
    let nanoseconds: Int64

    static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    private static let perSecond: Int64 = 1_000_000_000

    /// nil outside of the years 1 to 9999.
    init?(seconds: Int64, nanoseconds: Int64 = 0) {
        guard Moment.secondsRange.contains(seconds) else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    public static func < (a: Moment, b: Moment) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }

    /// Later by nanoseconds; nil outside of the range.
    func adding(_ duration: Int64) -> Moment? {
        var s = seconds + duration / Moment.perSecond
        var n = nanoseconds + duration % Moment.perSecond
        if n < 0 {
            n += Moment.perSecond
            s -= 1
        } else if n >= Moment.perSecond {
            n -= Moment.perSecond
            s += 1
        }
        return Moment(seconds: s, nanoseconds: n)
    }

    /// Nanoseconds from the other moment to this one; nil when they are too many.
    func since(_ other: Moment) -> Int64? {
        let (whole, overflow) = (seconds - other.seconds).multipliedReportingOverflow(by: Moment.perSecond)
        if overflow { return nil }
        let (sum, tooMany) = whole.addingReportingOverflow(nanoseconds - other.nanoseconds)
        return tooMany ? nil : sum
    }

    /// Reads RFC 3339.
    init?(_ text: String) {
        let b = Array(text.utf8)
        func number(_ at: Int, _ count: Int) -> Int64? {
            guard at + count <= b.count else { return nil }
            var value: Int64 = 0
            for byte in b[at..<(at + count)] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        guard b.count >= 20, b[4] == 45, b[7] == 45, b[10] == 84, b[13] == 58, b[16] == 58,
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2), (1...12).contains(month), hour < 24, minute < 60,
            second < 60, day >= 1, day <= Moment.days(in: month, of: year)
        else { return nil }
        var at = 19
        var nanos: Int64 = 0
        if b[at] == 46 || b[at] == 44 {
            at += 1
            var digits = 0
            while at < b.count, (48...57).contains(b[at]) {
                if digits < 9 { nanos = nanos * 10 + Int64(b[at] - 48) }
                digits += 1
                at += 1
            }
            guard digits > 0 else { return nil }
            while digits < 9 {
                nanos *= 10
                digits += 1
            }
        }
        guard at < b.count else { return nil }
        var offset: Int64 = 0
        if b[at] == UInt8(ascii: "Z") {
            guard at + 1 == b.count else { return nil }
        } else {
            guard b[at] == 43 || b[at] == 45, at + 6 == b.count, b[at + 3] == 58, let h = number(at + 1, 2),
                let m = number(at + 4, 2), h < 24, m < 60
            else { return nil }
            offset = (h * 3600 + m * 60) * (b[at] == 43 ? 1 : -1)
        }
        let whole = Moment.days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        self.init(seconds: whole, nanoseconds: nanos)
    }

    static func days(in month: Int64, of year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days from 1970-01-01 to a date.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The parts of the moment on a calendar that is `offset` seconds ahead of UTC.
    struct Parts {
        var year: Int64
        /// From 1.
        var month: Int64
        var day: Int64
        var hour: Int64
        var minute: Int64
        var second: Int64
        /// From 0, Sunday.
        var weekday: Int64
        /// From 0.
        var dayOfYear: Int64
    }

    func parts(offset: Int64 = 0) -> Parts {
        let local = seconds + offset
        let day = local >= 0 ? local / 86400 : (local - 86399) / 86400
        let rest = local - day * 86400
        let z = day + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayFromMarch + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return Parts(
            year: year, month: month, day: dayFromMarch - (153 * mp + 2) / 5 + 1, hour: rest / 3600,
            minute: rest / 60 % 60, second: rest % 60, weekday: ((day % 7) + 11) % 7,
            dayOfYear: day - Moment.days(year, 1, 1))
    }

    /// RFC 3339 in UTC, with as many decimals as there are.
    var text: String {
        let p = parts()
        func pad(_ n: Int64, _ width: Int) -> String {
            let digits = String(n)
            return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
        }
        var out =
            "\(pad(p.year, 4))-\(pad(p.month, 2))-\(pad(p.day, 2))T\(pad(p.hour, 2)):\(pad(p.minute, 2)):\(pad(p.second, 2))"
        if nanoseconds > 0 {
            var decimals = pad(nanoseconds, 9)
            while decimals.hasSuffix("0") { decimals.removeLast() }
            out += "." + decimals
        }
        return out + "Z"
    }
}

/// Durations as Go writes and reads them.
enum Durations {
    private static let units: [(String, Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Nanoseconds of `1h2m3.5s`; nil when the text is no duration or too long a one.
    static func parse(_ text: String) -> Int64? {
        var rest = Substring(text)
        var negative = false
        if let first = rest.unicodeScalars.first, first == "-" || first == "+" {
            negative = first == "-"
            rest.unicodeScalars.removeFirst()
        }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: Int128 = 0
        while !rest.isEmpty {
            var whole: Int128 = 0
            var fraction: Int128 = 0
            var scale: Int128 = 1
            var digits = 0
            var isFraction = false
            while let c = rest.unicodeScalars.first {
                if c == ".", !isFraction {
                    isFraction = true
                } else if ("0"..."9").contains(c) {
                    let digit = Int128(c.value - 48)
                    if isFraction {
                        if scale < 1_000_000_000_000_000 {
                            fraction = fraction * 10 + digit
                            scale *= 10
                        }
                    } else {
                        whole = whole * 10 + digit
                        if whole > Int128(Int64.max) { return nil }
                    }
                    digits += 1
                } else {
                    break
                }
                rest.unicodeScalars.removeFirst()
            }
            guard digits > 0 else { return nil }
            var unit = ""
            while let c = rest.unicodeScalars.first, c != ".", !("0"..."9").contains(c) {
                unit.unicodeScalars.append(c)
                rest.unicodeScalars.removeFirst()
            }
            guard let factor = units.first(where: { Array($0.0.utf8) == Array(unit.utf8) })?.1 else { return nil }
            total += whole * Int128(factor) + fraction * Int128(factor) / scale
            if total > Int128(Int64.max) + 1 { return nil }
        }
        if negative { return Int64(exactly: -total) }
        return Int64(exactly: total)
    }

    /// Seconds with as many decimals as there are, and `s`.
    static func text(_ nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        var out = (nanoseconds < 0 ? "-" : "") + String(magnitude / 1_000_000_000)
        let rest = magnitude % 1_000_000_000
        if rest > 0 {
            var decimals = String(rest)
            decimals = String(repeating: "0", count: 9 - decimals.count) + decimals
            while decimals.hasSuffix("0") { decimals.removeLast() }
            out += "." + decimals
        }
        return out + "s"
    }
}
