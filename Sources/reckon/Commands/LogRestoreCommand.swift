import ArgumentParser
import Document
import EventLog
import Foundation
import History

struct LogRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory from a copy of a log, as it was at the end or at any moment.",
        discussion: """
              reckon log restore --from /backup/cluster --data NEW
              reckon log restore --from /backup/cluster --data NEW --to 2026-11-23T14:02:00Z
            A time means everything that happened at or before it, and nothing after; a revision means the moment of that event.
            The keys of the cluster come with it: kubeconfigs of before work on `reckon up --data NEW`, and revisions go on.
            Exit status: 0 restored, 1 it cannot be done, 2 the copy is damaged (the file and place are named), 64 usage.
            """)

    @Option(help: "The directory that `reckon log ship` or --ship-to wrote.")
    var from: String
    @Option(help: "The new data directory. It must not exist, or be empty.")
    var data: String
    @Option(help: ArgumentHelp("The moment to restore; the end without it.", valueName: "when"))
    var to: When?
    @Option(help: "The file with the key or phrase of an encrypted copy.")
    var keyFile: String?
    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = "text"

    func validate() throws {
        guard ["text", "json"].contains(output) else { throw ValidationError("-o takes text or json") }
    }

    func run() throws {
        let began = Date()
        let point: RestorePoint =
            switch to?.moment {
            case nil: .end
            case .revision(let revision): .revision(revision)
            case .time(let time): .time(time)
            case .ago(let micros): .time(Timestamp(microseconds: Int64(began.timeIntervalSince1970 * 1e6) - micros))
            }
        let secret = try archiveSecret(keyFile)
        let outcome: LogRestore.Outcome
        do throws(LogError) {
            outcome = try LogRestore.run(
                from: from, to: URL(fileURLWithPath: data).path, point: point, secret: secret)
        } catch {
            switch error {
            case .damaged:
                FileHandle.standardError.write(Data("\(error.description)\n".utf8))
                throw ExitCode(2)
            case .beyondHead(let head): throw StartupError("the copy ends at revision \(head)")
            case .belowFloor(let floor): throw StartupError("the copy begins at revision \(floor)")
            default: throw StartupError(error.description)
            }
        }
        let seconds = Date().timeIntervalSince(began)
        let tokens = outcome.files.contains("token-auth-file")
        if output == "json" {
            let answer: JSON = [
                "revision": .int(Int64(outcome.head.revision)), "floor": .int(Int64(outcome.floor)),
                "accesses": .int(Int64(outcome.head.ordinal)), "time": .string(outcome.head.time.rfc3339Micro),
                "files": .array(outcome.files.map { .string($0) }), "archiveBytes": .int(Int64(outcome.archiveBytes)),
                "tornBytes": .int(Int64(outcome.tornBytes)), "seconds": .double(seconds),
            ]
            print(answer.text)
            return
        }
        print(
            "restored up to revision \(outcome.head.revision) of \(outcome.head.time.rfc3339Micro) in \(String(format: "%.2f", seconds)) s"
        )
        if outcome.tornBytes > 0 { print("\(outcome.tornBytes) bytes at the end of the copy were never completed") }
        if !outcome.files.contains("pki/ca.key") {
            print("the copy holds no keys: new ones are made at the start, and kubeconfigs of before do not work")
        }
        print("start it: reckon up --data \(data)" + (tokens ? " --token-auth-file \(data)/token-auth-file" : ""))
    }
}
