import ArgumentParser
import Document
import Foundation

/// Completes KIND/NAME in a shell: kinds first, then the names that the kubeconfig's server has of them.
enum ObjectCompletion {
    static let kind = CompletionKind.custom { words, _, prefix in await complete(words, prefix) }

    private static let kinds = [
        "configmap", "cronjob", "customresourcedefinition", "daemonset", "deployment", "endpointslice", "event",
        "ingress", "job",
        "namespace", "node", "persistentvolume", "persistentvolumeclaim", "pod", "replicaset", "role", "rolebinding",
        "secret",
        "service", "serviceaccount", "statefulset",
    ]

    private static func complete(_ words: [String], _ prefix: String) async -> [String] {
        guard let slash = prefix.firstIndex(of: "/") else { return kinds.map { $0 + "/" } }
        let word = String(prefix[..<slash])
        var namespace = "default"
        if let place = words.firstIndex(where: { $0 == "-n" || $0 == "--namespace" }), place + 1 < words.count {
            namespace = words[place + 1]
        } else if let own = (try? Kubeconfig(path: nil))?.namespace {
            namespace = own
        }
        let query = QuestionOptions.encoded([
            ("resource", word), ("namespace", namespace), ("prefix", String(prefix[prefix.index(after: slash)...])),
        ])
        guard let config = try? Kubeconfig(path: nil), let client = try? ClusterClient(config),
            let answer = try? await client.get("/reckon/v1/names?" + query)
        else { return [] }
        return (answer["items"]?.strings ?? []).map { word + "/" + $0 }
    }
}
