import Document
import Foundation
import TestSupport
import Testing

/// ServiceCIDRs through the API, with the controllers beside it.
@Suite(.serialized) struct ServiceRangeTests {
    private static let ranges = "/apis/networking.k8s.io/v1/servicecidrs"

    private func condition(_ server: ReckonProcess, _ name: String) async throws -> JSON {
        let object = try await server.send("GET", Self.ranges + "/" + name).body
        return object["status", "conditions"]?.elements.first ?? .null
    }

    @Test func aRangeIsReadyAndGoesOnlyWhenNothingNeedsIt() async throws {
        let server = try ReckonProcess(["up", "--nodes", "none"])
        defer { server.remove() }
        #expect(
            try await server.eventually {
                try await condition(server, "kubernetes")["message"] == "Kubernetes Service CIDR is ready"
            })
        let body: JSON = ["metadata": ["name": "more"], "spec": ["cidrs": ["10.97.0.0/28"]]]
        #expect(try await server.send("POST", Self.ranges, body).status == 201)
        let service: JSON = ["metadata": ["name": "s"], "spec": ["clusterIP": "10.97.0.5", "ports": [["port": 80]]]]
        #expect(try await server.send("POST", "/api/v1/namespaces/default/services", service).status == 201)
        #expect(
            try await server.eventually {
                let object = try await server.send("GET", Self.ranges + "/more").body
                return object["metadata", "finalizers"] == ["networking.k8s.io/service-cidr-finalizer"]
                    && object["status", "conditions"]?.elements.first?["status"] == "True"
            })
        _ = try await server.send("DELETE", Self.ranges + "/more")
        #expect(try await server.eventually { try await condition(server, "more")["reason"] == "Terminating" })
        _ = try await server.send("DELETE", "/api/v1/namespaces/default/services/s")
        #expect(try await server.eventually { try await server.send("GET", Self.ranges + "/more").status == 404 })
        let left = try await server.send("GET", "/apis/networking.k8s.io/v1/ipaddresses").body
        #expect(left["items"]?.elements.map { $0["metadata", "name"] } == ["10.96.0.1"])
    }
}
