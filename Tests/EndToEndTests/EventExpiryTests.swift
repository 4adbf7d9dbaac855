import Document
import Foundation
import TestSupport
import Testing

/// `--event-ttl`: Events leave the present, and nothing else.
@Suite(.serialized) struct EventExpiryTests {
    private static let path = "/api/v1/namespaces/default/events"

    private func event(_ name: String) -> JSON {
        [
            "metadata": ["name": .string(name), "namespace": "default"],
            "involvedObject": ["kind": "Pod", "namespace": "default", "name": "p"], "reason": "R", "message": "m",
            "type": "Normal",
        ]
    }

    @Test func anEventLeavesThePresentWhenNobodyWritesIt() async throws {
        let server = try ReckonProcess(["apiserver", "--event-ttl", "4s"])
        defer { server.remove() }
        let first = try await server.send("POST", Self.path, event("first")).body
        let revision = try #require(first["metadata", "resourceVersion"]?.string)
        _ = try await server.send("POST", Self.path, event("refreshed"))
        _ = try await server.send(
            "POST", "/api/v1/namespaces/default/configmaps", ["metadata": ["name": "stays"]])
        // Written again and again, an Event stays.
        var count: Int64 = 1
        let isGone = try await server.eventually(30) {
            count += 1
            let patched = try await server.send(
                "PATCH", Self.path + "/refreshed", ["count": .int(count)],
                contentType: "application/merge-patch+json")
            #expect(patched.status == 200)
            try await Task.sleep(nanoseconds: 300_000_000)
            return try await server.send("GET", Self.path + "/first").status == 404
        }
        #expect(isGone)
        #expect(try await server.send("GET", Self.path + "/refreshed").status == 200)
        #expect(
            try await server.eventually(30) { try await server.send("GET", Self.path + "/refreshed").status == 404 })
        #expect(try await server.send("GET", "/api/v1/namespaces/default/configmaps/stays").status == 200)

        // The past has it, and a watch from there hears that it went.
        #expect(try await server.send("GET", "/at/\(revision)\(Self.path)/first").status == 200)
        let watched = try await server.raw(
            Self.path + "?watch=1&resourceVersion=\(revision)&timeoutSeconds=1", accept: "application/json")
        let lines = try watched.bytes.split(separator: 10).map { try JSON(parsing: Array($0)) }
        let deletions = lines.filter { $0["type"] == "DELETED" }.compactMap { $0["object", "metadata", "name"]?.string }
        #expect(deletions == ["first", "refreshed"])
        server.stop()
        let listed = try server.reckon("log", "list", "--data", server.dataPath, "--limit", "100", "-o", "json")
        #expect(listed.output.contains("event-ttl"))
        #expect(try server.reckon("log", "verify", "--data", server.dataPath).status == 0)
    }
}
