import ArgumentParser
import Document
import History

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What is wrong with the cluster, the worst first, and what changed just before.",
        discussion: """
              reckon doctor
              reckon doctor -n shop --at -1h
              reckon doctor loops            only what happens again and again: fights, hot loops, storms of conflicts
            Each finding has its evidence and the command that shows more.
            Exit status: 0 nothing critical, 1 refused or unreachable, 3 something critical.
            """)

    @Argument(help: ArgumentHelp("Only what happens again and again.", valueName: "loops"))
    var only: String?
    @OptionGroup var question: QuestionOptions
    @Option(help: ArgumentHelp("The cluster as it was.", valueName: "when"))
    var at: When?
    @Option(help: ArgumentHelp("How far back requests are looked at.", valueName: "time"))
    var window = "10m"

    func validate() throws {
        guard only == nil || only == "loops" else {
            throw ValidationError("\"\(only!)\" is nothing to look for: say loops")
        }
    }

    func run() async throws {
        let answer = try await question.ask(
            "doctor",
            [("at", at?.text), ("namespace", question.namespace), ("only", only), ("window", window)])
        try question.show(answer) { DoctorText.text(answer, $0) }
        if answer["findings"]?.elements.contains(where: { $0["severity"] == "critical" }) ?? false { throw ExitCode(3) }
    }
}
