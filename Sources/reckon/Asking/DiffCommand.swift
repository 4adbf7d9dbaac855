import ArgumentParser
import Document
import History

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What is otherwise at one moment than at another.",
        discussion: """
              reckon diff -15m now -n shop
              reckon diff 4200 4300 deployments -A
              reckon diff 14:02 now deployment/web -n shop --patch
            WHEN is \(When.help).
            Leases, Events and bookkeeping are left out unless --all is given.
            Exit status: 0 asked and answered, 1 refused or unreachable; with --exit-code 3 when something differs.
            """)

    @Argument(help: ArgumentHelp("The earlier moment.", valueName: "when"))
    var from: When
    @Argument(help: ArgumentHelp("The later moment, or now.", valueName: "when"))
    var to: When
    @Argument(
        help: ArgumentHelp("Only this KIND, or this object.", valueName: "kind|object"),
        completion: ObjectCompletion.kind)
    var words: [String] = []
    @OptionGroup var question: QuestionOptions
    @Flag(name: [.customShort("A"), .long], help: "All namespaces, and what is in none.")
    var allNamespaces = false
    @Option(name: [.customShort("l"), .long], help: "Only objects with these labels, at either moment.")
    var selector: String?
    @Flag(help: "Print kubectl commands that make the first into the second.")
    var patch = false
    @Flag(help: "Bookkeeping, leases and Events too.")
    var all = false
    @Flag(help: "The fields of new objects and of endpoints too.")
    var fields = false
    @Flag(help: "End with 3 when something differs.")
    var exitCode = false
    @Option(help: "At most so many objects.")
    var limit = 500

    func run() async throws {
        let object = try ObjectWords(words)
        let answer = try await question.ask(
            "diff",
            object.parameters + [
                ("from", from.text ?? "0s"), ("to", to.text), ("labelSelector", selector),
                ("namespace", allNamespaces ? nil : try question.effectiveNamespace()),
                ("all", all ? "true" : nil), ("limit", String(limit)),
            ])
        if patch {
            print(DiffText.patch(answer))
        } else {
            try question.show(answer) { DiffText.text(answer, $0, withFields: fields) }
        }
        if exitCode, !(answer["items"]?.elements.isEmpty ?? true) { throw ExitCode(3) }
    }
}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One object as it was.",
        discussion: """
              reckon show deployment/web -n shop --at -15m
            WHEN is \(When.help).
            Exit status: 0 found, 1 refused, unreachable, or it did not exist then.
            """)

    @Argument(
        help: ArgumentHelp("KIND/NAME, as kubectl takes it.", valueName: "object"), completion: ObjectCompletion.kind)
    var words: [String]
    @OptionGroup var question: QuestionOptions
    @Option(help: ArgumentHelp("The moment; now without it.", valueName: "when"))
    var at: When?
    @Flag(name: .customLong("show-managed-fields"), help: "metadata.managedFields too.")
    var managedFields = false

    func run() async throws {
        let answer = try await question.ask(
            "show",
            try ObjectWords.one(words).parameters + [
                ("namespace", try question.effectiveNamespace()), ("at", at?.text),
            ])
        var body = answer["body"] ?? .null
        if !managedFields { body.modify("metadata") { $0["managedFields"] = Optional.none } }
        try question.show(body) { _ in String(body.yamlText.dropLast()) }
    }
}
