import ArgumentParser
import Foundation

struct AtCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "at", abstract: "Run a command, or a shell, whose kubeconfig looks at the past.",
        discussion: """
            WHEN is \(When.help).
              reckon at -5m -- kubectl get pods -A
              reckon at 14:02            a shell that stays at that moment until it is left
            A time before now is fixed when the command starts. The exit status is the command's.
            """)

    @Option(help: "The kubeconfig to start from; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    @Argument(
        parsing: .captureForPassthrough, help: "WHEN [--] COMMAND ...",
        completion: .list(When.completions.map { $0.hasPrefix("-") ? String($0.dropFirst()) : $0 }))
    var words: [String]

    func run() async throws {
        if words.first == "--help" || words.first == "-h" { throw CleanExit.helpRequest(self) }
        var rest = words[...]
        guard let given = rest.popFirst() else { throw ValidationError("say when: reckon at -5m -- kubectl get pods") }
        guard let when = When(argument: given), let text = when.text else {
            throw ValidationError("\"\(given)\" is no moment in the past: give \(When.help)")
        }
        if rest.first == "--" { rest.removeFirst() }
        var moment = text
        var revision: UInt64?
        if text.hasPrefix("-") || rest.isEmpty {
            // A moment that would move on while the shell is open is held fast; by the server's clock, not this machine's.
            revision = try await ClusterClient(try Kubeconfig(path: kubeconfig)).revision(at: text)
            if text.hasPrefix("-"), let revision { moment = String(revision) }
        }
        let pinned = try PinnedKubeconfig(path: kubeconfig, at: moment)
        defer { pinned.remove() }
        var environment = pinned.environment(at: given)
        let command: [String]
        if rest.isEmpty {
            let place = "\(given) · revision \(revision.map { String($0) } ?? moment)"
            print("You are at \(place); every kubectl here looks at that moment. Leave with exit.")
            let shell = environment["SHELL"] ?? "/bin/sh"
            environment["PS1"] = "[at \(given), \(revision.map { String($0) } ?? moment)] \\w $ "
            environment["PROMPT"] = "[at \(given), \(revision.map { String($0) } ?? moment)] %~ %# "
            command =
                shell.hasSuffix("bash") ? [shell, "--norc"] : shell.hasSuffix("zsh") ? [shell, "-f"] : [shell]
        } else {
            command = Array(rest)
        }
        let status = try Subprocess.run(command, environment: environment)
        pinned.remove()
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
