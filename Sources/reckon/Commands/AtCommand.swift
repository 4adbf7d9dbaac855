import ArgumentParser
import Foundation

struct AtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "at", abstract: "Run a command whose kubeconfig looks at the past.",
        discussion: """
            WHEN is a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m).
              reckon at -5m -- kubectl get pods -A
            Without a command a shell is started. The exit status is the command's.
            """)

    @Option(help: "The kubeconfig to start from; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    @Argument(parsing: .captureForPassthrough, help: "WHEN [--] COMMAND ...")
    var words: [String]

    func run() throws {
        if words.first == "--help" || words.first == "-h" { throw CleanExit.helpRequest(self) }
        var rest = words[...]
        guard let when = rest.popFirst() else { throw ValidationError("say when: reckon at -5m -- kubectl get pods") }
        if rest.first == "--" { rest.removeFirst() }
        let config = try Kubeconfig(path: kubeconfig)
        let server = config.server.hasSuffix("/") ? String(config.server.dropLast()) : config.server
        let pinned = config.replacingServer(server + "/at/" + when)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-at-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("config")
        try JSONSerialization.data(withJSONObject: pinned, options: [.withoutEscapingSlashes]).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)

        var environment = ProcessInfo.processInfo.environment
        environment["KUBECONFIG"] = file.path
        environment["RECKON_AT"] = when
        let command: [String]
        if rest.isEmpty {
            let shell = environment["SHELL"] ?? "/bin/sh"
            environment["PS1"] = "[at \(when)] $ "
            command = shell.hasSuffix("bash") ? [shell, "--norc"] : [shell]
        } else {
            command = Array(rest)
        }
        let status = try Subprocess.run(command, environment: environment)
        try? FileManager.default.removeItem(at: directory)
        throw ExitCode(status)
    }
}

/// A child that has the terminal, and its exit status.
enum Subprocess {
    static func run(_ command: [String], environment: [String: String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = environment
        signal(SIGINT, SIG_IGN)
        do { try process.run() } catch {
            throw ValidationError("\(command[0]) cannot be started: \(error.localizedDescription)")
        }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }
}
