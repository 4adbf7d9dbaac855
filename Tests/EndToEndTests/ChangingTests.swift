import Document
import Foundation
import TestSupport
import Testing

/// Undo, undelete and rewind against a running cluster: controllers settle, watches stay right, rights are asked.
@Suite(.serialized) struct ChangingTests {
    private static let deployments = "/apis/apps/v1/namespaces/shop/deployments"
    private static let configMaps = "/api/v1/namespaces/shop/configmaps"

    private func shop(_ cluster: ReckonProcess) async throws {
        _ = try await cluster.send("POST", "/api/v1/namespaces", ["metadata": ["name": "shop"]])
        let web: JSON = [
            "metadata": ["name": "web"],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [["name": "main", "image": "reckon.dev/busybox:1"]]],
                ],
            ],
        ]
        #expect(try await cluster.send("POST", Self.deployments, web).status == 201)
        #expect(
            try await cluster.send("POST", Self.configMaps, ["metadata": ["name": "c"], "data": ["a": "1"]]).status
                == 201)
        #expect(await isReady(cluster, 3))
    }
    private func isReady(_ cluster: ReckonProcess, _ count: Int64) async -> Bool {
        (try? await cluster.eventually {
            let web = try await cluster.send("GET", Self.deployments + "/web").body
            return web["status", "readyReplicas"]?.int == count && web["spec", "replicas"]?.int == count
        }) ?? false
    }
    private func revision(_ cluster: ReckonProcess) async throws -> Int64 {
        try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
    }

    @Test func undoKeepsWhatOthersChangedAndNamesConflicts() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        try await shop(cluster)
        let merge = "application/merge-patch+json"
        let id = "0f0e0d0c-0000-4000-8000-000000000001"
        let scaled = try await cluster.send(
            "PATCH", Self.deployments + "/web", ["spec": ["replicas": 5]], contentType: merge,
            headers: [("Audit-ID", id)])
        #expect(scaled.status == 200)
        #expect(await isReady(cluster, 5))
        _ = try await cluster.send(
            "PATCH", Self.deployments + "/web", ["metadata": ["annotations": ["note": "kept"]]], contentType: merge)

        // A dry run shows it and changes nothing.
        let trial = try await cluster.send("POST", "/reckon/v1/undo", ["auditID": .string(id), "dryRun": true])
        #expect(trial.status == 200, "\(trial.body.text)")
        #expect(trial.body["items"]?[0]?["fields"]?[0]?["path"] == "spec.replicas")
        #expect(try await cluster.send("GET", Self.deployments + "/web").body["spec", "replicas"] == 5)

        // Who may not update deployments may not undo their updates.
        let rule: JSON = ["nonResourceURLs": ["/reckon/v1/*"], "verbs": ["*"]]
        _ = try await cluster.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            ["metadata": ["name": "undoer"], "rules": [rule]])
        _ = try await cluster.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            [
                "metadata": ["name": "undoer"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "undoer"],
                "subjects": [["kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
        let denied = try await cluster.send("POST", "/reckon/v1/undo", ["auditID": .string(id)], token: "alicetoken")
        #expect(denied.status == 403)
        #expect(denied.body["message"]?.string?.contains("cannot update resource \"deployments\"") == true)

        let undone = try await cluster.send("POST", "/reckon/v1/undo", ["auditID": .string(id)])
        #expect(undone.status == 200, "\(undone.body.text)")
        let web = try await cluster.send("GET", Self.deployments + "/web").body
        #expect(web["spec", "replicas"] == 3)
        #expect(web["metadata", "annotations", "note"] == "kept")
        #expect(await isReady(cluster, 3))

        // Changed again since: both are named, nothing happens.
        _ = try await cluster.send(
            "PATCH", Self.deployments + "/web", ["spec": ["replicas": 1]], contentType: merge)
        let before = try await cluster.send("GET", Self.deployments + "/web").body["metadata", "generation"]
        let conflict = try await cluster.send("POST", "/reckon/v1/undo", ["auditID": .string(id)])
        #expect(conflict.status == 409)
        #expect(conflict.body["message"]?.string?.contains(id) == true)
        #expect(conflict.body["message"]?.string?.contains("spec.replicas was changed again at revision") == true)
        #expect(try await cluster.send("GET", Self.deployments + "/web").body["metadata", "generation"] == before)
    }

    @Test func aNamespaceComesBackWithWhatWasInIt() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        try await shop(cluster)
        let uid = try await cluster.send("GET", Self.deployments + "/web").body["metadata", "uid"]
        #expect(try await cluster.send("DELETE", "/api/v1/namespaces/shop").status == 200)
        #expect(
            try await cluster.eventually {
                try await cluster.send("GET", "/api/v1/namespaces/shop").status == 404
            })
        let back = try cluster.reckon("undelete", "namespace/shop")
        #expect(back.status == 0, "\(back.output)\(back.errors)")
        #expect(await isReady(cluster, 3), "\(back.output)")
        #expect(try await cluster.send("GET", Self.configMaps + "/c").body["data", "a"] == "1")
        let made = try await cluster.send("GET", Self.deployments + "/web").body["metadata", "uid"]
        #expect(made != nil && made != uid)
        let again = try cluster.reckon("undelete", "namespace/shop")
        #expect(again.status == 3)
    }

    /// Several watches are open over a rewind while others write: each ends equal to a fresh list.
    @Test func watchesAcrossARewindEndRight() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        try await shop(cluster)
        let target = try await revision(cluster)
        let merge = "application/merge-patch+json"
        _ = try await cluster.send("DELETE", Self.configMaps + "/c")
        for i in 0..<20 {
            _ = try await cluster.send(
                "POST", Self.configMaps, ["metadata": ["name": .string("new-\(i)")], "data": ["i": .string("\(i)")]])
        }
        _ = try await cluster.send("PATCH", Self.deployments + "/web", ["spec": ["replicas": 6]], contentType: merge)
        #expect(await isReady(cluster, 6))

        let paths = [
            Self.configMaps, Self.deployments, "/api/v1/namespaces/shop/pods",
            "/apis/apps/v1/namespaces/shop/replicasets",
            "/api/v1/configmaps", "/api/v1/pods",
        ]
        let results = try await withThrowingTaskGroup(of: (String, [String: String]).self) { group in
            for path in paths {
                let list = try await cluster.send("GET", path).body
                let from = list["metadata", "resourceVersion"]?.string ?? ""
                group.addTask {
                    var known: [String: String] = [:]
                    for item in list["items"]?.elements ?? [] { known[Self.name(item)] = Self.version(item) }
                    let stream = try await cluster.send(
                        "GET", "\(path)?watch=1&resourceVersion=\(from)&timeoutSeconds=8")
                    var last: Int64 = Int64(from) ?? 0
                    for line in (stream.body.string ?? stream.body.text).split(separator: "\n") {
                        let event = try JSON(parsing: Array(line.utf8))
                        let object = event["object"] ?? .null
                        let version = Int64(Self.version(object)) ?? 0
                        #expect(version >= last, "\(path): revisions only grow")
                        last = version
                        switch event["type"]?.string {
                        case "ADDED":
                            #expect(known[Self.name(object)] == nil, "\(path): added twice")
                            known[Self.name(object)] = Self.version(object)
                        case "MODIFIED":
                            #expect(known[Self.name(object)] != nil, "\(path): modified before it was added")
                            known[Self.name(object)] = Self.version(object)
                        case "DELETED": known[Self.name(object)] = nil
                        default: break
                        }
                    }
                    return (path, known)
                }
            }
            // Others write elsewhere all the while.
            group.addTask {
                for i in 0..<60 {
                    _ = try await cluster.send(
                        "POST", "/api/v1/namespaces/default/configmaps",
                        ["metadata": ["name": .string("load-\(i)")], "data": ["i": .string("\(i)")]])
                    try await Task.sleep(nanoseconds: 30_000_000)
                }
                return ("", [:])
            }
            try await Task.sleep(nanoseconds: 500_000_000)
            let rewound = try cluster.reckon("rewind", "--to", "\(target)", "-n", "shop")
            #expect(rewound.status == 0, "\(rewound.output)\(rewound.errors)")
            #expect(await isReady(cluster, 3))
            var all: [String: [String: String]] = [:]
            for try await (path, known) in group where !path.isEmpty { all[path] = known }
            return all
        }
        for path in paths {
            let list = try await cluster.send("GET", path).body
            var fresh: [String: String] = [:]
            for item in list["items"]?.elements ?? [] { fresh[Self.name(item)] = Self.version(item) }
            #expect(results[path] == fresh, "\(path)")
        }
        #expect(try await cluster.send("GET", Self.configMaps + "/c").body["data", "a"] == "1")
        #expect(try await cluster.send("GET", Self.configMaps + "/new-3").status == 404)
        // Nothing is left to do.
        let again = try cluster.reckon("rewind", "--to", "\(target)", "-n", "shop", "--dry-run")
        #expect(again.output.contains("nothing is to be rewound"), "\(again.output)")
    }

    private static func name(_ object: JSON) -> String {
        (object["metadata", "namespace"]?.string ?? "") + "/" + (object["metadata", "name"]?.string ?? "")
    }
    private static func version(_ object: JSON) -> String { object["metadata", "resourceVersion"]?.string ?? "" }
}
