import Document
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct AttributesClassTests {
    /// A class of volume attributes goes once nothing names it.
    @Test func anAttributesClassGoesWhenNoClaimNamesIt() async throws {
        let server = try ReckonProcess(["up", "--nodes", "none"])
        defer { server.remove() }
        let classes = "/apis/storage.k8s.io/v1/volumeattributesclasses"
        let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
        _ = try await server.send(
            "POST", classes, ["metadata": ["name": "gold"], "driverName": "x.io", "parameters": ["a": "b"]])
        _ = try await server.send(
            "POST", claims,
            [
                "metadata": ["name": "c"],
                "spec": [
                    "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                    "volumeAttributesClassName": "gold",
                ],
            ])
        let marked = try await server.send("DELETE", classes + "/gold").body
        #expect(marked["metadata", "finalizers"] == ["kubernetes.io/vac-protection"])
        try await Task.sleep(nanoseconds: 500_000_000)
        #expect(try await server.send("GET", classes + "/gold").status == 200)
        _ = try await server.send("DELETE", claims + "/c")
        #expect(try await server.eventually { try await server.send("GET", classes + "/gold").status == 404 })
    }
}
