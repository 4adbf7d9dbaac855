import Controllers
import Document
import Records
import Testing

@Suite struct ServiceAddressRepairTests {
    private func service(_ name: String, _ address: String) -> JSON {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name), "namespace": "default"],
            "spec": ["type": "ClusterIP", "clusterIP": .string(address), "clusterIPs": [.string(address)]],
        ]
    }
    private func address(_ name: String, of service: String) -> JSON {
        [
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": [
                "name": .string(name),
                "labels": [
                    "ipaddress.kubernetes.io/ip-family": "IPv4",
                    "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
                ],
            ],
            "spec": ["parentRef": ["resource": "services", "namespace": "default", "name": .string(service)]],
        ]
    }

    /// A log from before there were IPAddress objects gets them; what is right is left alone.
    @Test func servicesGetTheObjectsThatTheyLack() throws {
        var run = Simulation([ServiceAddressRepair()]) {
            _ = $0.create(service("old", "10.96.0.9"), "services")
            _ = $0.create(service("new", "10.96.0.10"), "services")
            _ = $0.create(address("10.96.0.10", of: "new"), "ipaddresses")
        }
        run.settle()
        let made = try #require(run.cluster.get("ipaddresses", "", "10.96.0.9"))
        #expect(made["spec", "parentRef"] == ["resource": "services", "namespace": "default", "name": "old"])
        #expect(run.cluster.list("ipaddresses").count == 2)
        #expect(run.cluster.list("events").map { $0["reason"] } == ["ClusterIPNotAllocated"])
        #expect(run.settle() == 0)
    }

    @Test func anObjectWithoutItsServiceGoesAfterAMinute() throws {
        var run = Simulation([ServiceAddressRepair()]) {
            _ = $0.create(address("10.96.0.11", of: "nobody"), "ipaddresses")
        }
        run.settle(passing: 59)
        run.settle(passing: 2)
        #expect(run.cluster.list("ipaddresses").count == 1)
        run.settle()
        #expect(run.cluster.list("ipaddresses").isEmpty)
    }

    /// Of two Services with one address the object stays with the one that it names.
    @Test func anAddressIsNotTakenFromItsHolder() throws {
        var run = Simulation([ServiceAddressRepair()]) {
            _ = $0.create(service("a", "10.96.0.12"), "services")
            _ = $0.create(service("b", "10.96.0.12"), "services")
            _ = $0.create(address("10.96.0.12", of: "a"), "ipaddresses")
        }
        run.settle()
        #expect(run.cluster.get("ipaddresses", "", "10.96.0.12")?["spec", "parentRef", "name"] == "a")
        #expect(run.cluster.list("events").map { $0["reason"] } == ["ClusterIPAlreadyAllocated"])
    }
}
