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
            case .int(let nanoseconds): return .duration(nanoseconds)
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
        return FunctionDeclaration(name, overloads) { (_, a) throws(EvaluationError) in
            if case .duration(let nanoseconds) = a[0], let unit { return .int(nanoseconds / unit) }
            guard case .timestamp(let moment) = a[0] else { throw .noSuchOverload }
            var offset: Int64 = 0
            if a.count > 1 {
                guard case .string(let zone) = a[1] else { throw .noSuchOverload }
                offset = try TimeZones.offset(zone, at: moment)
            }
            return .int(part(moment.parts(offset: offset)) ?? moment.nanoseconds / 1_000_000)
        }
    }
}

/// Time zones that expressions can name: UTC and fixed distances from it. Others would need a table that changes with the
/// machine, and answers must not.
enum TimeZones {
    /// Seconds ahead of UTC.
    static func offset(_ zone: String, at moment: Moment) throws(EvaluationError) -> Int64 {
        if ["", "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z"].contains(zone) { return 0 }
        var text = Substring(zone)
        var sign: Int64 = 1
        if text.hasPrefix("-") || text.hasPrefix("+") {
            if text.hasPrefix("-") { sign = -1 }
            text = text.dropFirst()
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) }), let hours = Int64(parts[0]),
            let minutes = Int64(parts[1]), (0...23).contains(hours), (0...59).contains(minutes)
        else { throw EvaluationError("unknown time zone \(zone)") }
        return sign * (hours * 3600 + minutes * 60)
    }
}
