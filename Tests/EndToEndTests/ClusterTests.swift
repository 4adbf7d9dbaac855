import Document
import Foundation
import TestSupport
import Testing

/// A whole cluster with simulated nodes, used as people use it: with real kubectl.
@Suite(.serialized) struct ClusterTests {
    static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: "reckon.dev/busybox:1"}]}
        """

    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func aRolloutAndItsPast() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:3"])
        defer { cluster.remove() }
        #expect(try cluster.kubectl("apply", "-f", "-", input: Self.deployment).status == 0)
        let first = try cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        let before = try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0

        #expect(try cluster.kubectl("scale", "deployment/web", "--replicas=5").status == 0)
        #expect(try cluster.kubectl("set", "image", "deployment/web", "main=reckon.dev/busybox:2").status == 0)
        #expect(try cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s").status == 0)
        let now = try cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}").output
        #expect(now.split(separator: " ").allSatisfy { $0 == "reckon.dev/busybox:2" })

        // The past through kubectl, by URL and by the command.
        let past = try cluster.reckon(
            "at", "\(before)", "--", Tools.kubectl!, "get", "deployment", "web", "-o",
            "jsonpath={.spec.replicas} {.status.readyReplicas}")
        #expect(past.output == "3 3", "\(past.errors)")
        let pods = try cluster.kubectl("-s", cluster.url + "/at/\(before)", "get", "pods", "-o", "name")
        #expect(pods.output.split(separator: "\n").count == 3)
        let refused = try await cluster.send("DELETE", "/at/\(before)/apis/apps/v1/namespaces/default/deployments/web")
        #expect(refused.status == 405)
        #expect(refused.body["kind"] == "Status")
        #expect(try cluster.kubectl("get", "deployment", "web").status == 0)

        let history = try cluster.reckon("history", "deployment/web")
        #expect(history.status == 0, "\(history.errors)")
        #expect(history.output.contains("spec.replicas: 3 → 5"))
        #expect(history.output.contains("busybox:2"))

        #expect(try cluster.kubectl("delete", "deployment", "web").status == 0)
        let gone = try await cluster.eventually {
            try cluster.kubectl("get", "pods", "-o", "name").output.isEmpty
        }
        #expect(gone, "garbage collection and the kubelets take the pods away")
        #expect(cluster.stop() == 0)
        let verified = try cluster.reckon("log", "verify", "--data", cluster.dataPath)
        #expect(verified.status == 0, "\(verified.output)")
    }

    /// Answers saved at random revisions are the same, byte for byte, when the same is read later under /at/.
    @Test func thePastAnswersAsThePresentDid() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        var random = SeededNumbers(seed: 20_261_123)
        var saved: [(path: String, revision: Int64, body: JSON)] = []
        let paths = [
            "/api/v1/configmaps", "/api/v1/namespaces/default/configmaps/c3", "/api/v1/configmaps?labelSelector=n%3D3",
            "/apis",
        ]
        for round in 0..<120 {
            let name = "c\(random.next() % 8)"
            let path = "/api/v1/namespaces/default/configmaps/" + name
            switch random.next() % 4 {
            case 0: _ = try await server.send("DELETE", path)
            default:
                let value: JSON = ["round": .string(String(round)), "text": .string(String(random.next()))]
                let answer = try await server.send(
                    "PATCH", path, ["data": value], contentType: "application/merge-patch+json")
                if answer.status == 404 {
                    _ = try await server.send(
                        "POST", "/api/v1/namespaces/default/configmaps",
                        [
                            "apiVersion": "v1", "kind": "ConfigMap", "data": value,
                            "metadata": ["name": .string(name), "labels": ["n": .string(String(name.dropFirst()))]],
                        ])
                }
            }
            if round % 5 == 0 {
                let revision = try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
                for path in paths { saved.append((path, revision, try await server.send("GET", path).body)) }
            }
        }
        for (path, revision, body) in saved {
            let past = try await server.send("GET", "/at/\(revision)" + path)
            #expect(past.body.encoded() == body.encoded(), "\(path) at \(revision)")
            #expect(past.headers.contains { $0.name.lowercased() == "reckon-revision" && $0.value == String(revision) })
        }
    }

    @Test func startUpRefusesWhatCannotWork() throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let second = try server.reckon("apiserver", "--data", server.dataPath, "--listen", "127.0.0.1:0")
        #expect(second.status != 0)
        #expect(second.errors.contains("in use"), "\(second.errors)")
        #expect(try server.reckon("apiserver", "--data", "/proc/none/such", "--listen", "127.0.0.1:0").status != 0)
        #expect(try server.reckon("up", "--data", "x", "--listen", "nonsense").status != 0)
        #expect(try server.reckon("log", "show", "--data", server.dataPath, "999999").status != 0)
    }

    @Test func denialsAndFailedLoginsAreInTheLog() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        #expect(try await server.send("GET", "/api/v1/secrets", token: "alicetoken").status == 403)
        #expect(try await server.send("GET", "/api/v1/secrets", token: "no-such-token").status == 401)
        #expect(server.stop() == 0)
        let log = try server.reckon(
            "log", "list", "--data", server.dataPath, "--access", "--limit", "500", "-o", "json")
        #expect(log.output.contains("\"alice\""))
        #expect(log.output.contains("unknownToken"))
        #expect(!log.output.contains("no-such-token"), "a credential is never recorded")
    }
}

/// Numbers that are the same in every run.
struct SeededNumbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
