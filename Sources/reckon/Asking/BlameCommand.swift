import ArgumentParser
import Document
import History

struct BlameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blame", abstract: "Who set each field of an object, by which request, and when.",
        discussion: """
              reckon blame deployment/web -n shop
              reckon blame pod/web-7 --field spec.containers --at -15m
            A field belongs to the last request that gave it another value, over all of history. In brackets: what set it besides the client.
            Exit status: 0 found, 1 refused, unreachable, or it does not exist then.
            """)

    @Argument(
        help: ArgumentHelp("KIND/NAME, as kubectl takes it.", valueName: "object"), completion: ObjectCompletion.kind)
    var words: [String]
    @OptionGroup var question: QuestionOptions
    @Option(help: ArgumentHelp("The object as it was then.", valueName: "when"))
    var at: When?
    @Option(help: "Only this field, or those below it.")
    var field: String?
    @Flag(help: "Bookkeeping too.")
    var all = false

    func run() async throws {
        let answer = try await question.ask(
            "blame",
            try ObjectWords.one(words).parameters + [
                ("namespace", try question.effectiveNamespace()), ("at", at?.text), ("field", field),
                ("all", all ? "true" : nil),
            ])
        try question.show(answer) { BlameText.text(answer, $0) }
    }
}

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "The chain of causes back to the request from outside.",
        discussion: """
              reckon why pod/web-7 -n shop              why it is there, not scheduled, or gone
              reckon why pod/web-7 spec.nodeName        why it runs there
              reckon why deployment/web spec.replicas
              reckon why namespace/shop -o dot | dot -Tsvg > why.svg
            Exit status: 0 answered, 1 refused, unreachable, or it never existed.
            """)

    @Argument(
        help: ArgumentHelp("KIND/NAME, and a field when only that is meant.", valueName: "object [field]"),
        completion: ObjectCompletion.kind)
    var words: [String]
    @OptionGroup var question: QuestionOptions
    @Option(help: ArgumentHelp("As seen then.", valueName: "when"))
    var at: When?

    func run() async throws {
        var rest = words
        let object: ObjectWords
        if rest[0].contains("/") {
            object = try ObjectWords.one([rest.removeFirst()])
        } else {
            object = try ObjectWords.one(Array(rest.prefix(2)))
            rest = Array(rest.dropFirst(2))
        }
        guard rest.count <= 1 else { throw ValidationError("\"\(rest[1])\" is one word too many") }
        let answer = try await question.ask(
            "why",
            object.parameters + [
                ("namespace", try question.effectiveNamespace()), ("field", rest.first), ("at", at?.text),
            ])
        if question.output == .dot {
            print(WhyText.dot(answer))
        } else {
            try question.show(answer) { WhyText.text(answer, $0) }
        }
    }
}
