import ArgumentParser
import Document
import Foundation
import History

extension AuditCommand {
    struct WhoCould: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "who-could",
            abstract: "Everybody who might do something, since when, and who granted it.",
            discussion: """
                  reckon audit who-could get secrets -n shop
                  reckon audit who-could delete deployments/web -n shop --between -2d now
                By roles and bindings; who is in the group system:masters may do anything in any case.
                Exit status: 0 somebody could, 1 refused or unreachable, 3 nobody could.
                """)

        @Argument(help: "The verb.")
        var verb: String
        @Argument(help: "The kind, KIND/NAME, or a /path.")
        var resource: String
        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("At any moment between these two; only now without it.", valueName: "when"))
        var between: [When] = []
        @Option(help: "status, scale, log, exec, …")
        var subresource: String?
        @OptionGroup var question: QuestionOptions

        func validate() throws {
            guard between.isEmpty || between.count == 2 else {
                throw ValidationError("--between takes two moments, for example --between -2d now")
            }
        }

        func run() async throws {
            var parameters: [(String, String?)] = [
                ("verb", verb), ("subresource", subresource), ("namespace", question.namespace),
                ("from", between.first?.text), ("to", between.last?.text),
            ]
            // Without a word for it the first moment is now, too.
            if between.count == 2, between[0].text == nil { parameters.append(("from", between[1].text)) }
            parameters += try ObjectWords.target(resource)
            let answer = try await question.ask("who-could", parameters)
            try question.show(answer) { AuditText.whoCould(answer, $0) }
            if (answer["items"]?.elements ?? []).isEmpty { throw ExitCode(3) }
        }
    }

    struct Minimal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The smallest roles that hold what somebody really did, as manifests.",
            discussion: """
                  reckon audit minimal --user system:serviceaccount:shop:robot --since -7d > robot.yaml
                Looks at every request that was allowed; what all who signed in may do is left out. Rules that he holds and that no
                request needed are told on standard error. With -o json all of it is one document.
                Exit status: 0 answered, 1 refused, unreachable, or no request of his is kept.
                """)

        @Option(help: "The user; system:serviceaccount:NAMESPACE:NAME for a service account.")
        var user: String
        @OptionGroup var window: TimeWindow
        @OptionGroup var question: QuestionOptions

        func run() async throws {
            let answer = try await question.ask("minimal", [("user", user)] + window.parameters)
            try question.show(answer) { _ in
                let items = answer["items"]?.elements ?? []
                return items.isEmpty
                    ? "# \(user) needed no role"
                    : items.map { String($0.yamlText.dropLast()) }.joined(separator: "\n---\n")
            }
            guard question.output == .text || question.output == .wide else { return }
            FileHandle.standardError.write(Data((AuditText.minimal(answer, Terminal.ink()) + "\n").utf8))
        }
    }

    struct Sessions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who went into which container, and what was run there.",
            discussion: """
                  reckon audit sessions --since -1d
                  reckon audit sessions --denied -n shop
                exec, attach and port-forward, those that were turned away included. What is typed in a session is not recorded.
                Exit status: 0 asked and answered, 1 refused or unreachable.
                """)

        @Option(help: "By this user.")
        var user: String?
        @Option(help: "Into this pod.")
        var pod: String?
        @Flag(help: "Only what was forbidden.")
        var denied = false
        @OptionGroup var window: TimeWindow
        @Option(help: "At most so many.")
        var limit = 50
        @OptionGroup var question: QuestionOptions

        func run() async throws {
            let answer = try await question.ask(
                "sessions",
                [
                    ("user", user), ("name", pod), ("denied", denied ? "true" : nil), ("limit", String(limit)),
                    ("namespace", question.namespace),
                ] + window.parameters)
            try question.showItems(answer) { AuditText.sessions(answer, $0) }
        }
    }
}
