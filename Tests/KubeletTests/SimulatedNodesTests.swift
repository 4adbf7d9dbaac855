import Document
import Engine
import Kubelet
import Logging
import Schema
import Testing

@Suite struct SimulatedNodesTests {
    @Test func podsRunEndAndGo() async {
        let cluster = FakeCluster()
        func pod(_ name: String, node: String, _ spec: JSON = [:], _ annotations: JSON = [:]) {
            var full: JSON = ["nodeName": .string(node), "containers": [["name": "c", "image": "img"]]]
            for entry in spec.entries { full[entry.key] = entry.value }
            cluster.put(
                [
                    "metadata": ["name": .string(name), "annotations": annotations], "spec": full,
                    "status": ["phase": "Pending"],
                ], "pods", namespace: "a")
        }
        pod("early", node: "node-3")
        let nodes = SimulatedNodes(count: 40, door: cluster, logger: Logger(label: "test"))
        nodes.start()
        defer { nodes.stop() }
        #expect(cluster.state.count(GroupResource(resource: "nodes")) == 40)
        #expect(cluster.state.count(GroupResource(group: "coordination.k8s.io", resource: "leases")) == 40)
        pod("late", node: "node-40")
        pod(
            "job", node: "node-1", ["restartPolicy": "Never"],
            ["reckon.dev/exit-after": "0.2s", "reckon.dev/exit-code": "3"])
        pod("elsewhere", node: "other")
        #expect(
            await cluster.wait { c in
                ["early", "late"].allSatisfy { c.object("pods", "a", $0)?["status", "phase"]?.string == "Running" }
            })
        let status = cluster.object("pods", "a", "late")?["status"] ?? .null
        #expect(status["podIP"]?.string?.hasPrefix("10.64.39.") == true)
        #expect(status["containerStatuses"]?[0]?["ready"]?.bool == true)
        #expect(await cluster.wait { $0.object("pods", "a", "job")?["status", "phase"]?.string == "Failed" })
        cluster.delete("pods", "a", "late", grace: 30)
        #expect(await cluster.wait { $0.object("pods", "a", "late") == nil })
        #expect(cluster.object("pods", "a", "elsewhere")?["status", "phase"]?.string == "Pending")
    }
}
