import ClusterState
import Document
import Records
import Requests
import Schema

/// Where a proxied request goes.
struct ProxyTarget: Equatable {
    enum Transport: Equatable {
        case plain
        /// TLS whose server is believed, as upstream does towards pods.
        case anyTLS
        /// TLS with the API server's own client certificate, to a kubelet that the cluster's authority vouches for.
        case kubelet
    }
    var transport: Transport
    var host: String
    var port: Int

    var base: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return "\(transport == .plain ? "http" : "https")://\(host):\(port)"
    }

    /// `[scheme:]name[:port]`; nil when it is no such thing.
    static func split(_ id: String) -> (scheme: String, name: String, port: String)? {
        let parts = id.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return ("", parts[0], "")
        case 2: return ("", parts[0], parts[1])
        case 3:
            guard ["", "http", "https"].contains(parts[0]) else { return nil }
            return (parts[0], parts[1], parts[2])
        default: return nil
        }
    }

    /// The target of `pods/ID/proxy`, `services/ID/proxy` or `nodes/ID/proxy`. `turn` chooses among the endpoints of a service.
    static func find(
        _ resource: String, _ id: String, namespace: String, in state: ClusterState, turn: Int
    ) throws(APIError) -> ProxyTarget {
        let kind = String(resource.dropLast())
        guard let asked = split(id), !asked.name.isEmpty else {
            throw .badRequest("invalid \(kind) request \"\(id)\"")
        }
        let store = GroupResource(resource: resource)
        guard let found = state.object(store, resource == "nodes" ? "" : namespace, asked.name) else {
            throw .notFound(store, asked.name)
        }
        switch resource {
        case "pods":
            try refuseSimulated(found.document["spec", "nodeName"]?.string ?? "", "pod \"\(asked.name)\"", state)
            return try pod(found.document, asked.scheme, asked.port)
        case "services": return try service(found.document, asked.name, asked.scheme, asked.port, state, turn)
        default: return try node(found.document, asked.name, asked.scheme, asked.port)
        }
    }

    private static func pod(_ pod: JSON, _ scheme: String, _ port: String) throws(APIError) -> ProxyTarget {
        let address = pod["status", "podIP"]?.string ?? ""
        guard isProxyable(address) else { throw .badRequest("address not allowed") }
        let declared = (pod["spec", "containers"]?.elements ?? []).lazy
            .compactMap { $0["ports"]?.elements.first?["containerPort"]?.int }.first
        let isTLS = scheme == "https"
        guard !port.isEmpty else {
            return ProxyTarget(
                transport: isTLS ? .anyTLS : .plain, host: address, port: Int(declared ?? (isTLS ? 443 : 80)))
        }
        return ProxyTarget(transport: isTLS ? .anyTLS : .plain, host: address, port: try number(port, "pod"))
    }

    private static func service(
        _ service: JSON, _ name: String, _ scheme: String, _ port: String, _ state: ClusterState, _ turn: Int
    ) throws(APIError) -> ProxyTarget {
        let ports = service["spec", "ports"]?.elements ?? []
        var portName = port
        var isFound = true
        if port.isEmpty {
            if ports.count == 1 { portName = ports[0]["name"]?.string ?? "" }
        } else if let number = Int64(port) {
            // A number stands for the service's port; which port of the pods that is, its name tells.
            isFound = false
            if let match = ports.first(where: { $0["port"]?.int == number }) {
                (portName, isFound) = (match["name"]?.string ?? "", true)
            }
        }
        guard isFound else {
            throw unavailable("no service port \"\(port)\" found for service \"\(name)\"")
        }
        let namespace = service["metadata", "namespace"]?.string ?? ""
        let slices = state.objects(
            GroupResource(group: "discovery.k8s.io", resource: "endpointslices"), namespace: namespace
        ).map(\.document).filter { $0["metadata", "labels", "kubernetes.io/service-name"]?.string == name }
        var targets: [(address: String, port: Int, node: String)] = []
        for slice in slices {
            guard
                let number = (slice["ports"]?.elements ?? []).first(where: { ($0["name"]?.string ?? "") == portName })?[
                    "port"]?.int
            else { continue }
            for endpoint in slice["endpoints"]?.elements ?? [] where endpoint["conditions", "ready"] != false {
                for address in endpoint["addresses"]?.strings ?? [] {
                    targets.append((address, Int(number), endpoint["nodeName"]?.string ?? ""))
                }
            }
        }
        guard !targets.isEmpty else { throw unavailable("no endpoints available for service \"\(name)\"") }
        let chosen = targets[Int(UInt(bitPattern: turn) % UInt(targets.count))]
        try refuseSimulated(chosen.node, "service \"\(name)\"", state)
        guard isProxyable(chosen.address) else { throw .badRequest("address not allowed") }
        return ProxyTarget(
            transport: scheme == "https" ? .anyTLS : .plain, host: chosen.address, port: chosen.port)
    }

    private static func node(_ node: JSON, _ name: String, _ scheme: String, _ port: String) throws(APIError)
        -> ProxyTarget
    {
        if isSimulated(node) {
            throw unavailable("node \"\(name)\" is simulated: no kubelet runs there that could be asked")
        }
        let addresses = node["status", "addresses"]?.elements ?? []
        let order = ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"]
        // A name that the node gives itself need not resolve here: an address goes first.
        let address =
            ["InternalIP", "ExternalIP"].lazy.compactMap { type in
                addresses.first { $0["type"]?.string == type }?["address"]?.string
            }.first
            ?? order.lazy.compactMap { type in
                addresses.first { $0["type"]?.string == type }?["address"]?.string
            }.first
        guard let address, !address.isEmpty else {
            throw .internalError("no preferred addresses found; known addresses: []")
        }
        let own = node["status", "daemonEndpoints", "kubeletEndpoint", "Port"]?.int ?? 0
        guard port.isEmpty || port == String(own) else {
            guard isProxyable(address) else { throw .badRequest("address not allowed") }
            return ProxyTarget(
                transport: scheme == "https" ? .anyTLS : .plain, host: address, port: try number(port, "node"))
        }
        guard own > 0 else {
            throw unavailable("node \"\(name)\" names no kubelet port (status.daemonEndpoints.kubeletEndpoint.Port)")
        }
        return ProxyTarget(transport: .kubelet, host: address, port: Int(own))
    }

    /// A node of this process whose pods have no containers.
    private static func isSimulated(_ node: JSON) -> Bool {
        node["status", "nodeInfo", "containerRuntimeVersion"]?.string?.hasPrefix("simulated://") == true
    }

    private static func refuseSimulated(_ node: String, _ what: String, _ state: ClusterState) throws(APIError) {
        guard !node.isEmpty, let found = state.object(GroupResource(resource: "nodes"), "", node),
            isSimulated(found.document)
        else { return }
        throw unavailable("\(what) is on the simulated node \"\(node)\": no container runs there that could answer")
    }

    private static func number(_ text: String, _ kind: String) throws(APIError) -> Int {
        guard let number = Int(text), (1...65535).contains(number) else {
            throw .badRequest("invalid \(kind) request: \"\(text)\" is no port number")
        }
        return number
    }

    static func unavailable(_ message: String) -> APIError {
        APIError(code: 503, reason: "ServiceUnavailable", message: message)
    }

    /// Loopback, link-local and multicast addresses would reach the server itself or its neighbours.
    static func isProxyable(_ address: String) -> Bool {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        if parts.count == 4 {
            if parts[0] == 127 || parts[0] == 0 || parts[0] >= 224 { return false }
            return !(parts[0] == 169 && parts[1] == 254)
        }
        guard address.contains(":") else { return false }
        let lower = address.lowercased()
        return lower != "::1" && lower != "::" && !lower.hasPrefix("fe8") && !lower.hasPrefix("fe9")
            && !lower.hasPrefix("fea") && !lower.hasPrefix("feb") && !lower.hasPrefix("ff")
            && !lower.hasPrefix("::ffff:127.")
    }
}
