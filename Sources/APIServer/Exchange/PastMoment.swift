import Document

/// The `{when}` of `/at/{when}/…`.
enum PastMoment: Equatable, Sendable {
    case revision(UInt64)
    case time(Timestamp)
    /// Microseconds before now.
    case ago(Int64)

    /// Reads a revision (`48211`), a moment (`2026-11-23T14:02:00Z`) or a time before now (`-15m`, `-1h30m`).
    init?(_ text: String) {
        if let revision = UInt64(text) {
            self = .revision(revision)
        } else if text.hasPrefix("-"), let micros = Self.duration(text.dropFirst()) {
            self = .ago(micros)
        } else if let time = Timestamp(rfc3339: text) {
            self = .time(time)
        } else {
            return nil
        }
    }

    /// `1h30m`, `15m`, `90s`, `500ms`, `2d`: microseconds.
    static func duration(_ text: Substring) -> Int64? {
        var total: Int64 = 0
        var rest = text
        if rest.isEmpty { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let scale: Double
            switch unit {
            case "ms": scale = 1e3
            case "s": scale = 1e6
            case "m": scale = 60e6
            case "h": scale = 3600e6
            case "d": scale = 86400e6
            default: return nil
            }
            let micros = number * scale
            guard micros < 1e17 else { return nil }
            total += Int64(micros)
        }
        return total
    }
}
