import Document
import TestSupport
import Testing

@Suite(.serialized) struct ControllerMetricsTests {
    @Test func queuesAreCounted() async throws {
        let server = try ReckonProcess(["up", "--nodes", "none"])
        defer { server.remove() }
        func adds() async throws -> Int {
            let page = try await server.send("GET", "/metrics").body.string ?? ""
            let line = page.split(separator: "\n").first {
                $0.hasPrefix("workqueue_adds_total{name=\"serviceaccount\"}")
            }
            return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? -1
        }
        #expect(try await server.eventually { try await adds() >= 4 })
        let before = try await adds()
        _ = try await server.send("POST", "/api/v1/namespaces", ["metadata": ["name": "more"]])
        #expect(try await server.eventually { try await adds() > before })
        // Without a node a pod waits.
        let pod: JSON = ["metadata": ["name": "p"], "spec": ["containers": [["name": "m", "image": "i:1"]]]]
        _ = try await server.eventually {
            try await server.send("POST", "/api/v1/namespaces/default/pods", pod).status == 201
        }
        let waits = "scheduler_pending_pods{queue=\"unschedulable\"} 1\n"
        let tried = "scheduler_schedule_attempts_total{profile=\"default-scheduler\",result=\"unschedulable\"} 1\n"
        #expect(
            try await server.eventually {
                let page = try await server.send("GET", "/metrics").body.string ?? ""
                return page.contains(waits) && page.contains(tried)
            })
        let status = try await server.send("GET", "/reckon/v1/status").body
        #expect((status["controllers", "running"]?.int ?? 0) > 30)
    }
}
