import ArgumentParser
import Document
import Foundation
import History
import NIOHTTP1
import Requests

/// What every command takes that changes a cluster with the past in hand.
struct ChangeOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "text, json or yaml.")
    var output = "text"

    @Option(help: "The kubeconfig; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    func validate() throws {
        guard ["text", "json", "yaml"].contains(output) else { throw ValidationError("-o takes text, json or yaml") }
    }

    /// Sends a request and prints its answer: as it is, or as `text` tells it. A conflict ends with status 3, any other refusal with 1.
    func run(
        _ method: HTTPMethod, _ path: String, _ body: JSON? = nil, text: (JSON) -> String
    ) async throws {
        let client = try ClusterClient(try Kubeconfig(path: kubeconfig))
        let (status, answer) = try await client.send(method, path, body)
        guard (200...299).contains(status) else {
            refuse(status, answer)
            throw ExitCode(status == 409 ? 3 : 1)
        }
        switch output {
        case "json": print(Self.pretty(answer))
        case "yaml": print(String(decoding: answer.yaml(), as: UTF8.self), terminator: "")
        default: print(text(answer))
        }
    }

    private static func pretty(_ answer: JSON) -> String {
        String(decoding: PrettyJSON.indent(answer.encoded()), as: UTF8.self)
    }

    private func refuse(_ status: Int, _ answer: JSON) {
        if output == "json" { print(Self.pretty(answer)) }
        if output == "yaml" { print(String(decoding: answer.yaml(), as: UTF8.self), terminator: "") }
        var lines = ["Error: " + (answer["message"]?.string ?? "the server answered \(status)")]
        for cause in (answer["details", "causes"]?.elements ?? []).prefix(20) {
            lines.append("  " + (cause["message"]?.string ?? ""))
        }
        FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    }
}

/// Answers of undo, undelete and rewind for people.
struct ChangeReport {
    private let ink = Terminal.ink()

    /// A line for each object, with the fields of updated ones below.
    func items(_ items: [JSON], isDryRun: Bool) -> [String] {
        var lines: [String] = []
        for item in items {
            let object = item["object"] ?? .null
            let change = item["change"]?.string ?? ""
            var word = change
            if item["graceful"]?.bool == true { word = "deleted, when it has ended" }
            let mark = change == "created" ? ink.green("+") : change == "deleted" ? ink.red("-") : ink.yellow("~")
            lines.append("\(mark) \(Ink.object(object))  \(isDryRun ? "would be " : "")\(word)")
            for field in item["fields"]?.elements ?? [] {
                lines.append("    " + ink.field(field["path"]?.string ?? "", field["old"], field["new"]))
            }
        }
        return lines.map(ink.fit)
    }

    /// What was left alone, and why; a line for each reason.
    func left(_ left: [JSON]) -> [String] {
        var reasons: [(why: String, objects: [String])] = []
        for entry in left {
            let (why, object) = (entry["why"]?.string ?? "", entry["object"]?.string ?? "")
            if let place = reasons.firstIndex(where: { $0.why == why }) {
                reasons[place].objects.append(object)
            } else {
                reasons.append((why, [object]))
            }
        }
        return reasons.map { why, objects in
            let more = objects.count > 3 ? " and \(objects.count - 3) more" : ""
            return "left: \(objects.prefix(3).joined(separator: ", "))\(more): \(why)"
        }
    }

    func undo(_ answer: JSON) -> String {
        let isDryRun = answer["dryRun"]?.bool ?? false
        let undone = answer["undone"] ?? .null
        let items = answer["items"]?.elements ?? []
        var lines = [
            "revision \(undone["revision"]?.int ?? 0), \(undone["verb"]?.string ?? "") \(undone["path"]?.string ?? "") by \(undone["user"]?.string ?? ""), with \(answer["consequences"]?.int ?? 0) consequences"
        ]
        lines += self.items(items, isDryRun: isDryRun) + left(answer["left"]?.elements ?? [])
        if items.isEmpty {
            lines.append("nothing is to be undone: it is as it was")
        } else {
            lines.append(
                isDryRun ? "nothing was changed (dry run)" : "undone at revision \(answer["revision"]?.int ?? 0)")
        }
        return lines.joined(separator: "\n")
    }

    func rewind(_ answer: JSON) -> String {
        let isDryRun = answer["dryRun"]?.bool ?? false
        let items = answer["items"]?.elements ?? []
        var lines = self.items(items, isDryRun: isDryRun) + left(answer["left"]?.elements ?? [])
        let to = "revision \(answer["to", "revision"]?.int ?? 0) (\(answer["to", "time"]?.string ?? ""))"
        if items.isEmpty {
            lines.append("nothing is to be rewound: all is as it was at \(to)")
        } else if isDryRun {
            lines.append("nothing was changed (dry run): this is the way to \(to)")
        } else {
            let revisions = (answer["revisions"]?.elements ?? []).map(\.text).joined(separator: ", ")
            lines.append("rewound to \(to) by revision \(revisions)")
        }
        lines.append("not rewound: " + (answer["untouched"]?.strings ?? []).joined(separator: "; "))
        return lines.joined(separator: "\n")
    }
}
