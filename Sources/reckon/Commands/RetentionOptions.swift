import ArgumentParser
import EventLog
import History

/// `--retain-journal 30d --retain-access 7d --retain-size 20Gi`.
struct RetentionOptions: ParsableArguments {
    @Option(
        name: .customLong("retain-journal"),
        help: "How long events that changed the cluster are kept: 30d, 12h. Without it for ever.")
    var journal: Age?

    @Option(
        name: .customLong("retain-access"),
        help: "How long reads, denials and failed logins are kept: 7d. Without it for ever.")
    var access: Age?

    @Option(
        name: .customLong("retain-size"),
        help: "What the log's data may take: 20Gi. The oldest events go first. Without it as much as there is.")
    var size: ByteCount?

    var retention: Retention {
        Retention(
            journalMicroseconds: journal?.microseconds, accessMicroseconds: access?.microseconds, bytes: size?.bytes)
    }
}

/// A length of time as people type it: `30d`, `12h`, `90s`.
struct Age: ExpressibleByArgument, Equatable {
    let microseconds: Int64
    init?(argument: String) {
        guard let micros = PastMoment.duration(argument[...]), micros > 0 else { return nil }
        microseconds = micros
    }
}

/// A number of bytes as Kubernetes writes quantities: `20Gi`, `500M`.
struct ByteCount: ExpressibleByArgument, Equatable {
    let bytes: UInt64
    init?(argument: String) {
        let units: [(String, Double)] = [
            ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776), ("k", 1e3), ("M", 1e6),
            ("G", 1e9), ("T", 1e12),
        ]
        let unit = units.first { argument.hasSuffix($0.0) }
        guard let number = Double(argument.dropLast(unit?.0.count ?? 0)), number > 0, number * (unit?.1 ?? 1) < 1e18
        else { return nil }
        bytes = UInt64(number * (unit?.1 ?? 1))
    }
}
