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
        let status = try await server.send("GET", "/reckon/v1/status").body
        #expect((status["controllers", "running"]?.int ?? 0) > 30)
    }
}
