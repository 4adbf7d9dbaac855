import Document
import PodLifecycle
import Testing

/// A reproducible sequence of numbers.
struct Dice {
    var state: UInt64
    mutating func roll(_ n: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(n))
    }
}

@Suite struct PodLifecyclePropertyTests {
    /// Whatever happens: at most one container of a name is started at a time, attempts only rise, and a deleted pod ends.
    @Test(arguments: 0..<60) func holdsItsPromises(seed: Int) {
        var dice = Dice(state: UInt64(seed) &* 7919 &+ 1)
        let policy = ["Always", "OnFailure", "Never"][dice.roll(3)]
        var spec: JSON = [
            "restartPolicy": .string(policy),
            "containers": [
                ["name": "a", "image": "x"], ["name": "b", "image": "x", "livenessProbe": ["periodSeconds": 1]],
            ],
        ]
        if dice.roll(2) == 0 {
            spec["initContainers"] = [
                ["name": "i", "image": "x"], ["name": "s", "image": "x", "restartPolicy": "Always"],
            ]
        }
        var node = NodeInMiniature(pod(spec))
        node.programs["i"] = .init(runsSeconds: Int64(dice.roll(4)), exitCode: dice.roll(3) == 0 ? 1 : 0)
        for name in ["a", "b", "s"] {
            node.programs[name] = .init(
                runsSeconds: dice.roll(2) == 0 ? nil : Int64(dice.roll(20)), exitCode: dice.roll(2))
        }
        node.send(.tick)
        for _ in 0..<40 {
            switch dice.roll(8) {
            case 0: node.probes["b"] = dice.roll(2) == 0 ? .success : .failure("no")
            case 1: node.send(.observed(node.sandbox, node.containers.values.map(\.observation)))
            case 2:
                node.sandbox?.isReady = false
                node.send(.observed(node.sandbox, node.containers.values.map(\.observation)))
            case 3: node.send(.probed(container: "b", id: "nobody", .liveness, .failure("late")))
            case 4: node.send(.containerStopped(container: "a", id: "nobody", nil))
            case 5: node.send(.sandboxFailed(message: "late"))
            default: node.run(seconds: Int64(dice.roll(30)))
            }
            var names: Set<String> = []
            for running in node.containers.values where running.observation.state == .running {
                #expect(
                    names.insert(running.observation.name).inserted, "two of \(running.observation.name), seed \(seed)")
            }
        }
        var attempts: [String: Int] = [:]
        for action in node.log {
            if case .startContainer(let name, let attempt) = action {
                #expect(attempt > attempts[name, default: -1], "seed \(seed)")
                attempts[name] = attempt
            }
        }
        node.send(.changed(pod(spec, deleted: true)))
        node.run(seconds: 5)
        #expect(node.pod.isFinished, "seed \(seed)")
        #expect(node.containers.isEmpty && node.sandbox == nil)
    }
}
