/// A moment: microseconds since 1970-01-01T00:00:00Z. Pure code gets moments as values and never asks a clock.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var microseconds: Int64
    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }
    public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }
    public func adding(seconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds + seconds * 1_000_000) }
    public func adding(microseconds more: Int64) -> Timestamp { Timestamp(microseconds: microseconds + more) }
    /// Microseconds from `other` to this.
    public func since(_ other: Timestamp) -> Int64 { microseconds - other.microseconds }
    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000 }

    /// `2026-11-23T10:35:20Z`: Kubernetes' `metav1.Time`.
    public var rfc3339: String { text(decimals: false) }
    /// `2026-11-23T10:35:20.123456Z`: Kubernetes' `metav1.MicroTime`.
    public var rfc3339Micro: String { text(decimals: true) }

    private func text(decimals: Bool) -> String {
        let total = seconds
        var days = total / 86400
        var rest = total % 86400
        if rest < 0 {
            rest += 86400
            days -= 1
        }
        // The civil date of a day number: eras of 400 years that begin on a 1 March.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var out: [UInt8] = []
        out.reserveCapacity(27)
        func put(_ value: Int64, _ width: Int) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                out.append(UInt8(48 + value / divisor % 10))
                divisor /= 10
            }
        }
        put(year, 4)
        out.append(UInt8(ascii: "-"))
        put(month, 2)
        out.append(UInt8(ascii: "-"))
        put(day, 2)
        out.append(UInt8(ascii: "T"))
        put(rest / 3600, 2)
        out.append(UInt8(ascii: ":"))
        put(rest / 60 % 60, 2)
        out.append(UInt8(ascii: ":"))
        put(rest % 60, 2)
        if decimals {
            out.append(UInt8(ascii: "."))
            put(microseconds - total * 1_000_000, 6)
        }
        out.append(UInt8(ascii: "Z"))
        return String(decoding: out, as: UTF8.self)
    }

    /// Reads RFC 3339 with any zone and any number of decimals (those past the sixth are dropped); nil when it is not that.
    public init?(rfc3339 text: String) {
        let b = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int64? {
            guard from + count <= b.count else { return nil }
            var value: Int64 = 0
            for i in from..<from + count {
                guard b[i] >= 48, b[i] <= 57 else { return nil }
                value = value * 10 + Int64(b[i] - 48)
            }
            return value
        }
        guard b.count >= 20, b[4] == 45, b[7] == 45, b[10] | 0x20 == UInt8(ascii: "t"), b[13] == 58, b[16] == 58,
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2),
            let second = number(17, 2), (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
        else { return nil }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[Int(month - 1)] else { return nil }
        var at = 19
        var micros: Int64 = 0
        if b[at] == UInt8(ascii: ".") {
            at += 1
            var scale: Int64 = 100_000
            let start = at
            while at < b.count, b[at] >= 48, b[at] <= 57 {
                micros += Int64(b[at] - 48) * scale
                scale /= 10
                at += 1
            }
            guard at > start else { return nil }
        }
        guard at < b.count else { return nil }
        var offset: Int64 = 0
        if b[at] | 0x20 == UInt8(ascii: "z") {
            guard at + 1 == b.count else { return nil }
        } else {
            guard b[at] == 43 || b[at] == 45, at + 6 == b.count, b[at + 3] == 58, let h = number(at + 1, 2),
                let m = number(at + 4, 2), h < 24, m < 60
            else { return nil }
            offset = (h * 3600 + m * 60) * (b[at] == 43 ? 1 : -1)
        }
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        microseconds = (days * 86400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000 + micros
    }
}
