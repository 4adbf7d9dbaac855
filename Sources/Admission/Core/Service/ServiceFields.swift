import Document

/// What a Service's type means for its other fields.
struct ServiceFields {
    let spec: JSON
    init(_ service: JSON) { spec = service["spec"] ?? [:] }

    var type: String { spec.text("type") }
    var clusterIPs: [String] { spec.list("clusterIPs").compactMap(\.string) }
    var isHeadless: Bool { clusterIPs == ["None"] }
    var isLoadBalancer: Bool { type == "LoadBalancer" }
    var needsClusterIP: Bool { type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer" }
    var needsNodePort: Bool { type == "NodePort" || type == "LoadBalancer" }
    var isExternallyAccessible: Bool {
        type == "LoadBalancer" || type == "NodePort" || (type == "ClusterIP" && !spec.list("externalIPs").isEmpty)
    }
    var needsHealthCheck: Bool { type == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local" }
    /// Whether ports that ask for none get a node port.
    var allocatesNodePorts: Bool {
        type == "NodePort" || (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"]?.bool != false)
    }
    var nodePorts: [Int64] { spec.list("ports").compactMap { $0.integer("nodePort") }.filter { $0 != 0 } }
}
