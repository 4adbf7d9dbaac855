import Document
import Schema
import Testing

@Suite struct ServiceAllocationTests {
    private func service(_ name: String, _ spec: JSON) -> JSON { ["metadata": ["name": .string(name)], "spec": spec] }
    private let port: JSON = [["port": 80]]

    @Test func everyServiceGetsItsOwnAddressAndNodePort() throws {
        var kinds = Kinds("v1", "services")
        var addresses: Set<String> = []
        var ports: Set<Int64> = []
        for i in 0..<300 {
            let made = try kinds.create(service("s\(i)", ["type": "NodePort", "ports": port]))
            let address = try #require(made["spec", "clusterIP"]?.string)
            #expect(address.hasPrefix("10.96."))
            #expect(made["spec", "clusterIPs"] == [.string(address)])
            #expect(addresses.insert(address).inserted)
            let nodePort = try #require(made["spec", "ports"]?.elements[0]["nodePort"]?.int)
            #expect((30000...32767).contains(nodePort))
            #expect(ports.insert(nodePort).inserted)
            kinds.store(made)
        }
    }

    @Test func anAddressInUseIsRefused() throws {
        var kinds = Kinds("v1", "services")
        kinds.store(try kinds.create(service("a", ["clusterIP": "10.96.5.5", "ports": port])))
        let found = causes { () throws(APIError) in
            try kinds.create(service("b", ["clusterIP": "10.96.5.5", "ports": port]))
        }
        #expect(
            found == [
                #"spec.clusterIPs: Invalid value: ["10.96.5.5"]: failed to allocate IP 10.96.5.5: provided IP is already allocated"#
            ])
        #expect(try kinds.create(service("c", ["clusterIP": "None", "ports": port]))["spec", "clusterIP"] == "None")
    }

    @Test func aNodePortInUseIsRefused() throws {
        var kinds = Kinds("v1", "services")
        let wanted: JSON = ["type": "NodePort", "ports": [["port": 80, "nodePort": 30100]]]
        kinds.store(try kinds.create(service("a", wanted)))
        let found = causes { () throws(APIError) in try kinds.create(service("b", wanted)) }
        #expect(found == ["spec.ports[0].nodePort: Invalid value: 30100: provided port is already allocated"])
    }

    @Test func turningBackGivesBackWhatWasAllocated() throws {
        var kinds = Kinds("v1", "services")
        let made = try kinds.create(service("a", ["type": "NodePort", "ports": port]))
        kinds.store(made)
        let plain = try kinds.update(made) { service in
            service["spec", "type"] = "ClusterIP"
            service["spec", "ports"] = [["port": 80]]
        }
        #expect(plain["spec", "clusterIP"] == made["spec", "clusterIP"])
        #expect(plain["spec", "ports"]?.elements[0]["nodePort"] == nil)
        let external = try kinds.update(plain) {
            $0["spec"] = ["type": "ExternalName", "externalName": "example.com"]
        }
        #expect(external["spec", "clusterIP"] == nil)
        // What it held is free again.
        kinds.store(external)
        let again = service("b", ["clusterIP": made["spec", "clusterIP"] ?? .null, "ports": port])
        #expect(causes { () throws(APIError) in try kinds.create(again) }.isEmpty)
    }

    @Test func theAddressOfAServiceStays() throws {
        var kinds = Kinds("v1", "services")
        let made = try kinds.create(service("a", ["clusterIP": "10.96.5.5", "ports": port]))
        let found = causes { () throws(APIError) in
            try kinds.update(made) { service in
                service["spec", "clusterIP"] = "10.96.5.6"
                service["spec", "clusterIPs"] = ["10.96.5.6"]
            }
        }
        #expect(
            found.contains {
                $0.hasPrefix("spec.clusterIPs[0]: Invalid value: [\"10.96.5.6\"]: may not change once set")
            })
    }
}
