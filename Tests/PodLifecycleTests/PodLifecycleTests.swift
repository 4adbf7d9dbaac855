import Document
import PodLifecycle
import Testing

@Suite struct PodLifecycleTests {
    static let one: JSON = ["containers": [["name": "a", "image": "img:1"]]]

    @Test func startsAndReportsRunning() {
        var node = NodeInMiniature(pod(Self.one))
        node.send(.tick)
        #expect(node.phase == "Running")
        #expect(node.status["podIP"]?.string == "10.244.0.9")
        #expect(node.status["hostIP"]?.string == "192.0.2.1")
        for type in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] {
            #expect(node.condition(type) == "True", "\(type)")
        }
        #expect(node.containerStatus("a")["containerID"]?.string == "containerd://c1")
        #expect(node.notes("Started") == ["Container started"])
        // Nothing more happens without a cause.
        let before = node.log.count
        node.run(seconds: 60)
        #expect(node.log.count == before)
    }

    @Test func reportsNothingReadyBeforeItStarts() {
        var lifecycle = PodLifecycle(pod(Self.one), nodeAddresses: ["192.0.2.1"], now: Timestamp(seconds: 1))
        let actions = lifecycle.on(.tick, now: Timestamp(seconds: 1))
        #expect(actions.first == .prepareVolumes)
        #expect(lifecycle.status["phase"]?.string == "Pending")
        #expect(
            lifecycle.status["containerStatuses", ]?[0]?["state", "waiting", "reason"]?.string == "ContainerCreating")
        let ready = lifecycle.status["conditions"]?.elements.first { $0["type"]?.string == "Ready" }
        #expect(ready?["reason"]?.string == "ContainersNotReady")
        #expect(ready?["message"]?.string == "containers with unready status: [a]")
    }

    @Test func crashesBackOffTenSecondsDoubling() {
        var node = NodeInMiniature(pod(Self.one))
        node.programs["a"] = .init(runsSeconds: 1, exitCode: 3)
        node.send(.tick)
        node.run(seconds: 3)
        // The first restart is at once, the next ones wait 10, 20, 40 s after the end.
        #expect(node.starts.count == 2)
        #expect(node.containerStatus("a")["state", "waiting", "reason"]?.string == "CrashLoopBackOff")
        #expect(node.containerStatus("a")["lastState", "terminated", "exitCode"]?.int == 3)
        #expect(
            node.containerStatus("a")["state", "waiting", "message"]?.string
                == "back-off 10s restarting failed container=a pod=web_shop(u1)")
        node.run(seconds: 11)
        #expect(node.starts.count == 3)
        node.run(seconds: 12)
        #expect(node.starts.count == 3)
        node.run(seconds: 10)
        #expect(node.starts.count == 4)
        #expect(node.phase == "Running")
        #expect(node.condition("Ready") == "False")
        // Only the newest dead container is kept besides the current one.
        #expect(node.containers.count == 2)
    }

    @Test(arguments: [("Never", 0, "Succeeded"), ("Never", 1, "Failed"), ("OnFailure", 0, "Succeeded")])
    func endsByRestartPolicy(_ policy: String, _ code: Int, _ phase: String) {
        var node = NodeInMiniature(
            pod(["restartPolicy": .string(policy), "containers": [["name": "a", "image": "img:1"]]]))
        node.programs["a"] = .init(runsSeconds: 2, exitCode: code)
        node.send(.tick)
        node.run(seconds: 5)
        #expect(node.phase == phase)
        #expect(node.starts.count == 1)
        #expect(node.sandbox == nil)
        #expect(node.status["podIP"]?.string == "10.244.0.9")
        // The record of it stays until somebody deletes the pod.
        #expect(!node.log.contains(.cleanUp))
        node.send(
            .changed(
                pod(
                    ["restartPolicy": .string(policy), "containers": [["name": "a", "image": "img:1"]]], deleted: true))
        )
        #expect(node.pod.isFinished)
    }

    @Test func initContainersRunInTurnAndSidecarsStay() {
        var node = NodeInMiniature(
            pod([
                "initContainers": [
                    ["name": "i1", "image": "x"], ["name": "side", "image": "x", "restartPolicy": "Always"],
                    ["name": "i2", "image": "x"],
                ],
                "containers": [["name": "a", "image": "x"]],
            ]))
        node.programs["i1"] = .init(runsSeconds: 2)
        node.programs["i2"] = .init(runsSeconds: 2)
        node.send(.tick)
        #expect(node.starts == ["i1"])
        #expect(node.condition("Initialized") == "False")
        #expect(node.containerStatus("a")["state", "waiting", "reason"]?.string == "PodInitializing")
        node.run(seconds: 2)
        #expect(node.starts == ["i1", "side", "i2"])
        node.run(seconds: 3)
        #expect(node.starts == ["i1", "side", "i2", "a"])
        #expect(node.phase == "Running")
        #expect(node.condition("Ready") == "True")
        #expect(node.containerStatus("i1")["state", "terminated", "reason"]?.string == "Completed")
        // The container goes before the sidecar.
        node.send(.changed(pod(node.pod.definition.object["spec"] ?? .null, deleted: true)))
        #expect(node.stops == ["a", "side"])
        #expect(node.isObjectGone && node.pod.isFinished)
    }

    @Test func failedInitContainerWithNeverFailsThePod() {
        var node = NodeInMiniature(
            pod([
                "restartPolicy": "Never", "initContainers": [["name": "i", "image": "x"]],
                "containers": [["name": "a", "image": "x"]],
            ]))
        node.programs["i"] = .init(runsSeconds: 1, exitCode: 1)
        node.send(.tick)
        node.run(seconds: 3)
        #expect(node.phase == "Failed")
        #expect(node.starts == ["i"])
    }

    @Test func pullFailuresBackOff() {
        var node = NodeInMiniature(pod(Self.one))
        node.failingImages = ["img:1"]
        node.send(.tick)
        #expect(node.containerStatus("a")["state", "waiting", "reason"]?.string == "ErrImagePull")
        node.run(seconds: 2)
        #expect(node.containerStatus("a")["state", "waiting", "reason"]?.string == "ImagePullBackOff")
        #expect(node.phase == "Pending")
        node.failingImages = []
        node.run(seconds: 9)
        #expect(node.phase == "Running")
    }

    @Test func probesDecideReadinessAndRestarts() {
        let spec: JSON = [
            "containers": [
                [
                    "name": "a", "image": "x",
                    "readinessProbe": ["periodSeconds": 2, "failureThreshold": 2, "tcpSocket": ["port": 80]],
                    "livenessProbe": ["periodSeconds": 5, "failureThreshold": 2, "tcpSocket": ["port": 80]],
                ]
            ]
        ]
        var node = NodeInMiniature(pod(spec))
        node.send(.tick)
        node.run(seconds: 1)
        #expect(node.condition("Ready") == "True")
        node.probes["a"] = .failure("refused")
        node.run(seconds: 4)
        #expect(node.condition("Ready") == "False")
        #expect(node.starts.count == 1)
        node.run(seconds: 7)
        #expect(node.notes("Killing") == ["Container a failed liveness probe, will be restarted"])
        #expect(node.starts.count == 2)
        #expect(node.containerStatus("a")["restartCount"]?.int == 1)
        #expect(node.notes("Unhealthy").contains("Liveness probe failed: refused"))
    }

    @Test func startupProbeHoldsTheOthersBack() {
        let spec: JSON = [
            "containers": [
                [
                    "name": "a", "image": "x", "startupProbe": ["periodSeconds": 1, "failureThreshold": 30],
                    "readinessProbe": ["periodSeconds": 1],
                ]
            ]
        ]
        var node = NodeInMiniature(pod(spec))
        node.probes["a"] = .failure("not yet")
        node.send(.tick)
        node.run(seconds: 5)
        #expect(node.containerStatus("a")["started"]?.bool == false)
        #expect(!node.log.contains { if case .probe(_, _, .readiness, _) = $0 { true } else { false } })
        node.probes["a"] = .success
        node.run(seconds: 3)
        #expect(node.containerStatus("a")["started"]?.bool == true)
        #expect(node.condition("Ready") == "True")
    }

    @Test func deletionStopsWithTheGraceAndDeletesTheObject() {
        var spec = Self.one
        spec["containers"] = [
            ["name": "a", "image": "img:1", "lifecycle": ["preStop": ["exec": ["command": ["sync"]]]]]
        ]
        var node = NodeInMiniature(pod(spec))
        node.send(.tick)
        node.send(.changed(pod(spec, deleted: true, grace: 7)))
        #expect(
            node.log.contains(
                .stopContainer(container: "a", id: "c1", graceSeconds: 7, preStop: ["exec": ["command": ["sync"]]])))
        let order = node.log.filter { [.cleanUp, .deleteObject, .finish].contains($0) }
        #expect(order == [.cleanUp, .deleteObject, .finish])
        #expect(node.condition("PodReadyToStartContainers") == "False")
        #expect(node.phase == "Failed")
    }

    @Test func removedObjectIsCleanedUpWithoutRequests() {
        var node = NodeInMiniature(pod(Self.one))
        node.send(.tick)
        let reports = node.log.filter { if case .report = $0 { true } else { false } }.count
        node.send(.removed)
        #expect(node.pod.isFinished)
        #expect(!node.log.contains(.deleteObject))
        #expect(node.log.filter { if case .report = $0 { true } else { false } }.count == reports)
    }

    @Test func changedImageRestartsTheContainer() {
        var node = NodeInMiniature(pod(Self.one))
        node.send(.tick)
        node.send(.changed(pod(["containers": [["name": "a", "image": "img:2"]]])))
        #expect(node.notes("Killing") == ["Container a definition changed, will be restarted"])
        node.run(seconds: 15)
        #expect(node.starts.count == 2)
        #expect(node.containerStatus("a")["restartCount"]?.int == 1)
    }

    @Test func adoptsWhatRuns() {
        var first = NodeInMiniature(pod(Self.one))
        first.send(.tick)
        var object = pod(Self.one)
        object["status"] = first.status
        var second = NodeInMiniature(object)
        second.send(.adopted(first.sandbox, first.containers.values.map(\.observation)))
        #expect(second.starts.isEmpty)
        #expect(!second.log.contains { if case .startSandbox = $0 { true } else { false } })
        #expect(second.phase == "Running")
        #expect(second.condition("Ready") == "True")
        #expect(second.status == first.status)
    }

    @Test func deadSandboxIsReplaced() {
        var node = NodeInMiniature(pod(Self.one))
        node.send(.tick)
        node.sandbox?.isReady = false
        node.send(.observed(node.sandbox, node.containers.values.map(\.observation)))
        node.run(seconds: 30)
        #expect(node.phase == "Running")
        #expect(node.sandbox?.attempt == 1)
        #expect(node.starts.count == 2)
    }

    @Test func deadlineFailsThePod() {
        var node = NodeInMiniature(pod(["activeDeadlineSeconds": 10, "containers": [["name": "a", "image": "x"]]]))
        node.send(.tick)
        node.run(seconds: 11)
        #expect(node.phase == "Failed")
        #expect(node.status["reason"]?.string == "DeadlineExceeded")
        #expect(node.stops == ["a"])
    }
}
