import Document
import Foundation
import TestSupport
import Testing

/// What nodes and pods use: kubectl top, autoscalers that follow it, and what is there without anybody who measures.
@Suite(.serialized) struct UsageTests {
    private static let api = "/apis/metrics.k8s.io/v1beta1"

    private func groups(_ server: ReckonProcess, _ root: String = "") async throws -> [String] {
        try await server.send("GET", root + "/apis").body["groups"]?.elements.compactMap { $0["name"]?.string } ?? []
    }

    private func kubectl(_ server: ReckonProcess, _ arguments: String...) throws -> String {
        let kubectl = try #require(Tools.kubectl)
        let done = try Tools.run(
            [kubectl] + arguments, environment: ["KUBECONFIG": server.kubeconfig, "HOME": server.directory.path])
        #expect(done.status == 0, "kubectl \(arguments): \(done.errors)")
        return done.output
    }

    /// Each line's words.
    private func table(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    private static func deployment(_ name: String, _ annotations: JSON, replicas: Int64) -> JSON {
        [
            "metadata": ["name": .string(name)],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(name)]],
                "template": [
                    "metadata": ["labels": ["app": .string(name)], "annotations": annotations],
                    "spec": [
                        "containers": [
                            [
                                "name": "main", "image": "i:1",
                                "resources": ["requests": ["cpu": "100m", "memory": "64Mi"]],
                            ], ["name": "side", "image": "i:1", "resources": ["requests": ["cpu": "100m"]]],
                        ]
                    ],
                ],
            ],
        ]
    }

    private func running(_ server: ReckonProcess, _ count: Int) async throws -> Bool {
        try await server.eventually {
            let pods = try await server.send("GET", "/api/v1/namespaces/default/pods").body["items"]?.elements ?? []
            return pods.filter { $0["status", "phase"] == "Running" }.count == count
        }
    }

    private func create(_ server: ReckonProcess, _ path: String, _ object: JSON) async throws {
        let made = try await server.eventually { try await server.send("POST", path, object).status == 201 }
        #expect(made, "\(path) was refused")
    }

    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func kubectlTopShowsWhatIsUsed() async throws {
        let server = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { server.remove() }
        let deployments = "/apis/apps/v1/namespaces/default/deployments"
        let busy: JSON = ["reckon.dev/cpu-usage": "main=1500m,side=20m", "reckon.dev/memory-usage": "64Mi"]
        try await create(server, deployments, Self.deployment("busy", busy, replicas: 1))
        try await create(server, deployments, Self.deployment("idle", [:], replicas: 1))
        #expect(try await running(server, 2))

        var rows = table(try kubectl(server, "top", "node", "--no-headers"))
        #expect(rows.map(\.[0]).sorted() == ["node-1", "node-2"])
        // The busy pod is on one of them, the idle one uses nothing.
        #expect(rows.reduce(0) { $0 + (Int($1[1].dropLast()) ?? 0) } == 1520, "\(rows)")
        rows = table(try kubectl(server, "top", "pod", "-A", "--containers", "--sort-by=cpu", "--no-headers"))
        #expect(rows.count == 4 && rows[0][2...] == ["main", "1500m", "64Mi"], "\(rows)")
        rows = table(try kubectl(server, "top", "pod", "-l", "app=busy", "--no-headers"))
        #expect(rows.count == 1 && rows[0][1...] == ["1520m", "128Mi"])
        let shown = table(try kubectl(server, "get", "pods.v1beta1.metrics.k8s.io", "-l", "app=busy"))
        #expect(shown[0] == ["NAME", "CPU", "MEMORY", "WINDOW"] && shown[1][1...] == ["1520m", "128Mi", "15s"])
        #expect(try kubectl(server, "api-resources", "--api-group=metrics.k8s.io").contains("PodMetrics"))
        let name = rows[0][0]
        #expect(
            try kubectl(server, "top", "pod", "--field-selector", "metadata.name=\(name)", "--no-headers").hasPrefix(
                name))

        let pod = try await server.send("GET", Self.api + "/namespaces/default/pods/" + name)
        #expect(
            pod.status == 200 && pod.body["kind"] == "PodMetrics" && pod.body["metadata", "labels", "app"] == "busy")
        #expect(pod.body["containers"]?.elements.first?["usage"] == ["cpu": "1500m", "memory": "64Mi"])
        let missing = try await server.send("GET", Self.api + "/namespaces/default/pods/none")
        #expect(missing.status == 404)
        #expect(missing.body["message"] == "podmetrics.metrics.k8s.io \"default/none\" not found")
        #expect(try await server.send("DELETE", Self.api + "/nodes/node-1").status == 405)
        #expect(try await server.send("GET", Self.api + "/things").status == 404)
        let binary = try await server.raw(Self.api + "/nodes", accept: "application/vnd.kubernetes.protobuf")
        #expect(binary.status == 200 && binary.bytes.starts(with: Array("k8s\0".utf8)))
        #expect(String(decoding: binary.bytes, as: UTF8.self).contains("NodeMetricsList"))

        // Who may look at pods may see what they use, and nobody else.
        #expect(try await server.send("GET", Self.api + "/nodes", token: "alicetoken").status == 403)
        let binding: JSON = [
            "metadata": ["name": "viewers"],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"],
            "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "devs"]],
        ]
        try await create(server, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
        #expect(
            try await server.eventually {
                try await server.send("GET", Self.api + "/nodes", token: "alicetoken").status == 200
            })

        // What was used is not recorded, and the past says so.
        let past = try await server.send("GET", "/at/-0s" + Self.api + "/nodes")
        #expect(past.status == 404 && past.body["message"]?.string?.contains("is not recorded") == true)
        #expect(try await groups(server).last == "metrics.k8s.io")
        #expect(try await !groups(server, "/at/-0s").contains("metrics.k8s.io"))

        // Another's metrics-server takes its place, and gives it back.
        let theirs: JSON = [
            "metadata": ["name": "v1beta1.metrics.k8s.io"],
            "spec": [
                "group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                "insecureSkipTLSVerify": true, "service": ["name": "metrics-server", "namespace": "kube-system"],
            ],
        ]
        let services = "/apis/apiregistration.k8s.io/v1/apiservices"
        try await create(server, services, theirs)
        #expect(try await server.send("GET", Self.api + "/nodes").status == 503)
        #expect(try await groups(server).filter { $0 == "metrics.k8s.io" }.count == 1)
        #expect(try await server.send("DELETE", services + "/v1beta1.metrics.k8s.io").status == 200)
        #expect(try await server.send("GET", Self.api + "/nodes").status == 200)
    }

    @Test func anAutoscalerFollowsWhatIsUsed() async throws {
        let server = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { server.remove() }
        let web = "/apis/apps/v1/namespaces/default/deployments/web"
        let busy: JSON = ["reckon.dev/cpu-usage": "200m"]
        try await create(
            server, "/apis/apps/v1/namespaces/default/deployments", Self.deployment("web", [:], replicas: 2))
        #expect(try await running(server, 2))
        let pods = try await server.send("GET", "/api/v1/namespaces/default/pods").body["items"]?.elements ?? []
        func annotate(_ annotations: JSON) async throws {
            for pod in pods {
                let changed = try await server.send(
                    "PATCH", "/api/v1/namespaces/default/pods/" + (pod["metadata", "name"]?.string ?? ""),
                    ["metadata": ["annotations": annotations]], contentType: "application/merge-patch+json")
                #expect(changed.status == 200)
            }
        }
        try await annotate(busy)
        let scaler: JSON = [
            "metadata": ["name": "web"],
            "spec": [
                "minReplicas": 1, "maxReplicas": 8,
                "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
                "behavior": ["scaleDown": ["stabilizationWindowSeconds": 0]],
                "metrics": [
                    [
                        "type": "Resource",
                        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 100]],
                    ]
                ],
            ],
        ]
        try await create(server, "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", scaler)
        func becomes(_ wanted: Int64) async throws -> Bool {
            for _ in 0..<450 {
                if try await server.send("GET", web).body["spec", "replicas"]?.int == wanted { return true }
                try await Task.sleep(for: .milliseconds(200))
            }
            return false
        }
        // 400 of 200 thousandths in each of two pods, and new ones that are idle: four are just enough.
        #expect(try await becomes(4))
        func why(_ output: String) throws -> String {
            let done = try Tools.run(
                [Tools.reckon, "why", "deploy/web", "spec.replicas", "-n", "default", "-o", output],
                environment: ["KUBECONFIG": server.kubeconfig])
            #expect(done.status == 0, "\(done.errors)")
            return done.output
        }
        let metrics = try JSON(parsing: Array(why("json").utf8))["decision", "metrics"]?.elements.first
        #expect(metrics?["utilization"] == 200 && metrics?["podsMilli"]?.entries.count == 2)
        #expect(try why("text").contains("cpu at 200 % of what is asked for where 100 % is wanted, in 2 pods"))
        try await annotate(["reckon.dev/cpu-usage": "0"])
        #expect(try await becomes(1))
    }

    @Test func withoutANodeNobodyMeasures() async throws {
        let server = try ReckonProcess(["up", "--nodes", "none"])
        defer { server.remove() }
        #expect(try await !groups(server).contains("metrics.k8s.io"))
        #expect(try await server.send("GET", Self.api + "/nodes").body == "404 page not found\n")
        #expect(try await server.send("GET", Self.api).status == 404)
    }
}
