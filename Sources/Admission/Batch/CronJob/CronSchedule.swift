/// The form of a cron schedule: five fields, or a descriptor such as `@daily`. Messages are those of the parser upstream uses.
enum CronSchedule {
    private struct Bounds {
        let low: Int
        let high: Int
        var names: [String: Int] = [:]
    }
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let fields: [Bounds] = [
        Bounds(low: 0, high: 59), Bounds(low: 0, high: 23), Bounds(low: 1, high: 31),
        Bounds(low: 1, high: 12, names: Dictionary(uniqueKeysWithValues: months.enumerated().map { ($1, $0 + 1) })),
        Bounds(low: 0, high: 6, names: Dictionary(uniqueKeysWithValues: days.enumerated().map { ($1, $0) })),
    ]

    /// What is wrong with a schedule; nil when nothing is.
    static func problem(_ schedule: String) -> String? {
        var text = schedule[...]
        for prefix in ["TZ=", "CRON_TZ="] where text.hasPrefix(prefix) {
            let zone = text.dropFirst(prefix.count).prefix { $0 != " " }
            if !TimeZoneNames.contains(String(zone)) {
                return "provided bad location \(zone): unknown time zone \(zone)"
            }
            text = text.dropFirst(prefix.count + zone.count)
            while text.first?.isWhitespace ?? false { text = text.dropFirst() }
        }
        if text.hasPrefix("@") { return descriptorProblem(String(text)) }
        let parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
        if parts.count != 5 {
            return "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]"
        }
        for (part, bounds) in zip(parts, fields) {
            for expression in part.split(separator: ",").map(String.init) {
                if let problem = rangeProblem(expression, bounds) { return problem }
            }
        }
        return nil
    }

    private static func descriptorProblem(_ text: String) -> String? {
        switch text {
        case "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly": return nil
        default: break
        }
        guard text.hasPrefix("@every ") else { return "unrecognized descriptor: \(text)" }
        let duration = String(text.dropFirst("@every ".count))
        return isDuration(duration) ? nil : "failed to parse duration \(text): time: invalid duration \"\(duration)\""
    }

    /// Go's durations: `1h30m`, `1.5s`.
    private static func isDuration(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual([48]) { return true }
        if rest.isEmpty { return false }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !$0.isDigit && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(unit.count)
            guard number.contains(where: \.isDigit),
                ["ns", "us", "µs", "ms", "s", "m", "h"].contains(String(decoding: unit, as: UTF8.self))
            else { return false }
        }
        return true
    }

    private static func rangeProblem(_ expression: String, _ bounds: Bounds) -> String? {
        let stepped = expression.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let ends = stepped[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var start = bounds.low
        var end = bounds.high
        if ends[0] == "*" || ends[0] == "?" {
            // The whole range.
        } else {
            switch number(ends[0], bounds) {
            case .failure(let problem): return problem.text
            case .success(let value): start = value
            }
            switch ends.count {
            case 1: end = start
            case 2:
                switch number(ends[1], bounds) {
                case .failure(let problem): return problem.text
                case .success(let value): end = value
                }
            default: return "too many hyphens: \(expression)"
            }
        }
        var step = 1
        if stepped.count == 2 {
            switch plain(stepped[1]) {
            case .failure(let problem): return problem.text
            case .success(let value): step = value
            }
            if ends.count == 1 { end = bounds.high }
        } else if stepped.count > 2 {
            return "too many slashes: \(expression)"
        }
        if start < bounds.low { return "beginning of range (\(start)) below minimum (\(bounds.low)): \(expression)" }
        if end > bounds.high { return "end of range (\(end)) above maximum (\(bounds.high)): \(expression)" }
        if start > end { return "beginning of range (\(start)) beyond end of range (\(end)): \(expression)" }
        if step == 0 { return "step of range should be a positive number: \(expression)" }
        return nil
    }

    private struct Problem: Error { let text: String }

    private static func number(_ text: String, _ bounds: Bounds) -> Result<Int, Problem> {
        if let value = bounds.names[text.lowercased()] { return .success(value) }
        return plain(text)
    }

    private static func plain(_ text: String) -> Result<Int, Problem> {
        guard let value = Int(text) else {
            return .failure(
                Problem(text: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax"))
        }
        return value < 0 ? .failure(Problem(text: "negative number (\(value)) not allowed: \(text)")) : .success(value)
    }
}
