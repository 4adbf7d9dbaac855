import ArgumentParser
import Foundation
import History

/// A moment on the command line: everything a WHEN of the API is, and what only this machine's clock knows: `14:02` (the last
/// time it was that late here) and `now`.
struct When: ExpressibleByArgument {
    /// As the server reads it; nil for now.
    let text: String?
    /// The moment; nil for now.
    var moment: PastMoment? { text.flatMap { PastMoment($0) } }

    /// As it was given.
    let given: String

    init?(argument: String) {
        given = argument
        if argument == "now" || argument == "head" {
            text = nil
            return
        }
        if let moment = PastMoment(argument) {
            // The sign may be left out, so that options are not confused with it.
            if case .ago = moment, !argument.hasPrefix("-") { text = "-" + argument } else { text = argument }
            return
        }
        guard let time = Self.clock(argument, before: Date()) else { return nil }
        text = time
    }

    /// The last `14:02` or `14:02:30` of this machine's zone, as RFC 3339.
    private static func clock(_ text: String, before now: Date) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(parts.count), let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
            (0..<60).contains(minute), let second = parts.count == 3 ? parts[2] : 0, (0..<60).contains(second)
        else { return nil }
        let calendar = Calendar.current
        guard var time = calendar.date(bySettingHour: hour, minute: minute, second: second, of: now) else { return nil }
        if time > now { time = calendar.date(byAdding: .day, value: -1, to: time) ?? time }
        let form = ISO8601DateFormatter()
        return form.string(from: time)
    }

    static let help = "a revision, a time (2026-11-23T14:02:00Z, or 14:02 today), or a time before now (-15m)"

    /// `-15m` looks like an option to the argument parser: outside of what follows `--`, the sign is dropped.
    static func plain(_ arguments: [String]) -> [String] {
        // What comes after `at WHEN` belongs to another command.
        if arguments.first == "at" { return arguments }
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { word in
            guard word.hasPrefix("-"), word.count > 2, case .ago = PastMoment(word) else { return word }
            return String(word.dropFirst())
        } + arguments[end...]
    }

    /// How a moment may be written: what help and a refusal say.
    static var allValueStrings: [String] {
        ["a revision (48211)", "a time (2026-11-23T14:02:00Z, or 14:02 today)", "a time before now (-15m)", "now"]
    }
    static let completions = ["-1m", "-5m", "-15m", "-1h", "-1d", "now"]
    static var defaultCompletionKind: CompletionKind { .list(completions) }
}
