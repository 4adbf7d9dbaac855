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

        // Every revision, from checkpoints in one process and from the first event in another.
        let revision = live["revision"]?.int ?? 0
        try cluster.start()
        let fromCheckpoints = try await Self.digests(cluster, through: revision)
        #expect(cluster.stop() == 0)
        for file in try FileManager.default.contentsOfDirectory(atPath: cluster.dataPath)
        where file.contains("checkpoint") {
            try FileManager.default.removeItem(atPath: cluster.dataPath + "/" + file)
        }
        try cluster.start()
        let fromTheFirstEvent = try await Self.digests(cluster, through: revision)
        #expect(fromCheckpoints == fromTheFirstEvent)
        #expect(fromTheFirstEvent.last == live["digest"]?.string)
        #expect(Set(fromTheFirstEvent).count == Int(revision), "each revision is a state of its own")
        #expect(cluster.stop() == 0)
        let verified = try cluster.reckon("log", "verify", "--data", cluster.dataPath)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    private static func digests(_ cluster: ReckonProcess, through last: Int64) async throws -> [String] {
        var digests: [String] = []
        for revision in 1...max(last, 1) {
            digests.append(
                try await cluster.send("GET", "/at/\(revision)/reckon/v1/digest").body["digest"]?.string ?? "")
        }
        return digests
    }
}
