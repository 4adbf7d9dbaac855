import ArgumentParser
import Foundation
import Yams

/// What a kubeconfig says of its current context: where the server is and with what to speak to it.
struct Kubeconfig {
    var root: [String: Any]
    let clusterName: String
    let userName: String

    /// The file of `--kubeconfig`, `$KUBECONFIG` or `~/.kube/config`.
    init(path: String?) throws {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "/"
        let file =
            path ?? environment["KUBECONFIG"].flatMap { $0.split(separator: ":").first.map(String.init) } ?? home
            + "/.kube/config"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw ValidationError(
                "there is no kubeconfig at \(file): set KUBECONFIG to the file that `reckon up` named")
        }
        guard let root = try? Yams.load(yaml: text) as? [String: Any] else {
            throw ValidationError("\(file) is no kubeconfig")
        }
        self.root = root
        let current = root["current-context"] as? String ?? ""
        guard let context = Self.entry(root, "contexts", current)?["context"] as? [String: Any],
            let cluster = context["cluster"] as? String
        else { throw ValidationError("\(file) has no usable current-context") }
        clusterName = cluster
        userName = context["user"] as? String ?? ""
    }

    static func entry(_ root: [String: Any], _ list: String, _ name: String) -> [String: Any]? {
        (root[list] as? [[String: Any]])?.first { $0["name"] as? String == name }
    }

    var cluster: [String: Any] { Self.entry(root, "clusters", clusterName)?["cluster"] as? [String: Any] ?? [:] }
    var user: [String: Any] { Self.entry(root, "users", userName)?["user"] as? [String: Any] ?? [:] }
    var server: String { cluster["server"] as? String ?? "" }

    /// The same with another server URL.
    func replacingServer(_ url: String) -> [String: Any] {
        var root = self.root
        var clusters = root["clusters"] as? [[String: Any]] ?? []
        for i in clusters.indices where clusters[i]["name"] as? String == clusterName {
            var cluster = clusters[i]["cluster"] as? [String: Any] ?? [:]
            cluster["server"] = url
            clusters[i]["cluster"] = cluster
        }
        root["clusters"] = clusters
        return root
    }

    /// Inline data (`client-key-data`) or the file beside it (`client-key`).
    func bytes(_ holder: [String: Any], _ name: String) -> [UInt8]? {
        if let text = holder[name + "-data"] as? String, let data = Data(base64Encoded: text) { return Array(data) }
        if let path = holder[name] as? String, let data = FileManager.default.contents(atPath: path) {
            return Array(data)
        }
        return nil
    }
}

extension Kubeconfig {
    /// The namespace of the current context, when it names one.
    var namespace: String? {
        let current = root["current-context"] as? String ?? ""
        return (Self.entry(root, "contexts", current)?["context"] as? [String: Any])?["namespace"] as? String
    }
}
