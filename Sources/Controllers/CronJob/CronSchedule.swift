import Document
import TimeZones

/// A cron expression of five fields, or one of the `@` words.
struct CronSchedule: Sendable {
    private var minutes: Set<Int>
    private var hours: Set<Int>
    private var days: Set<Int>
    private var months: Set<Int>
    private var weekdays: Set<Int>
    private var anyDay: Bool
    private var anyWeekday: Bool
    /// `@every`, in seconds.
    private var interval: Int64?

    private static let words = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    init?(_ text: String) {
        (minutes, hours, days, months, weekdays) = ([], [], [], [], [])
        (anyDay, anyWeekday) = (false, false)
        if text.hasPrefix("@every ") {
            guard let seconds = Self.duration(String(text.dropFirst(7))) else { return nil }
            interval = max(1, seconds)
            return
        }
        let fields = (Self.words[text] ?? text).split(separator: " ").map { $0.lowercased() }
        guard fields.count == 5, let minutes = Self.field(fields[0], 0...59), let hours = Self.field(fields[1], 0...23),
            let days = Self.field(fields[2], 1...31),
            let months = Self.field(fields[3], 1...12, names: Self.monthNames, base: 1),
            let weekdays = Self.field(fields[4], 0...7, names: Self.dayNames, base: 0)
        else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = weekdays.contains(7) ? weekdays.union([0]) : weekdays
        anyDay = fields[2].hasPrefix("*") || fields[2].hasPrefix("?")
        anyWeekday = fields[4].hasPrefix("*") || fields[4].hasPrefix("?")
    }

    private static func duration(_ text: String) -> Int64? {
        var total: Int64 = 0
        var number: Int64?
        for character in text {
            if let digit = character.wholeNumberValue {
                number = (number ?? 0) * 10 + Int64(digit)
                continue
            }
            guard let value = number else { return nil }
            switch character {
            case "h": total += value * 3600
            case "m": total += value * 60
            case "s": total += value
            default: return nil
            }
            number = nil
        }
        return number == nil && total > 0 ? total : nil
    }

    private static func field(_ text: String, _ range: ClosedRange<Int>, names: [String] = [], base: Int = 0) -> Set<
        Int
    >? {
        func value(_ part: Substring) -> Int? {
            if let place = names.firstIndex(of: String(part)) { return place + base }
            return Int(part)
        }
        var out: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", maxSplits: 1)
            guard let first = pieces.first else { return nil }
            let step = pieces.count == 2 ? Int(pieces[1]) : 1
            guard let step, step > 0 else { return nil }
            var ends = range.lowerBound...range.upperBound
            if first != "*", first != "?" {
                let bounds = first.split(separator: "-", maxSplits: 1)
                guard let low = bounds.first.flatMap(value) else { return nil }
                let high = bounds.count == 2 ? value(bounds[1]) : pieces.count == 2 ? range.upperBound : low
                guard let high, low <= high, range.contains(low), range.contains(high) else { return nil }
                ends = low...high
            }
            for number in stride(from: ends.lowerBound, through: ends.upperBound, by: step) { out.insert(number) }
        }
        return out
    }

    /// The first time after `time` by the clocks of a zone; nil when there is none within five years. A time that clocks skip is
    /// skipped, one that they show twice comes twice.
    func next(after time: Timestamp, in zone: TimeZoneRules = .utc) -> Timestamp? {
        if let interval { return Timestamp(seconds: time.seconds + interval) }
        var now = (time.seconds / 60 + 1) * 60
        let limit = now + 5 * 366 * 86_400
        while now < limit {
            let minute = (now + zone.offset(at: now)) / 60
            let day = minute / 1440
            let (month, dayOfMonth) = Self.civil(day)
            let matchesDay = days.contains(dayOfMonth)
            let matchesWeekday = weekdays.contains(Int((day + 4) % 7))
            let isDay = anyDay || anyWeekday ? matchesDay && matchesWeekday : matchesDay || matchesWeekday
            guard months.contains(month), isDay else {
                // Not straight to midnight: the clocks may change before.
                now += (60 - minute % 60) * 60
                continue
            }
            let hour = Int(minute / 60 % 24)
            guard hours.contains(hour) else {
                now += (60 - minute % 60) * 60
                continue
            }
            if minutes.contains(Int(minute % 60)) { return Timestamp(seconds: now) }
            now += 60
        }
        return nil
    }

    /// Month and day of a day number since 1970.
    private static func civil(_ day: Int64) -> (Int, Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        return (Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9), Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1))
    }
}
