import ArgumentParser
import Requests

/// The one binary.
@main
struct Reckon: AsyncParsableCommand {
    static let version = "v1.36.2+reckon.1"

    static let serverVersion = ServerVersion(
        gitVersion: version, gitCommit: "unknown", buildDate: "2026-11-23T00:00:00Z", toolchain: "swift6.3",
        compiler: "swiftc", platform: "linux/amd64")

    /// Whether kubectl runs this as its plugin: then help says what was typed.
    private static var isPlugin: Bool {
        (CommandLine.arguments.first ?? "").split(separator: "/").last?.hasPrefix("kubectl-") ?? false
    }

    static let configuration = CommandConfiguration(
        commandName: isPlugin ? "kubectl reckon" : "reckon",
        abstract:
            "A Kubernetes control plane and node agent that keeps a log of every request, and can serve any moment of it.",
        discussion: """
            reckon up --data DIR starts a one-node cluster; every kubectl works against it. \
            reckon at -15m -- kubectl get pods shows it as it was.
            """,
        version: version,
        subcommands: [
            UpCommand.self, APIServerCommand.self, AtCommand.self, HistoryCommand.self, DiffCommand.self,
            ShowCommand.self, BlameCommand.self, WhyCommand.self, BisectCommand.self, AuditCommand.self,
            DoctorCommand.self, RecordCommand.self, ServeCommand.self, CaptureCommand.self, LogCommand.self,
            UICommand.self, UndoCommand.self, UndeleteCommand.self, RewindCommand.self, ForkCommand.self,
            ReplayCommand.self, ResetCommand.self, VersionCommand.self,
        ])

    static func main() async { await main(When.plain(Array(CommandLine.arguments.dropFirst()))) }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")
    func run() { print("reckon \(Reckon.version)") }
}
