import ArgumentParser
import Document
import EventLog
import Foundation
import History

struct LogPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Forget the oldest part of a log that no server has open.",
        discussion: """
              reckon log prune --data DIR --before 2026-11-01T00:00:00Z
              reckon log prune --data DIR --keep 30d --keep-access 7d --dry-run
              reckon log prune --data DIR --keep-kind events=2d --keep-kind leases=12h
            The state at the new beginning stays, and everything after it; the hash chain can be verified from there. Space inside
            the file is used again, the file itself does not shrink. A running server prunes by itself: --retain-journal.
            Exit status: 0 done (or nothing to do), 1 the log cannot be opened or written, 64 usage.
            """)

    @Option(help: "The data directory of the log.")
    var data: String
    @Option(help: ArgumentHelp("Journal and access records before this go.", valueName: "when"))
    var before: When?
    @Option(help: "The age from which journal events go: 30d.")
    var keep: Age?
    @Option(help: "The age from which access records go: 7d.")
    var keepAccess: Age?
    @Option(help: "What the data may take: 20Gi.")
    var keepSize: ByteCount?
    @Option(
        help: ArgumentHelp(
            "The age from which it is no longer known what the objects of a kind were: events=2d; again for each kind.",
            valueName: "kind=age"),
        transform: KindAge.init)
    var keepKind: [KindAge] = []
    @Flag(help: "Say what would go, and change nothing.")
    var dryRun = false
    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = "text"

    func validate() throws {
        guard ["text", "json"].contains(output) else { throw ValidationError("-o takes text or json") }
        guard before != nil || keep != nil || keepAccess != nil || keepSize != nil || !keepKind.isEmpty
        else {
            throw ValidationError(
                "say what may go: --before WHEN, --keep AGE, --keep-access AGE, --keep-kind KIND=AGE or --keep-size BYTES"
            )
        }
        if let before, before.moment == nil { throw ValidationError("--before takes a moment before now: -30d") }
    }

    func run() throws {
        guard FileManager.default.fileExists(atPath: data) else { throw StartupError("there is no directory \(data)") }
        do throws(LogError) {
            let log = try DiskLog(directory: data, isReadOnly: dryRun)
            defer { log.close() }
            let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
            let old = (log.floor, try log.statistics().liveBytes)
            let retention = Retention(
                journalMicroseconds: keep?.microseconds, accessMicroseconds: keepAccess?.microseconds,
                bytes: keepSize?.bytes, kinds: KindAge.ages(keepKind))
            var turn = try log.due(retention, now: now)
            if let moment = before?.moment {
                let revision: UInt64
                switch moment {
                case .revision(let asked): revision = asked
                case .time(let time): revision = try log.revision(at: time)
                case .ago(let micros): revision = try log.revision(at: now.adding(microseconds: -micros))
                }
                if revision > log.floor { turn.floor = max(turn.floor ?? 0, revision) }
                if let time = try log.time(of: revision) { turn.accessBefore = max(turn.accessBefore ?? time, time) }
            }
            if !dryRun { try log.forget(turn) }
            let floor = turn.floor ?? log.floor
            let time =
                try turn.floor.flatMap { revision throws(LogError) in try log.time(of: revision) } ?? log.floorTime
            say(log, turn, floor: floor, time: time, old: old, bytes: try log.statistics().liveBytes)
        } catch {
            if case .inUse = error {
                throw StartupError(
                    "\(data) is in use by a running server: stop it, or let it prune by itself (--retain-journal 30d)")
            }
            throw StartupError(error.description)
        }
    }

    private func say(
        _ log: DiskLog, _ turn: RetentionTurn, floor: UInt64, time: Timestamp?, old: (floor: UInt64, bytes: UInt64),
        bytes: UInt64
    ) {
        if output == "json" {
            var answer: JSON = [
                "floorBefore": .int(Int64(old.floor)), "floor": .int(Int64(floor)),
                "newest": .int(Int64(log.head.revision)),
                "bytesBefore": .int(Int64(old.bytes)), "bytes": .int(Int64(bytes)), "dryRun": .bool(dryRun),
            ]
            if let time { answer["floorTime"] = .string(time.rfc3339Micro) }
            if !turn.kindFloors.isEmpty {
                answer["kindFloors"] = KindAge.document(turn.kindFloors)
            }
            if let time = turn.accessBefore { answer["accessBefore"] = .string(time.rfc3339Micro) }
            print(answer.text)
            return
        }
        guard !turn.didNothing else {
            print("nothing to do: history begins at revision \(floor)\(time.map { " of \($0.rfc3339)" } ?? "")")
            return
        }
        let would = dryRun ? "would begin" : "begins"
        for (kind, floor) in KindAge.told(turn.kindFloors) {
            print("what \(kind) were \(dryRun ? "would be" : "is") known from revision \(floor)")
        }
        if turn.floor != nil {
            print(
                "history \(would) at revision \(floor)\(time.map { " of \($0.rfc3339)" } ?? ""), before at \(old.floor)"
            )
        }
        if let time = turn.accessBefore {
            print("access records before \(time.rfc3339) \(dryRun ? "would go" : "went")")
        }
        if !dryRun { print("the data took \(old.bytes) bytes and takes \(bytes)") }
    }
}
