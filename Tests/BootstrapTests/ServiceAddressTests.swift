import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

/// Services, their addresses, and the objects that stand for those.
@Suite struct ServiceAddressTests {
    private let store = GroupResource(group: "networking.k8s.io", resource: "ipaddresses")

    private func service(_ name: String, _ spec: JSON) -> JSON {
        ["metadata": ["name": .string(name), "namespace": "default"], "spec": spec]
    }

    @Test func anAddressIsGivenAndTakenInTheEventOfItsService() throws {
        var cluster = try SmallCluster.bootstrapped()
        let first = try #require(cluster.object("ipaddresses", group: "networking.k8s.io", "", "10.96.0.1"))
        #expect(first["spec", "parentRef"] == ["resource": "services", "namespace": "default", "name": "kubernetes"])

        let made = try cluster.write(.create, "v1", "services", service("a", ["ports": [["port": 80]]]))
        #expect(made.changes.map(\.key.resource) == ["services", "ipaddresses"])
        let address = try #require(made.answer["spec", "clusterIP"]?.string)
        let object = try #require(cluster.object("ipaddresses", group: "networking.k8s.io", "", address))
        #expect(
            object["metadata", "labels"] == [
                "ipaddress.kubernetes.io/ip-family": "IPv4",
                "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
            ])
        #expect(object["metadata", "resourceVersion"] == made.answer["metadata", "resourceVersion"])

        // Headless, and without an address of the cluster: none.
        let headless = service("h", ["clusterIP": "None", "ports": [["port": 80]]])
        #expect(try cluster.write(.create, "v1", "services", headless).changes.count == 1)

        var external = try #require(cluster.object("services", "default", "a"))
        external["spec"] = ["type": "ExternalName", "externalName": "example.com"]
        let freed = try cluster.write(.update, "v1", "services", external, name: "a")
        #expect(freed.changes.map(\.kind) == [.updated, .deleted])
        #expect(cluster.state.object(store, "", address) == nil)

        let other = try cluster.write(.create, "v1", "services", service("b", ["ports": [["port": 80]]]))
        let gone = try cluster.write(.delete, "v1", "services", .null, name: "b", namespace: "default")
        #expect(gone.changes.map(\.kind) == [.deleted, .deleted])
        #expect(cluster.state.object(store, "", other.answer["spec", "clusterIP"]?.string ?? "") == nil)
    }

    @Test func anAddressThatSomebodyElseHoldsIsNotGiven() throws {
        var cluster = try SmallCluster.bootstrapped()
        try cluster.write(
            .create, "networking.k8s.io/v1", "ipaddresses",
            [
                "metadata": ["name": "10.96.0.77"],
                "spec": ["parentRef": ["group": "x.io", "resource": "gateways", "name": "g"]],
            ])
        let refusal = cluster.refusal(
            .create, "v1", "services", service("a", ["clusterIP": "10.96.0.77", "ports": [["port": 80]]]))
        #expect(refusal?.contains("failed to allocate IP 10.96.0.77: provided IP is already allocated") == true)
    }

    @Test func furtherRangesCountWhileTheyAreReady() throws {
        var cluster = try SmallCluster.bootstrapped()
        let wanted = service("a", ["clusterIP": "10.97.0.5", "ports": [["port": 80]]])
        let outside = "failed to allocate IP 10.97.0.5: the provided network does not match the current range"
        #expect(cluster.refusal(.create, "v1", "services", wanted)?.contains(outside) == true)
        try cluster.write(
            .create, "networking.k8s.io/v1", "servicecidrs",
            ["metadata": ["name": "more"], "spec": ["cidrs": ["10.97.0.0/28"]]])
        try cluster.write(.create, "v1", "services", wanted)
        #expect(cluster.state.object(store, "", "10.97.0.5") != nil)

        var range = try #require(cluster.object("servicecidrs", group: "networking.k8s.io", "", "more"))
        range["status"] = [
            "conditions": [
                [
                    "type": "Ready", "status": "False", "reason": "Terminating", "message": "in use",
                    "lastTransitionTime": "2026-11-23T00:00:00Z",
                ]
            ]
        ]
        try cluster.write(
            .update, "networking.k8s.io/v1", "servicecidrs", range, name: "more", subresource: "status")
        let next = service("b", ["clusterIP": "10.97.0.6", "ports": [["port": 80]]])
        #expect(cluster.refusal(.create, "v1", "services", next)?.contains("does not match the current range") == true)
    }
}
