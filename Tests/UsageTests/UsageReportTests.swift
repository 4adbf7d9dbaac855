import Document
import Testing
import Usage

@Suite struct UsageReportTests {
    private func counters(_ seconds: Int64, node: UInt64, _ containers: [(id: String, pod: String, cpu: UInt64)])
        -> UsageCounters
    {
        let time = Timestamp(seconds: seconds)
        return UsageCounters(
            node: .init(time: time, cpuNanoseconds: node, memoryBytes: 1000),
            containers: containers.map {
                .init(
                    id: $0.id, podUID: $0.pod, namespace: "n", pod: $0.pod, name: $0.id,
                    counter: .init(time: time, cpuNanoseconds: $0.cpu, memoryBytes: 4096))
            })
    }

    @Test func twoReadingsTellWhatWasUsedBetweenThem() throws {
        let report = UsageReport(
            of: "here", from: counters(100, node: 0, [("b", "p", 1_000_000_000), ("a", "p", 0)]),
            to: counters(110, node: 20_000_000_000, [("b", "p", 3_500_000_000), ("a", "p", 0)]))
        #expect(report.node?.usage == Usage(nanocores: 2_000_000_000, memoryBytes: 1000))
        #expect(report.node?.window == 10_000_000)
        let pod = try #require(report.pods["p"])
        #expect(pod.containers.map(\.name) == ["a", "b"])
        #expect(pod.containers[1].usage == Usage(nanocores: 250_000_000, memoryBytes: 4096))
        #expect(pod.total.cpu.text == "250m")
        #expect(pod.total.memory.text == "8Ki")
    }

    @Test func aContainerThatWasReadOnceHidesItsPod() {
        let older = counters(100, node: 5, [("a", "p", 5), ("c", "q", 5)])
        let newer = counters(110, node: 4, [("a", "p", 6), ("b", "p", 6), ("c", "q", 4)])
        let report = UsageReport(of: "here", from: older, to: newer)
        // A counter that went back says nothing either.
        #expect(report.node == nil)
        #expect(report.pods.isEmpty)
    }

    @Test func simulatedPodsUseWhatTheirAnnotationsSay() {
        var pod: JSON = [
            "metadata": [
                "name": "p", "namespace": "n",
                "annotations": ["reckon.dev/cpu-usage": "10m,web=250m", "reckon.dev/memory-usage": "web=64Mi"],
            ],
            "spec": ["containers": [["name": "web"], ["name": "proxy"]]], "status": ["phase": "Running"],
        ]
        let now = Timestamp(seconds: 100)
        #expect(
            SimulatedUsage.of(pod, now: now)?.containers == [
                .init(name: "web", usage: Usage(nanocores: 250_000_000, memoryBytes: 64 << 20)),
                .init(name: "proxy", usage: Usage(nanocores: 10_000_000)),
            ])
        pod["metadata", "annotations"] = nil
        #expect(SimulatedUsage.of(pod, now: now)?.total == Usage())
        pod["status", "phase"] = "Pending"
        #expect(SimulatedUsage.of(pod, now: now) == nil)
    }
}
