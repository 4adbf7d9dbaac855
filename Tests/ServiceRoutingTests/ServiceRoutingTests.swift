import Document
import ServiceRouting
import Testing

func service(
    _ name: String, _ address: String, port: Int64 = 80, transport: String = "TCP", nodePort: Int64 = 0,
    extra: JSON = [:]
) -> JSON {
    var spec: JSON = [
        "clusterIP": .string(address), "clusterIPs": [.string(address)],
        "type": nodePort > 0 ? "NodePort" : "ClusterIP",
        "ports": [["name": "p", "port": .int(port), "protocol": .string(transport), "nodePort": .int(nodePort)]],
    ]
    for entry in extra.entries { spec[entry.key] = entry.value }
    return ["metadata": ["namespace": "shop", "name": .string(name)], "spec": spec]
}

func slice(
    _ service: String, _ addresses: [String], port: Int64 = 8080, transport: String = "TCP", node: String = "n1",
    ready: Bool = true
) -> JSON {
    [
        "metadata": [
            "namespace": "shop", "name": .string(service + "-1"),
            "labels": ["kubernetes.io/service-name": .string(service)],
        ],
        "addressType": "IPv4", "ports": [["name": "p", "port": .int(port), "protocol": .string(transport)]],
        "endpoints": .array(
            addresses.map {
                [
                    "addresses": [.string($0)], "nodeName": .string(node),
                    "conditions": ["ready": .bool(ready), "serving": true, "terminating": .bool(!ready)],
                ]
            }),
    ]
}

/// The elements that `nft` would hold after these texts: a model of its `add element` and `delete element`.
struct ElementModel: Equatable {
    var elements: [String: String] = [:]
    mutating func run(_ text: String) {
        if text.hasPrefix("add table") { elements = [:] }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 4).map(String.init)
            guard words.count == 5, words[1] == "element" else { continue }
            let rest = words[4].split(separator: " ", maxSplits: 1).map(String.init)
            let body = rest[1].dropFirst(2).dropLast(2)
            for entry in body.split(separator: ",") {
                let parts = entry.split(separator: ":").map { $0.drop(while: { $0 == " " }) }
                var key = String(parts[0])
                while key.hasSuffix(" ") { key.removeLast() }
                let place = rest[0] + " " + key
                if words[0] == "add" {
                    #expect(elements[place] == nil, "added twice: \(place)")
                    elements[place] = parts.count > 1 ? String(parts[1]) : ""
                } else {
                    #expect(elements[place] != nil, "not there: \(place)")
                    elements[place] = nil
                }
            }
        }
    }
    /// Endpoint numbers depend on history: left out.
    var essence: [String] {
        elements.map { key, value in
            guard key.hasPrefix("endpoints") || key.hasPrefix("nodeport-endpoints") else { return key + "=" + value }
            return key.split(separator: " ").dropLast().joined(separator: " ") + "=" + value
        }.sorted()
    }
}

