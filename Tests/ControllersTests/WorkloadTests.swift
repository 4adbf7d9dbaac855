import Controllers
import Document
import Records
import Testing

private func workload(_ kind: String, _ apiVersion: String, _ name: String, _ spec: JSON) -> JSON {
    [
        "apiVersion": .string(apiVersion), "kind": .string(kind),
        "metadata": ["name": .string(name), "namespace": "shop"], "spec": spec,
    ]
}
private let template: JSON = [
    "metadata": ["labels": ["app": "x"]], "spec": ["containers": [["name": "main", "image": "img:1"]]],
]

@Suite struct WorkloadTests {
    @Test func statefulPodsComeOneAfterTheOther() throws {
        let set = workload(
            "StatefulSet", "apps/v1", "db",
            ["replicas": 3, "serviceName": "db", "selector": ["matchLabels": ["app": "x"]], "template": template])
        var run = Simulation([StatefulSetController()]) { _ = $0.create(set, "statefulsets") }
        run.kubelet = false
        run.settle()
        #expect(
            run.cluster.list("pods").map { $0["metadata"]?["name"]?.string } == ["db-0"],
            "the second waits for the first")
        run.kubelet = true
        run.settle()
        #expect(run.cluster.list("pods").map { $0["metadata"]?["name"]?.string } == ["db-0", "db-1", "db-2"])
        let status = try #require(run.cluster.get("statefulsets", "shop", "db")?["status"])
        #expect(status["readyReplicas"] == 3)
        #expect(status["currentRevision"] == status["updateRevision"])
        #expect(run.settle() == 0)
    }

    @Test func aJobCountsEachPodOnce() throws {
        let job = workload(
            "Job", "batch/v1", "work",
            [
                "completions": 3, "parallelism": 2, "backoffLimit": 6, "selector": ["matchLabels": ["app": "x"]],
                "template": template,
            ])
        var run = Simulation([JobController()]) { _ = $0.create(job, "jobs") }
        for _ in 0..<4 {
            run.settle()
            for var pod in run.cluster.list("pods") where pod["status"]?["phase"] == "Running" {
                pod["status", "phase"] = "Succeeded"
                _ = run.cluster.put(pod, "pods", kind: .updated)
            }
        }
        run.settle()
        let status = try #require(run.cluster.get("jobs", "shop", "work")?["status"])
        #expect(status["succeeded"] == 3)
        #expect(status["active"] == nil)
        #expect(status["uncountedTerminatedPods"] == .object(JSONObject()))
        #expect(status["conditions"]?.elements.contains { $0["type"] == "Complete" && $0["status"] == "True" } == true)
        #expect(run.cluster.list("pods").allSatisfy { $0["metadata"]?["finalizers"]?.elements.isEmpty ?? true })
    }

    @Test func aScheduleStartsItsJobs() {
        let cron = workload(
            "CronJob", "batch/v1", "tick",
            ["schedule": "*/5 * * * *", "jobTemplate": ["spec": ["template": template]]])
        var run = Simulation([CronJobController()]) { _ = $0.create(cron, "cronjobs") }
        run.settle(passing: 301)
        run.settle(passing: 300)
        run.settle()
        #expect(run.cluster.list("jobs").count == 2)
        #expect(run.cluster.get("cronjobs", "shop", "tick")?["status"]?["active"]?.elements.count == 2)
    }

    @Test func whatNobodyOwnsGoes() throws {
        var run = Simulation([GarbageCollector()])
        func owned(_ name: String, by owner: JSON) -> JSON {
            [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": [
                    "name": .string(name), "namespace": "shop",
                    "ownerReferences": [
                        [
                            "apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]?["name"] ?? "",
                            "uid": owner["metadata"]?["uid"] ?? "",
                        ]
                    ],
                ],
            ]
        }
        let root = try run.cluster.create(
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "root", "namespace": "shop"]], "configmaps"
        ).get()
        let child = try run.cluster.create(owned("child", by: root), "configmaps").get()
        _ = try run.cluster.create(owned("grandchild", by: child), "configmaps").get()
        run.settle()
        #expect(run.cluster.list("configmaps").count == 3)
        _ = run.cluster.put(root, "configmaps", kind: .deleted)
        run.settle()
        #expect(run.cluster.list("configmaps").isEmpty)
    }

    @Test func endpointsFollowReadiness() throws {
        var run = Simulation([EndpointSliceController(), EndpointsController()]) { cluster in
            _ = cluster.create(
                workload(
                    "Service", "v1", "web",
                    ["selector": ["app": "x"], "clusterIP": "10.96.0.9", "ports": [["port": 80]]]), "services")
            var pod = workload("Pod", "v1", "a", template["spec"] ?? .null)
            pod["metadata", "labels"] = ["app": "x"]
            _ = cluster.create(pod, "pods")
        }
        run.settle()
        let slice = try #require(run.cluster.list("endpointslices").first)
        #expect(slice["endpoints"]?[0]?["conditions"]?["ready"] == true)
        var pod = try #require(run.cluster.get("pods", "shop", "a"))
        pod["status", "conditions"] = [["type": "Ready", "status": "False"]]
        _ = run.cluster.put(pod, "pods", kind: .updated)
        run.settle()
        #expect(run.cluster.list("endpointslices").count == 1)
        #expect(run.cluster.list("endpointslices").first?["endpoints"]?[0]?["conditions"]?["ready"] == false)
        #expect(run.cluster.get("endpoints", "shop", "web")?["subsets"]?[0]?["notReadyAddresses"]?.elements.count == 1)
    }
}

@Suite struct EventTests {
    /// The Events that a controller asks for while its pods cannot be created.
    @Test func anObjectThatTalksTooMuchFallsSilent() {
        let set = workload(
            "ReplicaSet", "apps/v1", "web",
            ["replicas": 40, "selector": ["matchLabels": ["app": "x"]], "template": template])
        var run = Simulation([ReplicaSetController()]) { _ = $0.create(set, "replicasets") }
        run.kubelet = false
        run.settle()
        #expect(run.cluster.list("pods").count == 40)
        let events = run.cluster.list("events")
        #expect(events.reduce(0) { $0 + Int($1["count"]?.int ?? 0) } == 25, "a burst of 25 about one object")
        #expect(events.contains { $0["message"]?.string?.hasPrefix("(combined from similar events)") == true })
    }
}

@Suite struct BootstrapTests {
    @Test func clusterInfoIsSignedWithTheTokens() {
        var run = Simulation([BootstrapSigner()]) { cluster in
            _ = cluster.create(
                [
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": "cluster-info", "namespace": "kube-public"],
                    "data": ["kubeconfig": "apiVersion: v1"],
                ], "configmaps")
            _ = cluster.create(
                [
                    "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
                    "metadata": ["name": "bootstrap-token-abcdef", "namespace": "kube-system"],
                    "data": [
                        "token-id": "YWJjZGVm", "token-secret": "MDEyMzQ1Njc4OWFiY2RlZg==",
                        "usage-bootstrap-signing": "dHJ1ZQ==",
                    ],
                ], "secrets")
        }
        run.settle()
        let data = run.cluster.get("configmaps", "kube-public", "cluster-info")?["data"]
        #expect(
            data?["jws-kubeconfig-abcdef"]
                == "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9.._JqomVYZNRdBX9ISkn1b-g4fbXMmdIzRDvSNbs-ccDE")
    }
}
