import ArgumentParser
import Document
import EventLog
import Foundation
import History

struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Pack a window of a cluster's log into one file that anybody can look into.",
        discussion: """
              reckon capture -o incident.reckon --since -1h
              reckon capture -o incident.reckon --since -1h -n shop --redact secrets,env --key-file phrase.txt
              reckon capture --data DIR -o incident.reckon --since 14:02 --until 14:30
              reckon serve incident.reckon
            Asks the server of the kubeconfig, or reads the log in --data itself. The file holds the state at the beginning and every
            event of the window, of our own cluster or of a recording, and who asked for what unless --without-access is given.
            Redacted values are replaced by codes under a key that is then forgotten: equal values stay equal, and a server does it
            before anything leaves it. Secrets are redacted unless --redact none is given, which needs the right to list them.
            From a server this needs the ClusterRole reckon:capturer: whoever has it sees every object of the window.
            Exit status: 0 written, 1 it cannot be read or written, 64 usage.
            """)

    @Option(help: "The kubeconfig; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?
    @Option(help: ArgumentHelp("Read the log or recording in a data directory itself.", valueName: "dir"))
    var data: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "The file to write. It must not exist.")
    var file: String
    @Option(help: ArgumentHelp("The beginning.", valueName: "when"))
    var since: When
    @Option(help: ArgumentHelp("The end; now without it.", valueName: "when"))
    var until: When?
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
        if since.moment == nil { throw ValidationError("--since takes a moment before now, for example -1h") }
        if let unknown = redactions.first(where: { !LogCapture.redactions.contains($0) }) {
            throw ValidationError(
                "--redact does not know \"\(unknown)\": it takes \(LogCapture.redactions.joined(separator: ", ")), all or none"
            )
        }
    }

    func run() async throws {
        let secret = try archiveSecret(keyFile)
        var manifest: JSON
        if let data {
            manifest = try read(data, secret).document
        } else {
            manifest = try await ask(secret)
        }
        if json {
            manifest["file"] = .string(file)
            print(manifest.text)
            return
        }
        func time(_ name: String) -> String { Terminal.ink().clock(manifest[name]?.string) }
        let events = (manifest["head"]?.int ?? 0) - (manifest["floor"]?.int ?? 0)
        print(
            "\(file): \(manifest["bytes"]?.int ?? 0) bytes, \(events) events and \(manifest["accesses"]?.int ?? 0) accesses between \(time("since")) and \(time("until"))"
        )
        let what =
            redactions.isEmpty
            ? "nothing is redacted: it holds the cluster's Secrets" : "redacted: \(redactions.joined(separator: ", "))"
        print("\(what); \(secret == nil ? "not encrypted" : "encrypted")")
        print("look into it: reckon serve \(file)\(keyFile.map { " --key-file \($0)" } ?? "")")
    }

    // MARK: from a server

    private func ask(_ secret: ArchiveSecret?) async throws -> JSON {
        let path = URL(fileURLWithPath: file).path
        guard !FileManager.default.fileExists(atPath: path) else {
            throw StartupError("\(file) exists: name a new file")
        }
        let client = try ClusterClient(try Kubeconfig(path: kubeconfig))
        let arriving = path + ".arriving"
        guard
            FileManager.default.createFile(
                atPath: arriving, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: arriving)
        else { throw StartupError("\(file) cannot be written") }
        defer { try? FileManager.default.removeItem(atPath: arriving) }
        var parameters = [
            ("since", since.text ?? ""), ("redact", redact), ("access", withoutAccess ? "false" : "true"),
        ]
        if let until = until?.text { parameters.append(("until", until)) }
        parameters += namespace.map { ("namespace", $0) }
        let headers = try await client.download(
            "/reckon/v1/capture?" + QuestionOptions.encoded(parameters), into: handle)
        try handle.close()
        do throws(LogError) {
            if let secret { try LogCapture.seal(arriving, to: path, secret: secret) }
        } catch { throw StartupError(error.description) }
        if secret == nil { try FileManager.default.moveItem(atPath: arriving, toPath: path) }
        var manifest = (try? JSON(parsing: Array((headers["reckon-capture"] ?? "").utf8))) ?? [:]
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64
        manifest["bytes"] = .int(size ?? 0)
        return manifest
    }

    // MARK: from a directory

    private func read(_ directory: String, _ secret: ArchiveSecret?) throws -> LogCapture.Manifest {
        guard FileManager.default.fileExists(atPath: directory) else {
            throw StartupError("there is no directory \(directory)")
        }
        let now = Terminal.now
        do throws(LogError) {
            let log = try DiskLog(directory: directory, isReadOnly: true)
            defer { log.close() }
            func time(_ when: When) throws(LogError) -> Timestamp {
                guard let moment = when.moment else { return now }
                if let time = moment.time(now: now) { return time }
                guard case .revision(let revision) = moment else { return now }
                guard revision <= log.head.revision else { throw .beyondHead(head: log.head.revision) }
                return try log.time(of: revision) ?? log.floorTime ?? now
            }
            var scope = LogCapture.Scope(
                since: try time(since), until: try until.map { when throws(LogError) in try time(when) } ?? now)
            scope.namespaces = namespace
            scope.includesAccess = !withoutAccess
            scope.redactions = redactions
            var about = LogCapture.about(try log.recover().state, reckon: Reckon.version)
            about["made"] = .string(now.rfc3339)
            return try LogCapture.run(log, scope, to: URL(fileURLWithPath: file).path, secret: secret, about: about)
        } catch { throw StartupError(error.description) }
    }
}
