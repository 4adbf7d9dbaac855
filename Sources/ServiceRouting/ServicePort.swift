import Document

/// One Service as routing needs it.
struct RoutedService: Equatable, Sendable {
    struct Port: Equatable, Sendable {
        var name: String
        /// `tcp`, `udp`, `sctp`.
        var transport: String
        var port: Int64
        var nodePort: Int64
    }
    var namespace: String
    var name: String
    /// IPv4 only; empty for a headless service.
    var clusterIPs: [String]
    /// externalIPs and the load balancer's addresses.
    var externalIPs: [String]
    var ports: [Port]
    /// Seconds a client stays with its endpoint; 0 for no affinity.
    var affinitySeconds: Int64
    var isInternalLocal: Bool
    var isExternalLocal: Bool

    /// nil for what needs no rules: headless services, ExternalName.
    init?(_ service: JSON) {
        let spec = service["spec"] ?? .null
        guard spec["type"]?.string != "ExternalName" else { return nil }
        namespace = service["metadata", "namespace"]?.string ?? ""
        name = service["metadata", "name"]?.string ?? ""
        var addresses = spec["clusterIPs"]?.strings ?? []
        if addresses.isEmpty, let one = spec["clusterIP"]?.string { addresses = [one] }
        clusterIPs = addresses.filter { $0 != "None" && RoutedService.isIPv4($0) }
        guard !clusterIPs.isEmpty else { return nil }
        externalIPs = (spec["externalIPs"]?.strings ?? []).filter(RoutedService.isIPv4)
        for ingress in service["status", "loadBalancer", "ingress"]?.elements ?? [] {
            if let address = ingress["ip"]?.string, RoutedService.isIPv4(address), ingress["ipMode"]?.string != "Proxy"
            {
                externalIPs.append(address)
            }
        }
        ports = (spec["ports"]?.elements ?? []).map {
            Port(
                name: $0["name"]?.string ?? "", transport: ($0["protocol"]?.string ?? "TCP").lowercased(),
                port: $0["port"]?.int ?? 0,
                nodePort: $0["nodePort"]?.int ?? 0)
        }
        affinitySeconds =
            spec["sessionAffinity"]?.string == "ClientIP"
            ? spec["sessionAffinityConfig", "clientIP", "timeoutSeconds"]?.int ?? 10800 : 0
        isInternalLocal = spec["internalTrafficPolicy"]?.string == "Local"
        isExternalLocal = spec["externalTrafficPolicy"]?.string == "Local"
    }

    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in UInt8(part) != nil }
    }
}

/// One EndpointSlice as routing needs it.
struct RoutedSlice: Sendable {
    struct Member: Sendable {
        var address: String
        var isReady: Bool
        /// Terminating, but still answering.
        var isServing: Bool
        var nodeName: String
    }
    var service: String
    var members: [Member]
    /// Port number by name and protocol: `http/tcp`.
    var ports: [String: Int64]

    init?(_ slice: JSON) {
        guard let service = slice["metadata", "labels", "kubernetes.io/service-name"]?.string,
            slice["addressType"]?.string == "IPv4"
        else {
            return nil
        }
        self.service = (slice["metadata", "namespace"]?.string ?? "") + "/" + service
        members = (slice["endpoints"]?.elements ?? []).flatMap { endpoint -> [Member] in
            let isReady = endpoint["conditions", "ready"]?.bool ?? true
            let isServing = endpoint["conditions", "serving"]?.bool ?? isReady
            let isTerminating = endpoint["conditions", "terminating"]?.bool ?? false
            return (endpoint["addresses"]?.strings ?? []).prefix(1).map {
                Member(
                    address: $0, isReady: isReady, isServing: isServing && isTerminating,
                    nodeName: endpoint["nodeName"]?.string ?? "")
            }
        }
        ports = [:]
        for port in slice["ports"]?.elements ?? [] {
            guard let number = port["port"]?.int else { continue }
            ports[(port["name"]?.string ?? "") + "/" + (port["protocol"]?.string ?? "TCP").lowercased()] = number
        }
    }
}

/// Where a connection goes.
struct Endpoint: Hashable, Comparable, Sendable {
    var address: String
    var port: Int64
    static func < (a: Self, b: Self) -> Bool { (a.address, a.port) < (b.address, b.port) }

    /// The new endpoints in slots: who stays keeps its number, so that clients with affinity keep their endpoint; newcomers take
    /// the numbers of those who left.
    static func slots(_ wanted: [Endpoint], before: [Endpoint]) -> [Endpoint] {
        let all = Set(wanted)
        var fresh = wanted.filter { !before.contains($0) }.sorted()
        fresh.reverse()
        var out: [Endpoint?] = before.prefix(max(before.count, 0)).map { all.contains($0) ? $0 : nil }
        for i in out.indices where out[i] == nil { out[i] = fresh.popLast() }
        while let next = fresh.popLast() { out.append(next) }
        // Fewer than before: the last ones move into the holes.
        while let hole = out.firstIndex(where: { $0 == nil }) {
            if let last = out.removeLast() { if hole < out.count { out[hole] = last } else { out.append(last) } }
        }
        return out.compactMap { $0 }
    }
}
