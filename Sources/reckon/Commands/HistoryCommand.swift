import ArgumentParser
import Document
import Foundation

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Every version of an object: when, by whom, by which request, what changed.",
        discussion: """
              reckon history deployment/web -n shop
              reckon history node/n1 -o json
            Exit status: 0 found, 1 refused, unreachable, or the object never existed.
            """)

    @Argument(help: "KIND/NAME, as kubectl takes it.")
    var object: String

    @Option(name: [.customShort("n"), .long], help: "The namespace; the kubeconfig's own or default without it.")
    var namespace: String?

    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = "text"

    @Option(help: "The kubeconfig; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    func validate() throws {
        guard object.split(separator: "/").count == 2 else {
            throw ValidationError("say KIND/NAME, for example deployment/web")
        }
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
        print(answer["text"]?.string ?? "")
    }
}
