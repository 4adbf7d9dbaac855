import ArgumentParser
import Document
import Foundation
import History

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who asked for what, and why he was let in or turned away.",
        discussion: """
              reckon audit --since -1h --user alice
              reckon audit --denied
              reckon audit --failed-logins
              reckon audit --object secret/db -n shop
              reckon audit explain 7c17cb29-8c95-4acd-9ae7-2e24d84d38b1
              reckon audit can alice delete deployments -n shop --at -2h
              reckon audit who-could delete secrets -n shop --between -1d now
              reckon audit minimal --user system:serviceaccount:shop:robot
              reckon audit sessions --since -1d
            The cluster's own components are left out unless --all or --user names them.
            """,
        subcommands: [List.self, Explain.self, Can.self, WhoCould.self, Minimal.self, Sessions.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List requests, the newest last.",
            discussion: "Exit status: 0 asked and answered, 1 refused or unreachable.")

        @Option(help: "By this user.")
        var user: String?
        @Option(help: "get, list, watch, create, update, patch, delete, deletecollection.")
        var verb: String?
        @Option(help: "On this kind of object.")
        var resource: String?
        @Option(help: ArgumentHelp("On this object.", valueName: "kind/name"))
        var object: String?
        @Option(help: "Answered with this code, or 4xx.")
        var code: String?
        @Option(help: "With the credential of this fingerprint.")
        var credential: String?
        @Flag(help: "Only what was forbidden (403).")
        var denied = false
        @Flag(help: "Only what had no valid credential (401).")
        var failedLogins = false
        @Flag(help: "Only what changed something.")
        var writes = false
        @Flag(help: "The cluster's own components too.")
        var all = false
        @OptionGroup var window: TimeWindow
        @Option(help: "At most so many.")
        var limit = 50
        @OptionGroup var question: QuestionOptions

        func run() async throws {
            var parameters: [(String, String?)] = [
                ("user", user), ("verb", verb), ("resource", resource), ("code", code), ("credential", credential),
                ("limit", String(limit)), ("namespace", question.namespace),
            ]
            parameters += window.parameters
            for (name, flag) in [("denied", denied), ("failedLogins", failedLogins), ("writes", writes), ("all", all)]
            where flag {
                parameters.append((name, "true"))
            }
            if let object { parameters += try ObjectWords.one([object]).parameters }
            let answer = try await question.ask("audit", parameters)
            try question.showItems(answer) { AuditText.list(answer, $0) }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One request by its audit id: why it was let in, or why not.",
            discussion: """
                Every answer of the server carries its id in the header Audit-Id. For a refused login every authenticator's reason is told; \
                for a forbidden request, who would have been allowed.
                Exit status: 0 found, 1 refused, unreachable, or not kept.
                """)

        @Argument(help: ArgumentHelp("The request's audit id.", valueName: "audit-id"))
        var id: String
        @OptionGroup var question: QuestionOptions

        func run() async throws {
            let answer = try await question.ask("explain", [("id", id)])
            try question.show(answer) { AuditText.explain(answer, $0) }
        }
    }

    struct Can: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether somebody might do something at a moment, by which rule, and who granted it.",
            discussion: """
                  reckon audit can alice get secrets -n shop --at -1h
                  reckon audit can system:serviceaccount:shop:robot create pods -n shop
                Without --groups a user has the groups of his newest request.
                Exit status: 0 allowed, 1 refused or unreachable, 3 not allowed.
                """)

        @Argument(help: "The user.")
        var user: String
        @Argument(help: "The verb.")
        var verb: String
        @Argument(help: "The kind, KIND/NAME, or a /path.")
        var resource: String
        @Option(help: ArgumentHelp("At that moment; now without it.", valueName: "when"))
        var at: When?
        @Option(help: "The user's groups, separated by commas.")
        var groups: String?
        @Option(help: "status, scale, log, exec, …")
        var subresource: String?
        @OptionGroup var question: QuestionOptions

        func run() async throws {
            var parameters: [(String, String?)] = [
                ("user", user), ("verb", verb), ("groups", groups), ("subresource", subresource), ("at", at?.text),
                ("namespace", question.namespace),
            ]
            parameters += try ObjectWords.target(resource)
            let answer = try await question.ask("can", parameters)
            try question.show(answer) { AuditText.verdict(answer, $0) }
            if answer["allowed"] != true { throw ExitCode(3) }
        }
    }
}
