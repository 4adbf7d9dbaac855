import Document
import Foundation
import TestSupport
import Testing

/// Forks of a running cluster, used with real kubectl; and replays.
@Suite(.serialized) struct ForkTests {
    private static let web = "/apis/apps/v1/namespaces/default/deployments/web"
    private static let merge = "application/merge-patch+json"

    private func started() async throws -> ReckonProcess {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:3"])
        let deployment: JSON = [
            "metadata": ["name": "web"],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [["name": "main", "image": "reckon.dev/busybox:1"]]],
                ],
            ],
        ]
        #expect(
            try await cluster.send("POST", "/apis/apps/v1/namespaces/default/deployments", deployment).status == 201)
        #expect(try await isReady(cluster, "", 3))
        return cluster
    }
    private func isReady(_ cluster: ReckonProcess, _ prefix: String, _ count: Int64) async throws -> Bool {
        try await cluster.eventually {
            let web = try await cluster.send("GET", prefix + Self.web).body
            return web["status", "readyReplicas"]?.int == count && web["spec", "replicas"]?.int == count
        }
    }

    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func aForkLivesItsOwnLife() async throws {
        let cluster = try await started()
        defer { cluster.remove() }
        let base = try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        _ = try await cluster.send("PATCH", Self.web, ["spec": ["replicas": 1]], contentType: Self.merge)
        #expect(try await isReady(cluster, "", 1))

        let began = Date()
        let made = try cluster.reckon("fork", "--at", "\(base)", "--name", "what-if")
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        #expect(Date().timeIntervalSince(began) < 5)
        #expect(try cluster.reckon("fork", "--name", "what-if").status == 3)
        #expect(
            try await cluster.send("POST", "/reckon/v1/forks", ["name": "mine"], token: "alicetoken").status == 403)

        // It begins as the cluster was, down to the hash.
        let there = try await cluster.send("GET", "/fork/what-if/at/\(base)/reckon/v1/digest").body
        let here = try await cluster.send("GET", "/at/\(base)/reckon/v1/digest").body
        #expect(there["digest"] != nil && there["digest"] == here["digest"])
        let url = cluster.url + "/fork/what-if"
        let replicas = try cluster.kubectl("-s", url, "get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")
        #expect(replicas.output == "3", "\(replicas.errors)")

        // Its controllers, scheduler and nodes act; the cluster notices nothing.
        #expect(try cluster.kubectl("-s", url, "scale", "deployment/web", "--replicas=7").status == 0)
        let rollout = try cluster.kubectl("-s", url, "rollout", "status", "deployment/web", "--timeout=60s")
        #expect(rollout.status == 0, "\(rollout.output)\(rollout.errors)")
        let pods = try cluster.kubectl(
            "-s", url, "get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.phase}")
        #expect(pods.output.split(separator: " ") == Array(repeating: "Running", count: 7))
        #expect(try await cluster.send("GET", Self.web).body["spec", "replicas"] == 1)
        let mine = try await cluster.send("GET", "/api/v1/namespaces/default/pods").body["items"]?.elements.count
        #expect(mine == 1)

        // Differences, against now and against the base.
        let difference = try cluster.reckon("fork", "diff", "what-if", "-o", "json")
        let items = try JSON(parsing: Array(difference.output.utf8))["items"]?.elements ?? []
        let deployment = items.first { $0["object", "resource"] == "deployments" }
        let field = deployment?["fields"]?.elements.first { $0["path"] == "spec.replicas" }
        #expect(field?["old"] == 1 && field?["new"] == 7, "\(difference.output)\(difference.errors)")
        #expect(items.filter { $0["object", "resource"] == "pods" && $0["change"] == "created" }.count >= 6)

        // A token made in a fork is good nowhere.
        let token = try await cluster.send(
            "POST", "/fork/what-if/api/v1/namespaces/default/serviceaccounts/default/token",
            ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:]])
        #expect(token.status == 201)
        let forged = try await cluster.send(
            "GET", "/api/v1/namespaces", token: token.body["status", "token"]?.string ?? "")
        #expect(forged.status == 401)

        // It survives a crash, and goes without a trace.
        let revision = try await cluster.send("GET", "/fork/what-if/reckon/v1/status").body["revision"]?.int ?? 0
        cluster.crash()
        try cluster.start()
        let again = try await cluster.send("GET", "/fork/what-if" + Self.web).body
        #expect(again["spec", "replicas"] == 7)
        #expect(try await isReady(cluster, "/fork/what-if", 7))
        let later = try await cluster.send("GET", "/fork/what-if/reckon/v1/status").body["revision"]?.int ?? 0
        #expect(later >= revision)
        #expect(try await cluster.send("GET", Self.web).body["spec", "replicas"] == 1)
        #expect(try cluster.reckon("fork", "delete", "what-if").status == 0)
        #expect(try await cluster.send("GET", "/fork/what-if/api/v1/pods").status == 404)
        #expect(!FileManager.default.fileExists(atPath: cluster.dataPath + "/forks/what-if"))
    }

    @Test func theSameRequestsUnderOtherRules() async throws {
        let cluster = try await started()
        defer { cluster.remove() }
        let from = try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        let template: JSON = [
            "metadata": ["labels": ["app": "big"]],
            "spec": [
                "containers": [
                    [
                        "name": "main", "image": "reckon.dev/busybox:1",
                        "resources": ["requests": ["cpu": "2", "memory": "4Gi"]],
                    ]
                ]
            ],
        ]
        let id = "0f0e0d0c-0000-4000-8000-000000000002"
        _ = try await cluster.send(
            "POST", "/apis/apps/v1/namespaces/default/deployments",
            [
                "metadata": ["name": "big"],
                "spec": ["replicas": 6, "selector": ["matchLabels": ["app": "big"]], "template": template],
            ], headers: [("Audit-ID", id)])
        #expect(
            try await cluster.eventually {
                try await cluster.send("GET", "/apis/apps/v1/namespaces/default/deployments/big").body[
                    "status", "readyReplicas"]?.int == 6
            })
        let to = try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0

        let same: JSON = ["from": .int(from), "to": .int(to)]
        let first = try await cluster.send("POST", "/reckon/v1/replay", same)
        #expect(first.status == 200, "\(first.body.text)")
        #expect(first.body["items"]?.elements.isEmpty == true)
        #expect(first.body["drift", "placements"]?.elements.isEmpty == true, "\(first.body["drift"]?.text ?? "")")
        let second = try await cluster.send("POST", "/reckon/v1/replay", same)
        #expect(first.body["digest"] != nil && first.body["digest"] == second.body["digest"])

        // Full nodes are liked best: the pods come together.
        let packed: JSON = [
            "from": .int(from), "to": .int(to), "name": "packed",
            "set": [
                "scheduler.leastAllocated": 0, "scheduler.mostAllocated": 10, "scheduler.balancedAllocation": 0,
                "scheduler.podTopologySpread": 0,
            ],
        ]
        let other = try await cluster.send("POST", "/reckon/v1/replay", packed)
        #expect(other.status == 200, "\(other.body.text)")
        let placements = other.body["placements"]?.elements ?? []
        #expect(!placements.isEmpty)
        #expect(other.body["digest"] != first.body["digest"])
        // What came of it can be looked at.
        let pods = try await cluster.send("GET", "/fork/packed/api/v1/namespaces/default/pods?labelSelector=app%3Dbig")
            .body
        let nodes = Set((pods["items"]?.elements ?? []).compactMap { $0["spec", "nodeName"]?.string })
        #expect(nodes.count == 1, "\(nodes)")

        // A manifest at the beginning: a quota that lets only some of them in.
        let quota = """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: q, namespace: default}
            spec: {hard: {pods: "5"}}
            """
        var limited = same
        limited["patch"] = [.string(quota)]
        let bounded = try await cluster.send("POST", "/reckon/v1/replay", limited)
        #expect(bounded.status == 200, "\(bounded.body.text)")
        let differences = bounded.body["items"]?.elements ?? []
        #expect(differences.contains { $0["object", "resource"] == "resourcequotas" && $0["change"] == "created" })
        #expect(differences.filter { $0["object", "resource"] == "pods" && $0["change"] == "deleted" }.count == 4)
        limited["patch"] = ["kind: Nothing"]
        #expect(try await cluster.send("POST", "/reckon/v1/replay", limited).status == 400)

        // Without the controller that makes pods there are none.
        var idle = same
        idle["set"] = ["controllers.replicaset-controller": 0]
        let without = try await cluster.send("POST", "/reckon/v1/replay", idle)
        #expect(without.status == 200, "\(without.body.text)")
        let missing = (without.body["items"]?.elements ?? []).filter {
            $0["object", "resource"] == "pods" && $0["change"] == "deleted"
        }
        #expect(missing.count == 6)
        idle["set"] = ["controllers.nothing": 0]
        #expect(try await cluster.send("POST", "/reckon/v1/replay", idle).status == 400)

        // Without the request there are no pods of it.
        let spared = try await cluster.send(
            "POST", "/reckon/v1/replay", ["from": .int(from), "to": .int(to), "without": [.string(id)]])
        let gone = (spared.body["items"]?.elements ?? []).filter { $0["change"] == "deleted" }
        #expect(gone.contains { $0["object", "resource"] == "deployments" && $0["object", "name"] == "big" })
        #expect(gone.filter { $0["object", "resource"] == "pods" }.count == 6)
    }
}
