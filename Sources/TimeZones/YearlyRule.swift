/// The rule that a zone follows from its last recorded change on, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyRule: Sendable {
    /// A day of each year, and the second of that day, local time.
    private enum Day: Sendable {
        /// The n-th (5: the last) weekday of a month.
        case weekday(month: Int, week: Int, day: Int)
        /// Counted from 1 without 29 February, or from 0 with it.
        case julian(Int), ordinal(Int)
    }
    private var standard: Int64
    private var summer: (offset: Int64, begins: (Day, Int64), ends: (Day, Int64))?

    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.name(&rest), let west = Self.time(&rest) else { return nil }
        standard = -west
        if rest.isEmpty { return }
        guard Self.name(&rest) else { return nil }
        var offset = standard + 3600
        if let next = rest.first, next != UInt8(ascii: ",") {
            guard let west = Self.time(&rest) else { return nil }
            offset = -west
        }
        guard let begins = Self.change(&rest), let ends = Self.change(&rest) else { return nil }
        summer = (offset, begins, ends)
    }

    func offset(at time: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = Self.year(of: time + standard)
        let begins = Self.moment(summer.begins, year) - standard
        let ends = Self.moment(summer.ends, year) - summer.offset
        // South of the equator summer holds across the new year.
        let isSummer = begins < ends ? time >= begins && time < ends : time >= begins || time < ends
        return isSummer ? summer.offset : standard
    }

    // MARK: Reading

    private static func name(_ text: inout ArraySlice<UInt8>) -> Bool {
        if text.first == UInt8(ascii: "<") {
            guard let end = text.firstIndex(of: UInt8(ascii: ">")) else { return false }
            text = text[(end + 1)...]
            return true
        }
        let letters = text.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
        text = text.dropFirst(letters.count)
        return letters.count >= 3
    }

    private static func number(_ text: inout ArraySlice<UInt8>) -> Int64? {
        let digits = text.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty, digits.count < 6 else { return nil }
        text = text.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// `-5:30` in seconds.
    private static func time(_ text: inout ArraySlice<UInt8>) -> Int64? {
        var sign: Int64 = 1
        if text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") {
            if text.removeFirst() == UInt8(ascii: "-") { sign = -1 }
        }
        guard var total = number(&text).map({ $0 * 3600 }) else { return nil }
        for unit: Int64 in [60, 1] where text.first == UInt8(ascii: ":") {
            text.removeFirst()
            guard let part = number(&text) else { return nil }
            total += part * unit
        }
        return sign * total
    }

    private static func change(_ text: inout ArraySlice<UInt8>) -> (Day, Int64)? {
        guard text.first == UInt8(ascii: ",") else { return nil }
        text.removeFirst()
        let day: Day
        if text.first == UInt8(ascii: "M") {
            text.removeFirst()
            guard let month = number(&text), text.popFirst() == UInt8(ascii: "."), let week = number(&text),
                text.popFirst() == UInt8(ascii: "."), let weekday = number(&text), (1...12).contains(month),
                (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            day = .weekday(month: Int(month), week: Int(week), day: Int(weekday))
        } else if text.first == UInt8(ascii: "J") {
            text.removeFirst()
            guard let number = number(&text) else { return nil }
            day = .julian(Int(number))
        } else {
            guard let number = number(&text) else { return nil }
            day = .ordinal(Int(number))
        }
        var second: Int64 = 7200
        if text.first == UInt8(ascii: "/") {
            text.removeFirst()
            guard let time = time(&text) else { return nil }
            second = time
        }
        return (day, second)
    }

    // MARK: The calendar

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    /// Days from 1970 to the first of a year.
    private static func days(before year: Int64) -> Int64 {
        let past = year - 1
        return 365 * (year - 1970) + (past / 4 - past / 100 + past / 400) - 477
    }
    private static func year(of time: Int64) -> Int64 {
        var year = 1970 + time / 31_556_952
        while days(before: year + 1) * 86_400 <= time { year += 1 }
        while days(before: year) * 86_400 > time { year -= 1 }
        return year
    }

    private static func moment(_ change: (Day, Int64), _ year: Int64) -> Int64 {
        let start = days(before: year)
        let leap = isLeap(year)
        var day: Int64
        switch change.0 {
        case .julian(let number): day = start + Int64(number) - 1 + (leap && number >= 60 ? 1 : 0)
        case .ordinal(let number): day = start + Int64(number)
        case .weekday(let month, let week, let weekday):
            let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            let first = start + lengths[..<(month - 1)].reduce(0, +)
            // 1 January 1970 was a Thursday.
            let firstWeekday = ((first + 4) % 7 + 7) % 7
            day = first + (Int64(weekday) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
            while day >= first + lengths[month - 1] { day -= 7 }
        }
        return day * 86_400 + change.1
    }
}
