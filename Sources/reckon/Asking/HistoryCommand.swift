import ArgumentParser
import Document
import History

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Every version of an object, or the changes of all objects of a kind.",
        discussion: """
              reckon history deployment/web -n shop --diff
              reckon history pods -n shop --since -15m
            An object that was deleted and made again has a paragraph for each uid.
            Exit status: 0 found, 1 refused, unreachable, or it never existed.
            """)

    @Argument(
        help: ArgumentHelp("KIND/NAME or KIND, as kubectl takes them.", valueName: "object|kind"),
        completion: ObjectCompletion.kind)
    var words: [String]
    @OptionGroup var question: QuestionOptions
    @Flag(name: [.customShort("A"), .long], help: "All namespaces.")
    var allNamespaces = false
    @Option(help: ArgumentHelp("Only what came after.", valueName: "when"))
    var since: When?
    @Option(help: ArgumentHelp("Only what came before or then.", valueName: "when"))
    var until: When?
    @Option(name: [.customShort("l"), .long], help: "Of a kind, only objects with these labels.")
    var selector: String?
    @Option(help: "At most so many versions, the newest ones.")
    var limit: Int?
    @Flag(help: "Say what changed in each version, a field a line.")
    var diff = false

    @Flag(help: "Go on and show each change as it happens.")
    var follow = false

    func validate() throws {
        if follow, question.data != nil { throw ValidationError("--follow needs a server: leave --data out") }
    }

    func run() async throws {
        let object = try ObjectWords(words)
        if follow { return try await following(object) }
        let answer = try await question.ask(
            "history",
            object.parameters + [
                ("namespace", allNamespaces ? nil : try question.effectiveNamespace()), ("since", since?.text),
                ("until", until?.text), ("labelSelector", selector), ("limit", limit.map { String($0) }),
            ])
        try question.show(answer) { HistoryText.text(answer, $0, withFields: diff) }
    }

    private func following(_ object: ObjectWords) async throws {
        let parameters =
            object.parameters + [
                ("namespace", allNamespaces ? nil : try question.effectiveNamespace()), ("labelSelector", selector),
                ("follow", "true"),
            ]
        let (isText, diff) = (question.output == .text || question.output == .wide, diff)
        try await question.follow("history", parameters) { entry in
            if entry["kind"] == "Status" {
                print(entry["message"]?.string ?? "")
            } else if isText {
                let ink = Terminal.ink()
                let lines = HistoryText.paragraph(
                    entry, object.name == nil ? Ink.object(entry["object"]) : nil, ink, diff)
                print(lines.joined(separator: "\n"))
            } else {
                print(entry.text)
            }
            flushOutput()
        }
    }
}
