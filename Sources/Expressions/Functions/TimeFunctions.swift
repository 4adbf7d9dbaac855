internal import TimeZones

/// Moments and durations, and their parts.
enum TimeFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "timestamp",
            [
                .plain("timestamp_to_timestamp", [.timestamp], .timestamp),
                .plain("int64_to_timestamp", [.int], .timestamp),
                .plain("string_to_timestamp", [.string], .timestamp),
            ]
        ) { (e, a) throws(EvaluationError) in
            try ConversionFunctions.payLength(a[0], &e)
            switch a[0] {
            case .timestamp: return a[0]
            case .int(let seconds):
                guard let moment = Moment(seconds: seconds) else { throw EvaluationError("timestamp overflow") }
                return .timestamp(moment)
            case .string(let text):
                guard let moment = Moment(text) else {
                    throw ConversionFunctions.impossible(a[0], "google.protobuf.Timestamp")
                }
                return .timestamp(moment)
            default: throw ConversionFunctions.impossible(a[0], "google.protobuf.Timestamp")
            }
        },
        FunctionDeclaration(
            "duration",
            [
                .plain("duration_to_duration", [.duration], .duration), .plain("int64_to_duration", [.int], .duration),
                .plain("string_to_duration", [.string], .duration),
            ]
        ) { (e, a) throws(EvaluationError) in
            try ConversionFunctions.payLength(a[0], &e)
            switch a[0] {
            case .duration: return a[0]
            case .string(let text):
                guard let nanoseconds = Durations.parse(text) else {
                    throw ConversionFunctions.impossible(a[0], "google.protobuf.Duration")
                }
                return .duration(nanoseconds)
            default: throw ConversionFunctions.impossible(a[0], "google.protobuf.Duration")
            }
        },
        part("getFullYear", "year") { $0.year },
        part("getMonth", "month") { $0.month - 1 },
        part("getDayOfYear", "day_of_year") { $0.dayOfYear },
        part("getDayOfMonth", "day_of_month") { $0.day - 1 },
        part("getDate", "day_of_month_1_based") { $0.day },
        part("getDayOfWeek", "day_of_week") { $0.weekday },
        part("getHours", "hours", unit: 3_600_000_000_000) { $0.hour },
        part("getMinutes", "minutes", unit: 60_000_000_000) { $0.minute },
        part("getSeconds", "seconds", unit: 1_000_000_000) { $0.second },
        part("getMilliseconds", "milliseconds", unit: 1_000_000) { _ in nil },
    ]

    /// A part of a moment in UTC or in a time zone, and the whole units of a duration where it has such.
    private static func part(
        _ name: String, _ id: String, unit: Int64? = nil,
        _ part: @escaping @Sendable (Moment.Parts) -> Int64?
    ) -> FunctionDeclaration {
        var overloads: [Overload] = [
            .member("timestamp_to_\(id)", [.timestamp], .int),
            .member("timestamp_to_\(id)_with_tz", [.timestamp, .string], .int),
        ]
        if unit != nil { overloads.append(.member("duration_to_\(id)", [.duration], .int)) }
        return FunctionDeclaration(name, overloads) { (e, a) throws(EvaluationError) in
            if case .duration(let nanoseconds) = a[0], let unit { return .int(nanoseconds / unit) }
            guard case .timestamp(let moment) = a[0] else { throw .noSuchOverload }
            var offset: Int64 = 0
            if a.count > 1 {
                guard case .string(let zone) = a[1] else { throw .noSuchOverload }
                offset = try ZoneName(zone).offset(at: moment, e.timeZone)
            }
            return .int(part(moment.parts(offset: offset)) ?? moment.nanoseconds / 1_000_000)
        }
    }
}

/// A time zone as an expression names it: by its name in the tz database, or by hours and minutes from UTC.
struct ZoneName {
    private let name: String
    init(_ name: String) { self.name = name }

    /// Seconds ahead of UTC.
    func offset(at moment: Moment, _ zones: (String) -> TimeZoneRules?) throws(EvaluationError) -> Int64 {
        if let colon = name.firstIndex(of: ":") {
            let hours = try number(name[..<colon])
            let minutes = try number(name[name.index(after: colon)...])
            return (hours * 60 + (name.hasPrefix("-") ? -minutes : minutes)) * 60
        }
        // What "Local" means may not depend on the machine.
        if ["", "UTC", "Local"].contains(name) { return 0 }
        if name.contains("..") || name.hasPrefix("/") || name.hasPrefix("\\") {
            throw EvaluationError("time: invalid location name")
        }
        guard let rules = zones(name) else { throw EvaluationError("unknown time zone \(name)") }
        return rules.offset(at: moment.seconds)
    }

    private func number(_ text: Substring) throws(EvaluationError) -> Int64 {
        guard let value = Int32(text) else {
            throw EvaluationError("strconv.Atoi: parsing \(StringFormat.quoted(String(text))): invalid syntax")
        }
        return Int64(value)
    }
}