@Suite struct ServiceRoutingTests {
    @Test func oneServiceOneMapEntry() {
        var router = ServiceRouter(node: .init(name: "n1", clusterCIDR: "10.244.0.0/16", podCIDR: "10.244.0.0/24"))
        _ = router.wholeTable()
        router.setService(service("web", "10.96.0.7"))
        router.setSlice(slice("web", ["10.244.0.5", "10.244.0.6"]))
        let text = router.changes().text
        #expect(text.contains("add chain ip reckon-proxy ip-2\n"))
        #expect(text.contains("add element ip reckon-proxy service-ips { 10.96.0.7 . tcp . 80 : goto ip-2 }"))
        #expect(
            text.contains("10.96.0.7 . tcp . 80 . 0 : 10.244.0.5 . 8080, 10.96.0.7 . tcp . 80 . 1 : 10.244.0.6 . 8080"))
        #expect(router.changes().text.isEmpty)
        router.setSlice(slice("web", ["10.244.0.5", "10.244.0.6"]))
        #expect(router.changes().text.isEmpty)
    }

    @Test func refusesWithoutEndpoints() {
        var router = ServiceRouter(node: .init(name: "n1"))
        router.setService(service("web", "10.96.0.7", nodePort: 30080))
        let text = router.wholeTable()
        #expect(text.contains("no-endpoints { 10.96.0.7 . tcp . 80 : goto refuse }"))
        #expect(text.contains("no-endpoint-nodeports { tcp . 30080 : goto refuse }"))
    }

    @Test func headlessAndExternalNameHaveNoRules() {
        var router = ServiceRouter(node: .init(name: "n1"))
        router.setService(service("a", "None"))
        router.setService(service("b", "10.96.0.9", extra: ["type": "ExternalName"]))
        #expect(router.serviceCount == 0)
    }

    @Test func localPolicyKeepsToTheNode() {
        var router = ServiceRouter(node: .init(name: "n1"))
        router.setService(service("web", "10.96.0.7", nodePort: 30080, extra: ["externalTrafficPolicy": "Local"]))
        router.setSlice(slice("web", ["10.244.1.5"], node: "n2"))
        let text = router.wholeTable()
        // Inside the cluster any endpoint does; from outside only those here, and there are none.
        #expect(text.contains("service-ips { 10.96.0.7 . tcp . 80 : goto ip-1 }"))
        #expect(text.contains("no-endpoint-nodeports { tcp . 30080 : drop }"))
    }

    @Test func terminatingEndpointsServeWhenNothingElseDoes() {
        var router = ServiceRouter(node: .init(name: "n1"))
        router.setService(service("web", "10.96.0.7"))
        router.setSlice(slice("web", ["10.244.0.5"], ready: false))
        #expect(router.wholeTable().contains("10.96.0.7 . tcp . 80 . 0 : 10.244.0.5 . 8080"))
    }

    @Test func endpointsKeepTheirNumbers() {
        var router = ServiceRouter(node: .init(name: "n1"))
        router.setService(service("web", "10.96.0.7", extra: ["sessionAffinity": "ClientIP"]))
        router.setSlice(slice("web", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]))
        #expect(router.wholeTable().contains("ip-3-sticky10800"))
        router.setSlice(slice("web", ["10.0.0.2", "10.0.0.3"]))
        let text = router.changes().text
        #expect(!text.contains("10.0.0.2 . 8080"))
        #expect(text.contains("10.96.0.7 . tcp . 80 . 0 : 10.0.0.3 . 8080"))
    }

    @Test func staleUDPFlowsAreNamed() {
        var router = ServiceRouter(node: .init(name: "n1"))
        router.setService(service("dns", "10.96.0.10", port: 53, transport: "UDP"))
        _ = router.changes()
        router.setSlice(slice("dns", ["10.0.0.1"], transport: "UDP"))
        #expect(router.changes().staleUDP == ["10.96.0.10 53"])
        router.setSlice(slice("dns", ["10.0.0.2"], transport: "UDP"))
        #expect(router.changes().staleUDP == ["10.96.0.10 53 10.0.0.1"])
    }

    /// Differences, one after the other, lead to the same elements as the whole table at the end.
    @Test(arguments: 0..<20) func differencesAddUp(seed: Int) {
        var state = UInt64(seed) &* 7919 &+ 3
        func roll(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(n))
        }
        var router = ServiceRouter(node: .init(name: "n1"))
        var model = ElementModel()
        model.run(router.wholeTable())
        var services: [Int: JSON] = [:]
        var slices: [Int: JSON] = [:]
        for _ in 0..<60 {
            for _ in 0..<(1 + roll(4)) {
                let i = roll(8)
                let transport = i % 3 == 0 ? "UDP" : "TCP"
                switch roll(4) {
                case 0:
                    router.removeService(namespace: "shop", name: "s\(i)")
                    services[i] = nil
                case 1:
                    router.removeSlice(namespace: "shop", name: "s\(i)-1")
                    slices[i] = nil
                case 2:
                    var extra: JSON = [:]
                    if roll(3) == 0 { extra["externalTrafficPolicy"] = "Local" }
                    if roll(3) == 0 { extra["internalTrafficPolicy"] = "Local" }
                    if roll(3) == 0 { extra["sessionAffinity"] = "ClientIP" }
                    services[i] = service(
                        "s\(i)", "10.96.0.\(i + 1)", transport: transport,
                        nodePort: roll(2) == 0 ? 30000 + Int64(i) : 0, extra: extra)
                    router.setService(services[i]!)
                default:
                    let addresses = (0..<roll(5)).map { _ in "10.244.0.\(roll(9) + 1)" }
                    slices[i] = slice(
                        "s\(i)", addresses, transport: transport, node: roll(2) == 0 ? "n1" : "n2", ready: roll(4) > 0)
                    router.setSlice(slices[i]!)
                }
            }
            model.run(router.changes().text)
        }
        var whole = ElementModel()
        whole.run(router.wholeTable())
        #expect(model == whole)
        var fresh = ServiceRouter(node: .init(name: "n1"))
        for object in services.values { fresh.setService(object) }
        for object in slices.values { fresh.setSlice(object) }
        var again = ElementModel()
        again.run(fresh.wholeTable())
        #expect(again.essence == whole.essence)
    }
}
