import ArgumentParser
import Document
import Foundation
import History

struct BisectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bisect", abstract: "Find the event with which something broke.",
        discussion: """
              reckon bisect --good 1000 --bad now -- ./probe.sh
              reckon bisect --when 'deploy/web status.readyReplicas < 3' -n shop
            COMMAND gets a KUBECONFIG that looks at the moment in question (also RECKON_AT); it ends with 0 when all is good then, 125 when
            it cannot tell, anything else when it is bad. It runs ⌈log₂ n⌉+1 times for n events.
            A condition is \(Questions.conditionHelp).
            Exit status: 0 found, 1 refused, unreachable, or nothing to find, 3 only narrowed down because of skipped moments.
            """)

    @OptionGroup var question: QuestionOptions
    @Option(help: ArgumentHelp("A moment when it was good; the beginning of history with --when.", valueName: "when"))
    var good: When?
    @Option(help: ArgumentHelp("A moment when it was bad; now without it.", valueName: "when"))
    var bad: When?
    @Option(help: ArgumentHelp("The condition that is bad, instead of a command.", valueName: "condition"))
    var when: String?
    @Argument(parsing: .postTerminator, help: "-- COMMAND ...")
    var command: [String] = []

    func validate() throws {
        guard (when == nil) != command.isEmpty else { throw ValidationError("say either --when or -- COMMAND") }
        if when == nil, good == nil { throw ValidationError("say --good: when was it good?") }
        if when == nil, question.data != nil {
            throw ValidationError("a COMMAND needs a server to look at: leave --data out, or use --when")
        }
    }

    func run() async throws {
        if let when {
            let answer = try await question.ask(
                "bisect",
                [
                    ("when", when), ("good", good?.text), ("bad", bad?.text),
                    ("namespace", try question.effectiveNamespace()),
                ])
            try question.show(answer) { EventText.bisection(answer, $0) }
            return
        }
        try await search()
    }

    private func search() async throws {
        let client = try ClusterClient(try Kubeconfig(path: question.kubeconfig))
        let first = try await client.revision(at: good?.text)
        let last = try await client.revision(at: bad?.text)
        guard var bisection = Bisection(good: first, bad: last) else {
            throw StartupError("revision \(first) is not before revision \(last): --good must be the earlier one")
        }
        var probes = 1
        guard try probe(last, probes, bisection.remaining) != .good else {
            throw StartupError("the command finds revision \(last) good: there is nothing to look for")
        }
        var sawGood = false
        while let revision = bisection.next() {
            probes += 1
            let verdict = try probe(revision, probes, bisection.remaining)
            sawGood = sawGood || verdict == .good
            bisection.answer(verdict)
        }
        switch bisection.result {
        case .found(let revision):
            if !sawGood, revision == first + 1 {
                note("The command never found anything good: does it end with 0 at revision \(first)?")
            }
            let event = try await question.ask("event", [("revision", String(revision))])
            var answer = event
            answer["kind"] = "Bisection"
            answer["probes"] = .int(Int64(probes))
            try question.show(answer) {
                "\($0.bold("\(revision) is the first bad revision"))\($0.dim("  (\(last - first) events, \(probes) probes)"))\n\n"
                    + EventText.text(event, $0)
            }
        case .oneOf(let revisions):
            let answer: JSON = [
                "kind": "Bisection", "apiVersion": "reckon.dev/v1", "probes": .int(Int64(probes)),
                "oneOf": .array(revisions.map { .int(Int64($0)) }),
            ]
            try question.show(answer) { _ in
                "the first bad revision is one of \(revisions[0]) to \(revisions[revisions.count - 1]); the command skipped the others"
            }
            throw ExitCode(3)
        }
    }

    private func probe(_ revision: UInt64, _ number: Int, _ remaining: Int) throws -> Bisection.Verdict {
        let pinned = try PinnedKubeconfig(path: question.kubeconfig, at: String(revision))
        defer { pinned.remove() }
        let status = try Subprocess.run(command, environment: pinned.environment(at: String(revision)))
        let verdict: Bisection.Verdict = status == 0 ? .good : status == 125 ? .skip : .bad
        note(
            "probe \(number): revision \(revision) is \(verdict == .skip ? "skipped" : "\(verdict)") (\(remaining) left before)"
        )
        if status >= 128 { throw StartupError("the command was ended by signal \(status - 128)") }
        return verdict
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
