import Document
import Foundation
import TestSupport
import Testing

/// The state is computed from the log: by another process, from the first event or from a checkpoint, it is the same.
@Suite(.serialized) struct RebuildTests {
    @Test func twoProcessesRebuildTheSameState() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        let deployment: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "default"],
            "spec": [
                "replicas": 4, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "main", "image": "x:1"]]],
                ],
            ],
        ]
        #expect(
            try await cluster.send("POST", "/apis/apps/v1/namespaces/default/deployments", deployment).status == 201)
        let path = "/apis/apps/v1/namespaces/default/deployments/web"
        let ready = try await cluster.eventually {
            try await cluster.send("GET", path).body["status", "readyReplicas"] == 4
        }
        #expect(ready)
        let live = try await cluster.send("GET", "/reckon/v1/digest").body
        #expect(cluster.stop() == 0)

        // What came after the question only adds events: the digest at that revision is asked of the log.
        var digests: Set<String> = []
        for _ in 0..<2 {
            let verified = try cluster.reckon("log", "verify", "--data", cluster.dataPath, "-o", "json")
            #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
            digests.insert(try JSON(parsing: verified.output)["stateDigest"]?.string ?? "")
        }
        #expect(digests.count == 1)
        try cluster.start()
        let revision = live["revision"]?.int ?? 0
        let again = try await cluster.send("GET", "/at/\(revision)/reckon/v1/digest").body
        #expect(again["digest"] == live["digest"])
        #expect((again["digest"]?.string ?? "").count == 64)
    }
}
