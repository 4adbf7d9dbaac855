/// One element of one of the table's maps and sets.
struct RuleElement: Hashable, Sendable {
    enum Place: String, CaseIterable, Sendable {
        case serviceIPs = "service-ips"
        case nodePorts = "nodeports"
        case endpoints
        case nodePortEndpoints = "nodeport-endpoints"
        case clusterIPs = "cluster-ips"
        case noEndpoints = "no-endpoints"
        case noEndpointNodePorts = "no-endpoint-nodeports"
        case hairpin
    }
    var place: Place
    var key: String
    /// Empty in a set.
    var value: String
    /// The chain that the value goes to.
    var chain: RoutingChain?
}

/// What one service puts into the maps.
struct ServiceRoutes: Sendable {
    private(set) var elements: Set<RuleElement> = []
    /// The numbers of its endpoints, by port; kept for the next change.
    private(set) var slots: [String: [Endpoint]] = [:]
    /// UDP destinations with the endpoints they may have been sent to: `address port endpoint`.
    private(set) var udpFlows: Set<String> = []
    /// UDP destinations alone.
    private(set) var udpAddresses: Set<String> = []

    init(_ service: RoutedService, slices: [RoutedSlice], node: String, before: [String: [Endpoint]]) {
        for address in service.clusterIPs { elements.insert(RuleElement(place: .clusterIPs, key: address, value: "")) }
        for port in service.ports {
            let portKey = port.name + "/" + port.transport
            let members = slices.flatMap { slice in
                slice.ports[portKey].map { number in slice.members.map { ($0, number) } } ?? []
            }
            func pick(local: Bool) -> [Endpoint] {
                let near = local ? members.filter { $0.0.nodeName == node } : members
                var picked = near.filter { $0.0.isReady }
                // Better an endpoint that is going away than none.
                if picked.isEmpty { picked = near.filter { $0.0.isServing } }
                return Set(picked.map { Endpoint(address: $0.0.address, port: $0.1) }).sorted()
            }
            let all = Endpoint.slots(pick(local: false), before: before[portKey] ?? [])
            let local = Endpoint.slots(pick(local: true), before: before[portKey + "/local"] ?? [])
            slots[portKey] = all
            slots[portKey + "/local"] = local
            for endpoint in all {
                elements.insert(
                    RuleElement(place: .hairpin, key: "\(endpoint.address) . \(endpoint.address)", value: ""))
            }
            for address in service.clusterIPs {
                route(
                    service, port, address, service.isInternalLocal ? local : all, isLocal: service.isInternalLocal,
                    masquerades: false)
            }
            let external = service.isExternalLocal ? local : all
            for address in service.externalIPs {
                route(
                    service, port, address, external, isLocal: service.isExternalLocal,
                    masquerades: !service.isExternalLocal)
            }
            if port.nodePort > 0 { routeNodePort(service, port, external) }
        }
    }

    private mutating func route(
        _ service: RoutedService, _ port: RoutedService.Port, _ address: String, _ endpoints: [Endpoint], isLocal: Bool,
        masquerades: Bool
    ) {
        let key = "\(address) . \(port.transport) . \(port.port)"
        if port.transport == "udp" {
            udpAddresses.insert("\(address) \(port.port)")
            for endpoint in endpoints { udpFlows.insert("\(address) \(port.port) \(endpoint.address)") }
        }
        guard !endpoints.isEmpty else {
            // With policy Local there may be endpoints elsewhere: silence, not refusal.
            elements.insert(RuleElement(place: .noEndpoints, key: key, value: isLocal ? "drop" : "goto refuse"))
            return
        }
        let chain = RoutingChain(
            isNodePort: false, count: endpoints.count, isLocal: isLocal, masquerades: masquerades,
            affinitySeconds: service.affinitySeconds)
        elements.insert(RuleElement(place: .serviceIPs, key: key, value: "goto \(chain.name)", chain: chain))
        for (number, endpoint) in endpoints.enumerated() {
            elements.insert(
                RuleElement(
                    place: .endpoints, key: "\(key) . \(number + (isLocal ? RoutingChain.localOffset : 0))",
                    value: "\(endpoint.address) . \(endpoint.port)"))
        }
    }

    private mutating func routeNodePort(_ service: RoutedService, _ port: RoutedService.Port, _ endpoints: [Endpoint]) {
        let key = "\(port.transport) . \(port.nodePort)"
        guard !endpoints.isEmpty else {
            elements.insert(
                RuleElement(
                    place: .noEndpointNodePorts, key: key, value: service.isExternalLocal ? "drop" : "goto refuse"))
            return
        }
        let chain = RoutingChain(
            isNodePort: true, count: endpoints.count, isLocal: service.isExternalLocal,
            masquerades: !service.isExternalLocal,
            affinitySeconds: service.affinitySeconds)
        elements.insert(RuleElement(place: .nodePorts, key: key, value: "goto \(chain.name)", chain: chain))
        for (number, endpoint) in endpoints.enumerated() {
            elements.insert(
                RuleElement(
                    place: .nodePortEndpoints,
                    key: "\(key) . \(number + (service.isExternalLocal ? RoutingChain.localOffset : 0))",
                    value: "\(endpoint.address) . \(endpoint.port)"))
        }
    }
}
