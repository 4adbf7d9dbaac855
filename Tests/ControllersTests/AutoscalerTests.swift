import Controllers
import Document
import Records
import Testing
import Usage

/// An autoscaler over a Deployment whose pods use what the test says.
@Suite struct AutoscalerTests {
    private static let cpu: JSON = [
        "type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]],
    ]

    private func cluster(
        replicas: Int64, metrics: JSON = [Self.cpu], behavior: JSON? = nil, requests: JSON = ["cpu": "100m"]
    ) -> Simulation {
        var scaler: JSON = [
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": ["name": "h", "namespace": "default"],
            "spec": [
                "minReplicas": 1, "maxReplicas": 20, "metrics": metrics,
                "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
            ],
        ]
        if let behavior { scaler["spec", "behavior"] = behavior }
        let deployment: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "default"],
            "spec": ["replicas": .int(replicas), "selector": ["matchLabels": ["app": "web"]]],
            "status": ["replicas": .int(replicas)],
        ]
        var run = Simulation([HorizontalPodAutoscalerController()]) { cluster in
            _ = cluster.create(deployment, "deployments")
            for number in 0..<replicas { Self.addPod("web-\(number)", requests, &cluster) }
            _ = cluster.create(scaler, "horizontalpodautoscalers")
        }
        run.kubelet = false
        // Long enough for the processor time of the pods to count.
        run.settle(passing: 400)
        return run
    }

    private static func addPod(_ name: String, _ requests: JSON, _ cluster: inout FakeCluster) {
        let time = JSON.string(cluster.now.rfc3339)
        let pod: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": "default", "labels": ["app": "web"]],
            "spec": ["containers": [["name": "main", "resources": ["requests": requests]]]],
            "status": [
                "phase": "Running", "startTime": time,
                "conditions": [["type": "Ready", "status": "True", "lastTransitionTime": time]],
            ],
        ]
        _ = cluster.create(pod, "pods")
    }

    /// Every pod that is asked about uses so much, unless it is left out.
    private func using(_ millicores: Int64, besides left: Set<String> = [], at time: Timestamp)
        -> (UsageQuestion) -> [PodUsage]?
    {
        { question in
            question.pods.filter { !left.contains($0) }.map {
                PodUsage(
                    namespace: question.namespace, name: $0, time: time, window: 15_000_000,
                    containers: [
                        .init(name: "main", usage: Usage(nanocores: millicores * 1_000_000, memoryBytes: 64 << 20))
                    ])
            }
        }
    }
    private func replicas(_ run: Simulation) -> Int64? {
        run.cluster.get("deployments", "default", "web")?["spec", "replicas"]?.int
    }
    private func condition(_ run: Simulation, _ type: String) -> String? {
        run.cluster.get("horizontalpodautoscalers", "default", "h")?["status", "conditions"]?.elements.first {
            $0["type"]?.string == type
        }?["reason"]?.string
    }

    /// What people write into requests and annotations may be as large as a quantity can be.
    @Test(arguments: ["9E", "1"]) func amountsMayBeHuge(request: String) throws {
        let memory: JSON = [
            "type": "Resource",
            "resource": ["name": "memory", "target": ["type": "Utilization", "averageUtilization": 1_000_000]],
        ]
        var run = cluster(replicas: 3, metrics: [memory], requests: ["memory": .string(request)])
        let now = run.cluster.now
        run.measure = { question in
            question.pods.filter { $0 != "web-2" }.map {
                let usage = Usage(nanocores: .max, memoryBytes: .max)
                return PodUsage(
                    namespace: question.namespace, name: $0, time: now, window: 15_000_000,
                    containers: [.init(name: "main", usage: usage), .init(name: "other", usage: usage)])
            }
        }
        run.settle(passing: 60)
        #expect((1...20).contains(try #require(replicas(run))))
        #expect(condition(run, "ScalingActive") == "ValidMetricFound")
    }

    @Test func aBusyTargetGrowsAndTheDecisionSaysWhatItSaw() throws {
        var run = cluster(replicas: 2)
        run.measure = using(200, at: run.cluster.now)
        run.settle()
        // 200 of 100 thousandths are four times the wanted half; at most four at a time.
        #expect(replicas(run) == 4)
        #expect(condition(run, "ScalingActive") == "ValidMetricFound")
        #expect(condition(run, "ScalingLimited") == "ScaleUpLimit")
        let scaler = try #require(run.cluster.get("horizontalpodautoscalers", "default", "h"))
        let current = scaler["status", "currentMetrics"]?.elements.first?["resource", "current"]
        #expect(current?["averageUtilization"] == 200 && current?["averageValue"] == "200m")
        let decision = try #require(run.intents.first { $0.subresource == "scale" }?.decision)
        #expect(decision["why"] == "cpu resource utilization (percentage of request) above target")
        #expect(decision["from"] == 2 && decision["to"] == 4 && decision["recommended"] == 8)
        let seen = decision["metrics"]?.elements.first
        #expect(seen?["podsMilli"] == ["web-0": 200, "web-1": 200])
        #expect(seen?["usedMilli"] == 400 && seen?["requestedMilli"] == 200 && seen?["utilization"] == 200)
    }

    @Test func anIdleTargetShrinksOnlyAfterItsWindow() throws {
        var run = cluster(replicas: 4)
        run.measure = using(10, at: run.cluster.now)
        run.settle(passing: 60)
        #expect(replicas(run) == 4)
        // What was wanted at first still counts.
        #expect(condition(run, "AbleToScale") == "ScaleDownStabilized")
        for _ in 0..<8 { run.settle(passing: 60) }
        #expect(replicas(run) == 1)
        #expect(
            run.cluster.list("events").contains { $0["message"]?.string?.contains("All metrics below target") == true })
    }

    @Test func behaviorSaysHowFast() throws {
        let behavior: JSON = [
            "scaleDown": [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [["type": "Pods", "value": 1, "periodSeconds": 60]],
            ],
            "scaleUp": [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [["type": "Percent", "value": 50, "periodSeconds": 60]],
            ],
        ]
        var run = cluster(replicas: 4, behavior: behavior)
        run.measure = using(10, at: run.cluster.now)
        run.settle(passing: 16)
        #expect(replicas(run) == 3)
        #expect(condition(run, "ScalingLimited") == "ScaleDownLimit")
        // The minute's one pod is gone.
        run.settle(passing: 16)
        #expect(replicas(run) == 3)
        run.settle(passing: 60)
        run.settle()
        #expect(replicas(run) == 2)

        var growing = cluster(replicas: 4, behavior: behavior)
        growing.measure = using(500, at: growing.cluster.now)
        growing.settle()
        #expect(replicas(growing) == 6)
    }

    @Test func aSmallDifferenceChangesNothing() {
        var run = cluster(replicas: 4)
        run.measure = using(54, at: run.cluster.now)
        run.settle()
        #expect(replicas(run) == 4)
        #expect(run.intents.allSatisfy { $0.subresource != "scale" })
    }

    @Test func podsWithoutAMeasurementHoldBack() {
        // Two of four use much; the others count as idle: 200 of 400 is just what is wanted.
        var run = cluster(replicas: 4)
        run.measure = using(100, besides: ["web-2", "web-3"], at: run.cluster.now)
        run.settle()
        #expect(replicas(run) == 4)
        // Two of four are idle; the others count as using all that they ask for.
        run = cluster(replicas: 4)
        run.measure = using(0, besides: ["web-2", "web-3"], at: run.cluster.now)
        run.settle(passing: 400)
        run.settle()
        #expect(replicas(run) == 4)
    }

    @Test func youngPodsDoNotCount() {
        var run = cluster(replicas: 1)
        run.cluster.now = run.cluster.now.adding(seconds: 600)
        Self.addPod("web-young", ["cpu": "100m"], &run.cluster)
        run.measure = using(90, at: run.cluster.now)
        run.settle()
        // 90 of 100 of the old one alone would ask for two; with the young one idle, 90 of 200 is within what is wanted.
        #expect(replicas(run) == 1)
        #expect(condition(run, "ScalingActive") == "ValidMetricFound")
    }

    @Test func valuesAndContainers() {
        let metrics: JSON = [
            [
                "type": "Resource",
                "resource": ["name": "memory", "target": ["type": "AverageValue", "averageValue": "32Mi"]],
            ],
            [
                "type": "ContainerResource",
                "containerResource": [
                    "name": "cpu", "container": "main", "target": ["type": "Utilization", "averageUtilization": 100],
                ],
            ],
        ]
        var run = cluster(replicas: 2, metrics: metrics)
        run.measure = using(100, at: run.cluster.now)
        run.settle()
        // The memory is twice what is wanted, the processor time as wanted: the larger counts.
        #expect(replicas(run) == 4)
        let status = run.cluster.get("horizontalpodautoscalers", "default", "h")?["status", "currentMetrics"]?.elements
        #expect(status?.first?["resource", "current", "averageValue"] == "67108864")
        #expect(status?.last?["containerResource", "current", "averageUtilization"] == 100)
    }

    @Test func whatCannotBeTold() {
        var run = cluster(replicas: 2, requests: [:])
        run.measure = using(100, at: run.cluster.now)
        run.settle()
        func said(_ text: String) -> Bool {
            run.cluster.list("events").contains { $0["message"]?.string?.contains(text) == true }
        }
        #expect(said("failed to get cpu utilization: missing request for cpu in container main of Pod web-0"))
        #expect(condition(run, "ScalingActive") == "FailedGetResourceMetric")
        run = cluster(replicas: 2)
        run.measure = { _ in [] }
        run.settle()
        #expect(said("unable to get metrics for resource cpu: no metrics returned from resource metrics API"))
        run = cluster(replicas: 2)
        run.settle()
        #expect(
            said("the server could not find the requested resource (get pods.metrics.k8s.io)")
                && said("invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value")
        )
    }
}
