public import Document
public import Schema

/// A moment as people write it, the WHEN of `/at/WHEN/…` and of every question: a revision (`48211`), a time
/// (`2026-11-23T14:02:00Z`) or a time before now (`-15m`, `-1h30m`, and the same without the sign).
public enum PastMoment: Equatable, Sendable {
    case revision(UInt64)
    case time(Timestamp)
    /// Microseconds before now.
    case ago(Int64)

    /// nil when the text is none of the three.
    public init?(_ text: String) {
        if let revision = UInt64(text) {
            self = .revision(revision)
        } else if let micros = Self.duration(text.hasPrefix("-") ? text.dropFirst() : text[...]) {
            self = .ago(micros)
        } else if let time = Timestamp(rfc3339: text) {
            self = .time(time)
        } else {
            return nil
        }
    }

    /// `1h30m`, `15m`, `90s`, `500ms`, `2d`: microseconds.
    public static func duration(_ text: Substring) -> Int64? {
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
            guard micros < 1e17, total < 100_000_000_000_000_000 else { return nil }
            total += Int64(micros)
        }
        return total
    }

    /// The revision that was the newest at this moment. 404 for one that has not happened, 410 for one that is no longer kept.
    public func revision(in past: some RecordedPast, now: Timestamp) throws(APIError) -> UInt64 {
        switch self {
        case .revision(let revision):
            guard revision <= past.newest else {
                throw APIError(
                    code: 404, reason: "NotFound",
                    message: "revision \(revision) has not happened yet: the newest is \(past.newest)")
            }
            if revision < past.floor {
                throw past.forgotten("revision \(revision) is")
            }
            return revision
        case .time(let time): return try Self.revision(at: time, in: past)
        case .ago(let micros): return try Self.revision(at: now.adding(microseconds: -micros), in: past)
        }
    }

    private static func revision(at time: Timestamp, in past: some RecordedPast) throws(APIError) -> UInt64 {
        // The state at the floor is that of its own moment, not of those before.
        if let begin = past.floorTime, time < begin { throw past.forgotten("\(time.rfc3339Micro) is") }
        let found = try past.revision(at: time)
        if found == 0 || found < past.floor {
            let first = try past.outlines(from: past.floor + 1, limit: 1).first?.time
            throw .gone(
                "nothing is known of \(time.rfc3339): history begins \(first.map { "at \($0.rfc3339)" } ?? "later")")
        }
        return found
    }

    /// The time that is meant; nil for a revision.
    public func time(now: Timestamp) -> Timestamp? {
        switch self {
        case .revision: nil
        case .time(let time): time
        case .ago(let micros): now.adding(microseconds: -micros)
        }
    }
}
