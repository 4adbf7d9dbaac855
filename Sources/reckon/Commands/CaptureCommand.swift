import ArgumentParser
import Document
import EventLog
import Foundation
import History

struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Pack a window of a log into one file that anybody can look into.",
        discussion: """
              reckon capture --data DIR -o incident.reckon --since -1h
              reckon capture --data DIR -o incident.reckon --since -1h -n shop --redact secrets,env --key-file phrase.txt
              reckon serve incident.reckon
            The file holds the state at the beginning and every event of the window, of our own cluster or of a recording, and who
            asked for what unless --without-access is given. Redacted values are replaced by codes under a key that is then
            forgotten: equal values stay equal. Secrets are redacted unless --redact none is given. Works beside a running server.
            Exit status: 0 written, 1 it cannot be read or written, 64 usage.
            """)

    @Option(help: "The data directory of the log or recording.")
    var data: String
    @Option(name: [.customShort("o"), .customLong("output")], help: "The file to write. It must not exist.")
    var file: String
    @Option(parsing: .unconditional, help: "The beginning: a revision, a time, or a time before now (-1h).")
    var since: String
    @Option(parsing: .unconditional, help: "The end; now without it.")
    var until: String?
    @Option(
        name: [.customShort("n"), .long],
        help: "Only these namespaces, and what lies in none. May be given several times.")
    var namespace: [String] = []
    @Option(help: "What is replaced: secrets, env, configmaps, args, all or none; several with commas.")
    var redact = "secrets"
    @Flag(help: "Leave out who asked for what and was refused.")
    var withoutAccess = false
    @Option(help: "A file with a key or phrase to encrypt the file with.")
    var keyFile: String?
    @Flag(help: "Print what the file holds as JSON.")
    var json = false

    private var redactions: [String] {
        switch redact {
        case "none": []
        case "all": LogCapture.redactions
        default: redact.split(separator: ",").map(String.init)
        }
    }

    func validate() throws {
        for word in [since] + (until.map { [$0] } ?? []) where PastMoment(word) == nil {
            throw ValidationError("\"\(word)\" is no moment: give a revision, a time (2026-11-23T14:02:00Z) or -1h")
        }
        if let unknown = redactions.first(where: { !LogCapture.redactions.contains($0) }) {
            throw ValidationError(
                "--redact does not know \"\(unknown)\": it takes \(LogCapture.redactions.joined(separator: ", ")), all or none"
            )
        }
    }

    func run() throws {
        guard FileManager.default.fileExists(atPath: data) else { throw StartupError("there is no directory \(data)") }
        let secret = try archiveSecret(keyFile)
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        let manifest: LogCapture.Manifest
        do throws(LogError) {
            let log = try DiskLog(directory: data, isReadOnly: true)
            defer { log.close() }
            func time(_ text: String) throws(LogError) -> Timestamp {
                guard let moment = PastMoment(text) else { throw .unusable("\(text) is no moment") }
                if let time = moment.time(now: now) { return time }
                guard case .revision(let revision) = moment else { return now }
                guard revision <= log.head.revision else { throw .beyondHead(head: log.head.revision) }
                guard let time = try log.time(of: revision) ?? log.floorTime else { return now }
                return time
            }
            var scope = LogCapture.Scope(
                since: try time(since), until: try until.map { text throws(LogError) in try time(text) } ?? now)
            scope.namespaces = namespace
            scope.includesAccess = !withoutAccess
            scope.redactions = redactions
            var about = LogKeeping.about(try log.recover().state)
            about["made"] = .string(now.rfc3339)
            manifest = try LogCapture.run(log, scope, to: URL(fileURLWithPath: file).path, secret: secret, about: about)
        } catch { throw StartupError(error.description) }
        if json {
            let answer: JSON = [
                "file": .string(file), "since": .string(manifest.since.rfc3339Micro),
                "until": .string(manifest.until.rfc3339Micro), "floor": .int(Int64(manifest.floor)),
                "head": .int(Int64(manifest.head)), "objects": .int(Int64(manifest.objects)),
                "accesses": .int(Int64(manifest.accesses)), "bytes": .int(Int64(manifest.bytes)),
            ]
            print(answer.text)
            return
        }
        print(
            "\(file): \(manifest.bytes) bytes, \(manifest.head - manifest.floor) events and \(manifest.accesses) accesses between \(manifest.since.rfc3339) and \(manifest.until.rfc3339)"
        )
        let what =
            redactions.isEmpty
            ? "nothing is redacted: it holds the cluster's Secrets" : "redacted: \(redactions.joined(separator: ", "))"
        print("\(what); \(secret == nil ? "not encrypted" : "encrypted")")
        print("look into it: reckon serve \(file)\(keyFile.map { " --key-file \($0)" } ?? "")")
    }
}
