import Document
import Schema

/// Services: types, addresses and ports that the server gives, and what of them may change.
struct ServiceRules: KindRules {
    var nameRule: NameRule { .dnsLabel }
    var countsGeneration: Bool { false }

    func setDefaults(_ service: inout JSON) {
        service.fill("spec", [:])
        service.modify("spec") { spec in
            spec.fillText("sessionAffinity", "None")
            switch spec.text("sessionAffinity") {
            case "None": spec["sessionAffinityConfig"] = nil
            case "ClientIP":
                if spec["sessionAffinityConfig", "clientIP", "timeoutSeconds"]?.int == nil {
                    spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
                }
            default: break
            }
            spec.fillText("type", "ClusterIP")
            spec.modify("ports") { ports in
                ports.modifyElements { _, port in
                    port.fillText("protocol", "TCP")
                    let target = port["targetPort"] ?? .null
                    if target.isEmptyValue, let number = port["port"] { port["targetPort"] = number }
                }
            }
            let fields = ServiceFields(["spec": spec])
            if fields.isExternallyAccessible { spec.fillText("externalTrafficPolicy", "Cluster") }
            if fields.needsClusterIP { spec.fill("internalTrafficPolicy", "Cluster") }
            if fields.isLoadBalancer { spec.fill("allocateLoadBalancerNodePorts", true) }
        }
        service.fill("status", [:])
        service.modify("status") { status in
            status.fill("loadBalancer", [:])
        }
        guard service["spec"]?.text("type") == "LoadBalancer" else { return }
        service.modify("status") { status in
            status.modify("loadBalancer") { balancer in
                balancer.modify("ingress") { list in
                    list.modifyElements { _, ingress in if !ingress.text("ip").isEmpty { ingress.fill("ipMode", "VIP") }
                    }
                }
            }
        }
    }

    func prepareForCreate(_ service: inout JSON, _ context: inout WriteContext) throws(APIError) {
        service["status"] = ["loadBalancer": [:]]
        ServiceTransitions.alignAddresses(&service, old: nil)
        try ServiceFamilies.fill(&service, old: nil)
        try ServiceAllocation.allocate(&service, old: nil, &context)
    }

    func prepareForUpdate(_ service: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" {
            service["spec"] = old["spec"]
            return
        }
        service["status"] = old["status"]
        ServiceTransitions.keepAllocated(&service, old: old)
        ServiceTransitions.alignAddresses(&service, old: old)
        ServiceTransitions.dropUnneeded(&service, old: old)
        try ServiceFamilies.fill(&service, old: old)
        try ServiceAllocation.allocate(&service, old: old, &context)
        if ServiceFields(old).isLoadBalancer, !ServiceFields(service).isLoadBalancer {
            service["status", "loadBalancer"] = [:]
        }
    }

    func validateCreate(_ service: JSON, _ context: WriteContext) -> [FieldError] {
        ServiceValidation.validate(service, old: nil)
    }

    func validateUpdate(_ service: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(service, old: old)
        if subresource == "status" { return errors + ServiceValidation.validateStatus(service) }
        return errors + ServiceUpdate.validate(service, old: old)
            + ObjectMetaRules.validateCreate(service["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + ServiceValidation.validate(service, old: old)
    }

    func warnings(_ service: JSON, old: JSON?) -> [String] {
        var out: [String] = []
        let spec = service["spec"] ?? [:]
        let annotations = service["metadata", "annotations"]
        if annotations?.has("service.kubernetes.io/topology-aware-hints") ?? false {
            out.append(
                "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead"
            )
        }
        let fields = ServiceFields(service)
        let externalIPs = spec.list("externalIPs")
        let isExternalName = spec.text("type") == "ExternalName"
        let isHeadless = fields.isHeadless && fields.type == "ClusterIP"
        if fields.needsClusterIP, !fields.isHeadless {
            for (i, ip) in fields.clusterIPs.enumerated() {
                out += AddressRules.warnings(forIP: ip, path: "spec.clusterIPs[\(i)]")
            }
        }
        if isHeadless {
            if !spec.text("loadBalancerIP").isEmpty {
                out.append("spec.loadBalancerIP is ignored for headless services")
            }
            if !externalIPs.isEmpty { out.append("spec.externalIPs is ignored for headless services") }
            if spec.text("sessionAffinity") != "None" {
                out.append("spec.SessionAffinity is ignored for headless services")
            }
        }
        for (i, ip) in externalIPs.enumerated() {
            out += AddressRules.warnings(forIP: ip.string ?? "", path: "spec.externalIPs[\(i)]")
        }
        if !externalIPs.isEmpty, !isHeadless, !isExternalName {
            out.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        if !spec.text("loadBalancerIP").isEmpty {
            out += AddressRules.warnings(forIP: spec.text("loadBalancerIP"), path: "spec.loadBalancerIP")
        }
        for (i, range) in spec.list("loadBalancerSourceRanges").enumerated() {
            out += AddressRules.warnings(forCIDR: range.string ?? "", path: "spec.loadBalancerSourceRanges[\(i)]")
        }
        if isExternalName, !externalIPs.isEmpty {
            out.append("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
        }
        if !isExternalName, !spec.text("externalName").isEmpty {
            out.append("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec.text("trafficDistribution") == "PreferClose" {
            out.append("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
        return out
    }
}
