import Document

/// What the parts of a pod's setup need to know of it, in upstream's terms.
struct PodFacts: Sendable {
    enum QoS: String, Sendable {
        case guaranteed = "Guaranteed"
        case burstable = "Burstable"
        case bestEffort = "BestEffort"
    }
    let object: JSON
    let namespace: String
    let name: String
    let uid: String
    var spec: JSON { object["spec"] ?? .null }

    init(_ object: JSON) {
        self.object = object
        namespace = object["metadata", "namespace"]?.string ?? ""
        name = object["metadata", "name"]?.string ?? ""
        uid = object["metadata", "uid"]?.string ?? ""
    }

    var usesHostNetwork: Bool { spec["hostNetwork"]?.bool ?? false }
    var hostname: String {
        let wanted = spec["hostname"]?.string ?? name
        var out = String(wanted.prefix(63))
        while out.hasSuffix("-") || out.hasSuffix(".") { out.removeLast() }
        return out
    }
    /// `web.sub.shop.svc.cluster.local`, for a pod with a subdomain.
    func fullName(_ clusterDomain: String) -> String? {
        guard let subdomain = spec["subdomain"]?.string, !subdomain.isEmpty else { return nil }
        return "\(hostname).\(subdomain).\(namespace).svc.\(clusterDomain)"
    }

    /// Every container of the spec: init, regular, ephemeral.
    var containers: [JSON] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.elements ?? [] }
    }
    func container(_ name: String) -> JSON? { containers.first { $0["name"]?.string == name } }

    var qos: QoS {
        if let known = object["status", "qosClass"]?.string.flatMap(QoS.init(rawValue:)) { return known }
        var isGuaranteed = true
        var hasAny = false
        for container in ["initContainers", "containers"].flatMap({ spec[$0]?.elements ?? [] }) {
            for resource in ["cpu", "memory"] {
                let request = container["resources", "requests", resource].flatMap { Quantity($0) } ?? .zero
                let limit = container["resources", "limits", resource].flatMap { Quantity($0) } ?? .zero
                if !request.isZero || !limit.isZero { hasAny = true }
                if limit.isZero || (!request.isZero && request != limit) { isGuaranteed = false }
            }
        }
        return hasAny ? (isGuaranteed ? .guaranteed : .burstable) : .bestEffort
    }
}
