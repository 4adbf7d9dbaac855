import ArgumentParser
import Document
import EventLog
import History
import Schema

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

    @Option(
        name: .customLong("retain-kind"),
        help: ArgumentHelp(
            "How long it is known what the objects of a kind were: events=2d, leases=12h; again for each kind. That they changed, when and by whom is kept as long as the journal.",
            valueName: "kind=age"),
        transform: KindAge.init)
    var kinds: [KindAge] = []

    var retention: Retention {
        Retention(
            journalMicroseconds: journal?.microseconds, accessMicroseconds: access?.microseconds, bytes: size?.bytes,
            kinds: KindAge.ages(kinds))
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

/// How long a kind is kept, as people type it: `events=2d`, `widgets.example.com=7d`.
struct KindAge {
    let store: GroupResource
    let microseconds: Int64

    init(_ text: String) throws {
        guard let sign = text.lastIndex(of: "="), let age = Age(argument: String(text[text.index(after: sign)...]))
        else {
            throw ValidationError("give a kind and an age: events=2d")
        }
        guard let store = Self.store(text[..<sign]) else {
            throw ValidationError(
                "no kind is called \"\(text[..<sign])\": those of definitions are widgets.example.com")
        }
        if Retention.isNeededByOthers(store) { throw ValidationError(Retention.neededByOthers(store)) }
        self.store = store
        microseconds = age.microseconds
    }

    static func ages(_ list: [KindAge]) -> [GroupResource: Int64] {
        Dictionary(list.map { ($0.store, $0.microseconds) }, uniquingKeysWith: { $1 })
    }

    /// The floors of kinds in the order of their names.
    static func told(_ floors: [GroupResource: UInt64]) -> [(kind: String, floor: UInt64)] {
        floors.sorted { $0.key < $1.key }.map { ($0.key.description, $0.value) }
    }

    static func document(_ floors: [GroupResource: UInt64]) -> JSON {
        .object(JSONObject(told(floors).map { ($0.kind, .int(Int64($0.floor))) }))
    }

    /// A built-in kind by any of its names; another one by its plural and group, `widgets.example.com`.
    private static func store(_ word: Substring) -> GroupResource? {
        let text = word.lowercased()
        if let known = Catalog.builtin.resource(named: text) { return known.store }
        guard let dot = text.firstIndex(of: "."), dot > text.startIndex, text.index(after: dot) < text.endIndex else {
            return nil
        }
        return GroupResource(group: String(text[text.index(after: dot)...]), resource: String(text[..<dot]))
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
