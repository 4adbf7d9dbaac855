import Document
import Foundation
import TestSupport
import Testing

/// The past asked from the command line, over a server and on the log itself, after a day on which much went wrong.
@Suite(.serialized) struct AskingTests {
    private static let scene = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: "reckon.dev/busybox:1"}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: lost, namespace: shop}
        spec: {selector: {app: nothing}, ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: big, namespace: shop}
        spec: {containers: [{name: main, image: "reckon.dev/busybox:1", resources: {requests: {cpu: "4000"}}}]}
        """

    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func aBadDayExplained() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        #expect(try cluster.kubectl("apply", "-f", "-", input: Self.scene).status == 0)
        #expect(try cluster.kubectl("-n", "shop", "rollout", "status", "deployment/web", "--timeout=60s").status == 0)
        let good = "\(try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0)"
        #expect(try cluster.kubectl("-n", "shop", "scale", "deployment/web", "--replicas=1").status == 0)
        _ = try await cluster.eventually {
            try cluster.kubectl("-n", "shop", "get", "pods", "-l", "app=web", "-o", "name").output
                .split(separator: "\n").count == 1
        }
        #expect(try await cluster.send("GET", "/api/v1/namespaces/shop/secrets", token: "alicetoken").status == 403)
        #expect(try await cluster.send("GET", "/version", token: "nonsense").status == 401)

        let diff = try cluster.reckon("diff", good, "now", "-n", "shop")
        #expect(diff.output.contains("~ spec.replicas: 2 → 1"), "\(diff.output)\(diff.errors)")
        #expect(diff.output.contains("- pod/web-"))
        #expect(try cluster.reckon("diff", good, good, "-A", "--exit-code").status == 0)
        #expect(try cluster.reckon("diff", good, "now", "-n", "shop", "--exit-code").status == 3)
        let show = try cluster.reckon("show", "deploy/web", "-n", "shop", "--at", good)
        #expect(show.output.contains("  replicas: 2\n"), "\(show.output)\(show.errors)")

        let blame = try cluster.reckon("blame", "deploy/web", "-n", "shop", "--field", "spec.replicas", "-o", "json")
        let line = try JSON(parsing: Array(blame.output.utf8))["fields"]?[0]
        #expect(line?["value"] == 1 && line?["user"] == "kubernetes-admin" && line?["verb"] == "patch")

        let pending = try cluster.reckon("why", "pod/big", "-n", "shop")
        #expect(
            pending.output.contains("Insufficient cpu  (NodeResourcesFit)  on 2: node-1 node-2"), "\(pending.output)")
        let gone = diff.output.split(separator: "\n").first { $0.hasPrefix("- pod/web-") }!.dropFirst(2).prefix {
            $0 != " "
        }
        let deleted = try cluster.reckon("why", String(gone), "-n", "shop", "-o", "json")
        let chain = try JSON(parsing: Array(deleted.output.utf8))["chain"]?.elements ?? []
        #expect(chain.count >= 4 && chain.last?["user"] == "kubernetes-admin", "\(deleted.output)")
        #expect(chain.last?["summary"] == "updated deployment web/scale")
        #expect(try cluster.reckon("why", "pod/big", "-n", "shop", "-o", "dot").output.hasPrefix("digraph"))
        #expect(try cluster.reckon("why", "pod/never", "-n", "shop").status == 1)

        let bisect = try cluster.reckon(
            "bisect", "--when", "deploy/web spec.replicas < 2", "-n", "shop", "--good", good)
        #expect(bisect.output.contains("~ spec.replicas: 2 → 1"), "\(bisect.output)\(bisect.errors)")
        let probe = "test \"$(\(Tools.kubectl!) -n shop get deployment web -o jsonpath={.spec.replicas})\" = 2"
        let searched = try cluster.reckon("bisect", "--good", good, "--", "sh", "-c", probe)
        #expect(searched.output.contains("~ spec.replicas: 2 → 1"), "\(searched.output)\(searched.errors)")

        let doctor = try cluster.reckon("doctor", "-n", "shop")
        #expect(doctor.status == 3)
        #expect(doctor.output.contains("pod big -n shop cannot be scheduled"), "\(doctor.output)\(doctor.errors)")
        #expect(doctor.output.contains("service/lost -n shop has no endpoints"))

        let denied = try cluster.reckon("audit", "--denied", "--user", "alice", "-o", "jsonl")
        let id = try JSON(parsing: Array(denied.output.split(separator: "\n")[0].utf8))["auditID"]?.string ?? ""
        let explained = try cluster.reckon("audit", "explain", id)
        #expect(explained.output.contains("no: User \"alice\" cannot list resource \"secrets\""), "\(explained.output)")
        #expect(try cluster.reckon("audit", "--failed-logins").output.contains("token-file: no such token"))
        #expect(try cluster.reckon("audit", "can", "alice", "get", "pods", "-n", "shop").status == 3)
        #expect(try cluster.reckon("audit", "can", "admin", "get", "pods", "--groups", "system:masters").status == 0)

        // The same of the log, beside the server.
        for question in [
            ["history", "deploy/web"], ["blame", "deploy/web"], ["why", "pod/big"], ["diff", good, "now"],
        ] {
            let beside = try cluster.reckon(question + ["-n", "shop", "--data", cluster.dataPath])
            #expect(beside.status == 0 && !beside.output.isEmpty, "\(question) \(beside.errors)")
        }
        try await rights(cluster)
    }

    /// Who may not read an object learns nothing of it.
    private func rights(_ cluster: ReckonProcess) async throws {
        func status(_ path: String) async throws -> Int {
            try await cluster.send("GET", "/reckon/v1/" + path, token: "alicetoken").status
        }
        let pod = "resource=pods&name=big&namespace=shop"
        #expect(try await status("why?" + pod) == 403)
        #expect(try await status("audit") == 403)
        let blind = try await cluster.send("GET", "/reckon/v1/diff?from=1", token: "alicetoken")
        #expect(blind.status == 200 && blind.body["items"]?.elements.isEmpty == true)
        #expect(
            try cluster.kubectl("create", "rolebinding", "v", "-n", "shop", "--clusterrole=view", "--user=alice").status
                == 0)
        _ = try await cluster.eventually(5) { try await status("why?" + pod) == 200 }
        #expect(try await status("why?" + pod) == 200)
        #expect(try await status("history?resource=secrets&namespace=shop") == 403)
        let seen =
            try await cluster.send("GET", "/reckon/v1/diff?from=1", token: "alicetoken").body["items"]?.elements ?? []
        #expect(!seen.isEmpty && seen.allSatisfy { $0["object"]?["namespace"] == "shop" })
        // The chain of a pod goes back to the deployment, which view shows too; who was refused what it does not show.
        #expect(
            try cluster.kubectl("create", "clusterrolebinding", "a", "--clusterrole=reckon:auditor", "--user=alice")
                .status == 0)
        #expect(try await cluster.eventually(5) { try await status("audit") == 200 })
    }
}
