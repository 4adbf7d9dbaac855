import Controllers
import Document
import Records
import Testing

private func deployment(replicas: Int64, image: String = "img:1") -> JSON {
    [
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": ["name": "web", "namespace": "shop", "labels": ["app": "web"]],
        "spec": [
            "replicas": .int(replicas), "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
            "selector": ["matchLabels": ["app": "web"]],
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"]],
            "template": [
                "metadata": ["labels": ["app": "web"]],
                "spec": ["containers": [["name": "main", "image": .string(image)]]],
            ],
        ],
    ]
}
private func messages(_ cluster: FakeCluster, _ component: String) -> [String] {
    cluster.list("events").filter { $0["source"]?["component"]?.string == component }.compactMap {
        $0["message"]?.string
    }
}

@Suite struct DeploymentTests {
    private func simulation(_ replicas: Int64) -> Simulation {
        Simulation([DeploymentController(), ReplicaSetController()]) {
            _ = $0.create(deployment(replicas: replicas), "deployments")
        }
    }

    @Test func becomesAvailable() throws {
        var run = simulation(3)
        run.settle()
        let status = try #require(run.cluster.get("deployments", "shop", "web")?["status"])
        #expect(status["availableReplicas"] == 3)
        #expect(status["updatedReplicas"] == 3)
        #expect(status["terminatingReplicas"] == 0)
        let progressing = status["conditions"]?.elements.first { $0["type"] == "Progressing" }
        #expect(progressing?["reason"] == "NewReplicaSetAvailable")
        #expect(run.cluster.list("pods").count == 3)
        #expect(messages(run.cluster, "deployment-controller").count == 1)
        #expect(messages(run.cluster, "replicaset-controller").count == 3)
        #expect(run.settle() == 0, "nothing is written once all is well")
    }

    @Test func rollsOverStepByStep() throws {
        var run = simulation(3)
        run.settle()
        run.cluster.now = run.cluster.now.adding(seconds: 5)
        var changed = try #require(run.cluster.get("deployments", "shop", "web"))
        changed["spec", "template"] = deployment(replicas: 3, image: "img:2")["spec", "template"]
        changed["metadata", "generation"] = 2
        _ = run.cluster.put(changed, "deployments", kind: .updated)
        run.settle()
        let sets = run.cluster.list("replicasets")
        #expect(sets.count == 2)
        #expect(sets.map { $0["spec"]?["replicas"]?.int ?? -1 }.sorted() == [0, 3])
        let steps = messages(run.cluster, "deployment-controller").map { String($0.suffix(11)) }
        #expect(steps.count == 7, "up 0-3, then 0-1, 3-2, 1-2, 2-1, 2-3, 1-0: \(steps)")
        let revisions = sets.compactMap { $0["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string }
        #expect(revisions.sorted() == ["1", "2"])
        #expect(
            run.cluster.get("deployments", "shop", "web")?["metadata"]?["annotations"]?[
                "deployment.kubernetes.io/revision"] == "2")
    }

    @Test func everyRequestNamesItsCause() {
        var run = simulation(2)
        run.settle()
        let made = run.cluster.log.filter { $0.changes.contains { $0.key.resource == "pods" && $0.kind == .created } }
        #expect(made.count == 2)
        #expect(made.allSatisfy { ($0.cause ?? 0) > 0 })
    }

    @Test func fiveThousandPodsInFewRounds() {
        var run = simulation(5000)
        run.kubelet = false
        run.settle()
        #expect(run.cluster.list("pods").count == 5000)
    }
}

@Suite struct WorkQueueTests {
    private let a = ObjectKey(resource: "pods", namespace: "n", name: "a")
    private let start = Timestamp(seconds: 100)

    @Test func aKeyWaitsOnce() {
        var queue = WorkQueue()
        queue.add(a, cause: 1)
        queue.add(a, cause: 3)
        let first = queue.take(now: start)
        #expect(first?.cause == 3)
        #expect(queue.take(now: start) == nil)
    }

    @Test func failuresWaitLongerEachTime() {
        var queue = WorkQueue()
        var last: Int64 = 0
        var now = start
        for _ in 0..<8 {
            queue.retry(a, cause: nil, now: now)
            let due = queue.nextDue!
            #expect(due.since(now) > last)
            last = due.since(now)
            now = due
            #expect(queue.take(now: now) != nil)
        }
        queue.forget(a)
        queue.retry(a, cause: nil, now: now)
        #expect(queue.nextDue!.since(now) == WorkQueue.retryDelayMin)
    }
}
