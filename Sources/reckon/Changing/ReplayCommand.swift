import ArgumentParser
import Document
import History
import Requests

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Let the requests of a stretch of the past happen again under other rules.",
        discussion: """
              reckon replay --from -1h --set scheduler.mostAllocated=5 --set scheduler.leastAllocated=0
              reckon replay --from 4200 --to 5000 --without-request 3f0c9a52-… --name calmer
              reckon replay --from 14:02 --patch quota.yaml --set controllers.horizontal-pod-autoscaler=off
            The requests from outside are made again, in their order and at their times, on the state at --from; controllers and scheduler
            decide anew. The answer compares with a replay under unchanged rules, so only what the rules did shows. The same replay
            always ends the same. Kubelets do what the record says where a pod is where it was; any other pod simply runs: what its
            containers would have done, nobody knows. Recorded requests are not admitted anew: what a policy or a webhook would have
            said of a changed state does not show. Manifests of --patch are applied to the state at --from, before everything else.
            Scheduler weights: balancedAllocation, imageLocality, interPodAffinity, leastAllocated, mostAllocated, nodeAffinity,
            podTopologySpread, taintToleration, or upstream's names of the plugins. A controller is on or off: controllers.NAME=off.
            Exit status: 0 replayed, 1 refused or unreachable, 3 there is a fork of that name, 64 wrong usage.
            """)

    @Option(help: ArgumentHelp("The moment to begin at.", valueName: "when"))
    var from: When
    @Option(help: ArgumentHelp("The moment to end at; now without it.", valueName: "when"))
    var to: When?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A rule, for example scheduler.mostAllocated=5.", valueName: "rule=value"))
    var rules: [String] = []
    @Option(name: .customLong("without-request"), help: "The audit ID of a request that does not happen.")
    var without: [String] = []
    @Option(help: ArgumentHelp("A manifest that is applied at the beginning.", valueName: "file"))
    var patch: [String] = []
    @Option(help: "Keep the end as a fork of this name.")
    var name: String?
    @OptionGroup var options: ChangeOptions

    func run() async throws {
        guard let start = from.text else { throw ValidationError("--from takes a moment before now, for example -1h") }
        var body: JSON = ["from": .string(start), "without": .array(without.map { .string($0) })]
        body["to"] = to?.text.map { .string($0) }
        if !patch.isEmpty { body["patch"] = .array(try patch.flatMap(Self.manifests)) }
        body["name"] = name.map { .string($0) }
        for rule in rules {
            let parts = rule.split(separator: "=", maxSplits: 1).map(String.init)
            let switches: [String: Int64] = ["off": 0, "on": 1]
            guard parts.count == 2, let value = switches[parts[1]] ?? Int64(parts[1]) else {
                throw ValidationError(
                    "--set takes scheduler.RULE=NUMBER or controllers.NAME=off, for example scheduler.mostAllocated=5, not \"\(rule)\""
                )
            }
            body["set", parts[0]] = .int(value)
        }
        try await options.run(.POST, "/reckon/v1/replay", body) { answer in
            var lines = [
                "\(answer["requests"]?.int ?? 0) requests made again, \(answer["events"]?.int ?? 0) events came of it"
            ]
            for entry in (answer["left"]?.elements ?? []).prefix(10) {
                lines.append("left: revision \(entry["revision"]?.int ?? 0): \(entry["why"]?.string ?? "")")
            }
            if answer["unsettled"]?.bool == true {
                lines.append("the controllers never came to rest: the end is arbitrary")
            }
            let drift = answer["drift", "placements"]?.elements.count ?? 0
            if drift > 0 { lines.append("even under the same rules \(drift) pods go elsewhere than recorded") }
            let moved = answer["placements"]?.elements ?? []
            let rows = moved.prefix(50).map { pod in
                ["namespace", "pod", "before", "after"].map { pod[$0]?.string ?? "" }
            }
            if !rows.isEmpty { lines.append(TextTable(["NAMESPACE", "POD", "NODE", "WOULD BE ON"], Array(rows)).text) }
            if moved.count > rows.count { lines.append("and \(moved.count - rows.count) more pods") }
            lines.append(DiffText.text(answer, Terminal.ink()))
            if let name { lines.append("kept as fork \(name)") }
            lines.append("digest \(answer["digest"]?.string ?? "")")
            return lines.joined(separator: "\n")
        }
    }

    /// The documents of a file of YAML, as text.
    private static func manifests(_ path: String) throws -> [JSON] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw StartupError("\(path) cannot be read")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.split { $0 == "---" || $0.hasPrefix("--- ") }.map { $0.joined(separator: "\n") }
            .filter { $0.contains(":") }.map { .string($0) }
    }
}
