import ArgumentParser
import Document
import Foundation

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Every version of an object: when, by whom, by which request, what changed.",
        discussion: """
              reckon history deployment/web -n shop
              reckon history node/n1 -o json
            Exit status: 0 found, 1 refused or unreachable, 3 the object never existed.
            """)

    @Argument(help: "KIND/NAME, as kubectl takes it.")
    var object: String

    @Option(name: [.customShort("n"), .long], help: "The namespace; the kubeconfig's own or default without it.")
    var namespace: String?

    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = "text"

    @Option(help: "The kubeconfig; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    @Flag(name: .customLong("no-diff"), help: "Only the list, without what changed.")
    var noDiff = false

    func validate() throws {
        guard object.split(separator: "/").count == 2 else { throw ValidationError("say KIND/NAME, for example deployment/web") }
        guard ["text", "json"].contains(output) else { throw ValidationError("-o takes text or json") }
    }

    func run() async throws {
        let parts = object.split(separator: "/").map(String.init)
        var kind = parts[0]
        var group = ""
        if let dot = kind.firstIndex(of: ".") {
            group = String(kind[kind.index(after: dot)...])
            kind = String(kind[..<dot])
        }
        let config = try Kubeconfig(path: kubeconfig)
        let client = try ClusterClient(config)
        var query = URLComponents()
        query.queryItems = [
            URLQueryItem(name: "resource", value: kind), URLQueryItem(name: "name", value: parts[1]),
            URLQueryItem(name: "namespace", value: namespace ?? config.namespace ?? "default"),
        ]
        if !group.isEmpty { query.queryItems?.append(URLQueryItem(name: "group", value: group)) }
        let answer = try await client.get("/reckon/v1/history?" + (query.percentEncodedQuery ?? ""))
        if output == "json" {
            print(answer.text)
            return
        }
        let versions = answer["versions"]?.elements ?? []
        var uid = ""
        for version in versions {
            let own = version["uid"]?.string ?? ""
            if own != uid {
                print("\(answer["object"]?.string ?? object)  uid \(own)")
                uid = own
            }
            print(Self.line(version))
            if noDiff { continue }
            for change in version["changes"]?.elements ?? [] {
                print("    \(change["path"]?.string ?? ""): \(Self.brief(change["from"])) → \(Self.brief(change["to"]))")
            }
        }
    }

    private static func line(_ version: JSON) -> String {
        let revision = String(version["revision"]?.int ?? 0)
        let padded = String(repeating: " ", count: max(0, 8 - revision.utf8.count)) + revision
        let cause = version["cause"]?.int.map { "  because of \($0)" } ?? ""
        let what = (version["change"]?.string ?? "").padding(toLength: 8, withPad: " ", startingAt: 0)
        return "\(padded)  \(version["time"]?.string ?? "")  \(what)  \(version["user"]?.string ?? "")  \(version["verb"]?.string ?? "") \(version["path"]?.string ?? "")\(cause)"
    }

    private static func brief(_ value: JSON?) -> String {
        guard let value else { return "—" }
        let text = value.text
        return text.count <= 70 ? text : String(text.prefix(67)) + "…"
    }
}
