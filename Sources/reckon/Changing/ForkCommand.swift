import ArgumentParser
import Document
import History
import Requests

struct ForkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "A writable copy of the past, with its own controllers, scheduler and simulated nodes.",
        discussion: """
              reckon fork --at -10m --name what-if
              kubectl -s https://127.0.0.1:6443/fork/what-if scale deployment/web --replicas=50
              reckon fork diff what-if
              reckon fork delete what-if
            Made in an instant, however large the cluster: it reads the log it was made from, and keeps only its own changes. Nothing in it
            touches the cluster: pods run on simulated nodes, tokens made there are good nowhere. Who may make a fork may do anything
            in it, and so may read everything of the past; for others the fork's own roles decide.
            At most 16 forks; one that nobody uses for 5 minutes rests until it is asked again. A pruned log keeps what forks need.
            Exit status: 0 done, 1 refused or unreachable, 3 there is one of that name, 64 wrong usage.
            """,
        subcommands: [Create.self, List.self, Diff.self, Delete.self], defaultSubcommand: Create.self)

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a fork.")

        @Option(help: ArgumentHelp("The moment it begins at; now without it.", valueName: "when"))
        var at: When?
        @Option(help: "Its name: lower case letters, digits and inner dashes.")
        var name: String
        @OptionGroup var options: ChangeOptions

        func run() async throws {
            var body: JSON = ["name": .string(name)]
            body["at"] = at?.text.map { .string($0) }
            let server = try ClusterClient(try Kubeconfig(path: options.kubeconfig)).server
            try await options.run(.POST, "/reckon/v1/forks", body) { fork in
                "fork \(name) begins after revision \(fork["base", "revision"]?.int ?? 0) (\(fork["base", "time"]?.string ?? ""))\n"
                    + "kubectl -s \(server)/fork/\(name) get pods -A"
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Every fork.")
        @OptionGroup var options: ChangeOptions

        func run() async throws {
            try await options.run(.GET, "/reckon/v1/forks") { answer in
                let rows = (answer["items"]?.elements ?? []).map { fork in
                    [
                        fork["name"]?.string ?? "", "\(fork["base", "revision"]?.int ?? 0)",
                        Terminal.ink().clock(fork["base", "time"]?.string), fork["owner"]?.string ?? "",
                        fork["running"]?.bool == true ? "running" : "resting", Self.size(fork["bytes"]?.int ?? 0),
                    ]
                }
                return rows.isEmpty
                    ? "there are no forks" : TextTable(["NAME", "BASE", "TIME", "OWNER", "STATE", "SIZE"], rows).text
            }
        }

        /// `124B`, `96Ki`, `12Mi`.
        private static func size(_ bytes: Int64) -> String {
            bytes < 10_240 ? "\(bytes)B" : bytes < 10_485_760 ? "\(bytes / 1024)Ki" : "\(bytes / 1_048_576)Mi"
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "What is otherwise in a fork than in the cluster now, or than at its base.")
        @Argument(help: "The fork.")
        var name: String
        @Flag(help: "Compare with what the fork began with.")
        var base = false
        @Option(name: [.customShort("n"), .long], help: "Only this namespace.")
        var namespace: String?
        @Flag(help: "Show leases, events and bookkeeping too.")
        var all = false
        @OptionGroup var options: ChangeOptions

        func run() async throws {
            var parameters = [("against", base ? "base" : "parent"), ("all", all ? "true" : "false")]
            if let namespace { parameters.append(("namespace", namespace)) }
            try await options.run(
                .GET, "/reckon/v1/forks/\(name)/diff?" + QuestionOptions.encoded(parameters)
            ) { DiffText.text($0, Terminal.ink()) }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "delete", abstract: "Remove a fork and all of it.")
        @Argument(help: "The fork.")
        var name: String
        @OptionGroup var options: ChangeOptions

        func run() async throws {
            try await options.run(.DELETE, "/reckon/v1/forks/\(name)") { _ in "fork \(name) is gone" }
        }
    }
}
