import Addresses
import Document
import Schema

/// Checks of a Service: upstream's `ValidateService`.
enum ServiceValidation {
    private static let onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

    static func validate(_ service: JSON, old: JSON?) -> [FieldError] {
        var errors: [FieldError] = []
        let fields = ServiceFields(service)
        let spec = fields.spec
        validateHints(service["metadata", "annotations"], &errors)
        let ports = spec.list("ports")
        if ports.isEmpty, !fields.isHeadless, fields.type != "ExternalName" { errors.append(.required("spec.ports")) }
        validateType(fields, &errors)
        var names: Set<String> = []
        for (i, port) in ports.enumerated() where errors.hasRoom {
            validatePort(port, isNameRequired: ports.count > 1, path: "spec.ports[\(i)]", &names, &errors)
        }
        errors += LabelRules.validateLabels(spec["selector"], path: "spec.selector")
        validateAffinity(spec, &errors)
        errors += validateAddresses(service)
        for (i, ip) in spec.list("externalIPs").enumerated() where errors.hasRoom {
            let at = "spec.externalIPs[\(i)]"
            let text = ip.string ?? ""
            let wrong = AddressRules.validateIP(text, path: at)
            errors += wrong.isEmpty ? AddressRules.validateNotSpecial(text, path: at) : wrong
        }
        let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
        if fields.type.isEmpty {
            errors.append(.required("spec.type"))
        } else if !types.contains(fields.type) {
            errors.append(.notSupported("spec.type", .string(fields.type), types))
        }
        validateDuplicates(fields, ports, &errors)
        validateSourceRanges(service, fields, &errors)
        if spec.has("allocateLoadBalancerNodePorts"), !fields.isLoadBalancer {
            errors.append(.forbidden("spec.allocateLoadBalancerNodePorts", onlyLoadBalancer))
        }
        if fields.isLoadBalancer, !spec.has("allocateLoadBalancerNodePorts") {
            errors.append(.required("allocateLoadBalancerNodePorts"))
        }
        validateLoadBalancerClass(fields, &errors)
        validateTrafficPolicies(fields, &errors)
        return errors
    }

    private static func validateHints(_ annotations: JSON?, _ errors: inout [FieldError]) {
        let (oldKey, newKey) = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
        guard let hints = annotations?[oldKey], let mode = annotations?[newKey], hints != mode else { return }
        errors.append(
            .invalid(
                "metadata.annotations[\(newKey)]", mode, "must match annotations[\(oldKey)] when both are specified"))
    }

    private static func validateType(_ fields: ServiceFields, _ errors: inout [FieldError]) {
        switch fields.type {
        case "LoadBalancer", "NodePort":
            if fields.isHeadless {
                errors.append(
                    .invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for \(fields.type) services"))
            }
        case "ExternalName":
            for key in ["clusterIPs", "ipFamilies"] where !fields.spec.list(key).isEmpty {
                errors.append(.forbidden("spec." + key, "may not be set for ExternalName services"))
            }
            if fields.spec.has("ipFamilyPolicy") {
                errors.append(.forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services"))
            }
            var name = fields.spec.text("externalName")
            if name.hasSuffix(".") { name.removeLast() }
            if name.isEmpty {
                errors.append(.required("spec.externalName"))
            } else {
                errors.addInvalid("spec.externalName", .string(name), Names.dnsSubdomain(name))
            }
        default: break
        }
    }

    private static func validatePort(
        _ port: JSON, isNameRequired: Bool, path: String, _ names: inout Set<String>, _ errors: inout [FieldError]
    ) {
        let name = port.text("name")
        if name.isEmpty {
            if isNameRequired { errors.append(.required(path + ".name")) }
        } else {
            errors.addInvalid(path + ".name", .string(name), Names.dnsLabel(name))
            if !names.insert(name).inserted { errors.append(.duplicate(path + ".name", .string(name))) }
        }
        errors += Numbers.port(port.integer("port") ?? 0, path: path + ".port")
        ContainerValidation.validateProtocol(port.text("protocol"), path: path + ".protocol", &errors)
        errors += Numbers.portOrName(port["targetPort"] ?? 0, path: path + ".targetPort")
        if let application = port.given("appProtocol")?.string {
            errors += LabelRules.validateKey(application, path: path + ".appProtocol")
        }
    }

    private static func validateAffinity(_ spec: JSON, _ errors: inout [FieldError]) {
        let affinity = spec.text("sessionAffinity")
        let config = "spec.sessionAffinityConfig"
        switch affinity {
        case "": errors.append(.required("spec.sessionAffinity"))
        case "None":
            if spec.has("sessionAffinityConfig") {
                errors.append(.forbidden(config, "must not be set when session affinity is None"))
            }
        case "ClientIP":
            guard let timeout = spec["sessionAffinityConfig", "clientIP", "timeoutSeconds"]?.int else {
                errors.append(.required(config, "when session affinity type is ClientIP"))
                return
            }
            if timeout <= 0 || timeout > 86400 {
                errors.append(
                    .invalid(
                        config + ".clientIP.timeoutSeconds", .int(timeout), "must be greater than 0 and less than 86400"
                    ))
            }
        default: errors.append(.notSupported("spec.sessionAffinity", .string(affinity), ["ClientIP", "None"]))
        }
    }

    /// `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` among themselves.
    static func validateAddresses(_ service: JSON) -> [FieldError] {
        let fields = ServiceFields(service)
        let spec = fields.spec
        if fields.type == "ExternalName" { return [] }
        var errors: [FieldError] = []
        let path = "spec.clusterIPs"
        let all = fields.clusterIPs
        let shown = spec["clusterIPs"] ?? .null
        let single = spec.text("clusterIP")
        if single.isEmpty {
            if !all.isEmpty { errors.append(.invalid(path, shown, "must be empty when `clusterIP` is not specified")) }
        } else if all.isEmpty {
            errors.append(.required(path))
        } else if all[0] != single {
            errors.append(.invalid(path, shown, "first value must match `clusterIP`"))
        }
        let families = spec.list("ipFamilies")
        for (i, family) in families.enumerated() where errors.hasRoom {
            if family != "IPv4", family != "IPv6" {
                errors.append(.notSupported("spec.ipFamilies[\(i)]", family, ["IPv4", "IPv6"]))
            }
            if families[..<i].contains(family) { errors.append(.duplicate("spec.ipFamilies[\(i)]", family)) }
        }
        let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"]
        if let policy = spec.given("ipFamilyPolicy")?.string, !policies.contains(policy) {
            errors.append(.notSupported("spec.ipFamilyPolicy", .string(policy), policies))
        }
        var isBroken = false
        for (i, ip) in all.enumerated() where errors.hasRoom {
            if i == 0, ip == "None" {
                if all.count > 1 {
                    isBroken = true
                    errors.append(.invalid(path, shown, "'None' must be the first and only value"))
                }
                continue
            }
            let wrong = AddressRules.validateIP(ip, path: "\(path)[\(i)]")
            isBroken = isBroken || !wrong.isEmpty
            errors += wrong
        }
        if all.count > 2 { errors.append(.invalid(path, shown, "may only hold up to 2 values")) }
        if isBroken { return errors }
        if all.count > 1, Set(all.compactMap { IPAddress($0)?.isIPv6 }).count < 2 {
            errors.append(.invalid(path, shown, "may specify no more than one IP for each IP family"))
        }
        if !fields.isHeadless {
            for (i, (ip, family)) in zip(all, families).enumerated() where errors.hasRoom {
                let isIPv6 = IPAddress(ip)?.isIPv6 ?? false
                guard let wanted = family.string, (wanted == "IPv6") != isIPv6, wanted == "IPv4" || wanted == "IPv6"
                else { continue }
                errors.append(
                    .invalid(
                        "\(path)[\(i)]", .string(ip), "expected an \(wanted) value as indicated by `ipFamilies[\(i)]`"))
            }
        }
        return errors
    }

    private static func validateDuplicates(_ fields: ServiceFields, _ ports: [JSON], _ errors: inout [FieldError]) {
        if fields.type == "ClusterIP" {
            for (i, port) in ports.enumerated()
            where errors.hasRoom && (port.integer("nodePort") ?? 0) != 0 {
                errors.append(.forbidden("spec.ports[\(i)].nodePort", "may not be used when `type` is 'ClusterIP'"))
            }
        }
        var seen: Set<String> = []
        for (i, port) in ports.enumerated() where errors.hasRoom {
            guard let number = port.integer("nodePort"), number != 0 else { continue }
            if !seen.insert("\(port.text("protocol"))/\(number)").inserted {
                errors.append(.duplicate("spec.ports[\(i)].nodePort", .int(number)))
            }
        }
        seen = []
        for (i, port) in ports.enumerated()
        where !seen.insert("\(port.text("protocol"))/\(port.integer("port") ?? 0)").inserted {
            let key: JSON = ["protocol": port["protocol"] ?? "", "port": port["port"] ?? 0]
            errors.append(.duplicateDump("spec.ports[\(i)]", InternalForm.text(key, "ServicePort")))
        }
    }

    private static func validateSourceRanges(_ service: JSON, _ fields: ServiceFields, _ errors: inout [FieldError]) {
        let ranges = fields.spec.list("loadBalancerSourceRanges")
        let annotation = "service.beta.kubernetes.io/load-balancer-source-ranges"
        func trimmed(_ text: some StringProtocol) -> String {
            let isSpace: (Character) -> Bool = { $0.isWhitespace }
            return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        }
        if !ranges.isEmpty {
            let path = "spec.LoadBalancerSourceRanges"
            if !fields.isLoadBalancer { errors.append(.forbidden(path, onlyLoadBalancer)) }
            for (i, range) in ranges.enumerated() where errors.hasRoom {
                errors += AddressRules.validateCIDR(trimmed(range.string ?? ""), path: "\(path)[\(i)]")
            }
        } else if let value = service["metadata", "annotations", annotation]?.string {
            let path = "metadata.annotations[\(annotation)]"
            if !fields.isLoadBalancer { errors.append(.forbidden(path, onlyLoadBalancer)) }
            if trimmed(value).isEmpty { return }
            for range in value.split(separator: ",", omittingEmptySubsequences: false) where errors.hasRoom {
                errors += AddressRules.validateCIDR(trimmed(range), path: path)
            }
        }
    }

    static func validateLoadBalancerClass(_ fields: ServiceFields, _ errors: inout [FieldError]) {
        guard let name = fields.spec.given("loadBalancerClass")?.string else { return }
        if fields.isLoadBalancer {
            errors += LabelRules.validateKey(name, path: "spec.loadBalancerClass")
        } else {
            errors.append(.forbidden("spec.loadBalancerClass", onlyLoadBalancer))
        }
    }

    private static func validateTrafficPolicies(_ fields: ServiceFields, _ errors: inout [FieldError]) {
        let spec = fields.spec
        let external = spec.text("externalTrafficPolicy")
        if !fields.isExternallyAccessible {
            if !external.isEmpty {
                errors.append(
                    .invalid(
                        "spec.externalTrafficPolicy", .string(external),
                        "may only be set for externally-accessible services"))
            }
        } else if external.isEmpty {
            errors.append(.required("spec.externalTrafficPolicy"))
        } else if external != "Cluster", external != "Local" {
            errors.append(.notSupported("spec.externalTrafficPolicy", .string(external), ["Cluster", "Local"]))
        }
        let check = spec.integer("healthCheckNodePort") ?? 0
        if !fields.needsHealthCheck {
            if check != 0 {
                errors.append(
                    .invalid(
                        "spec.healthCheckNodePort", .int(check),
                        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
            }
        } else if check == 0 {
            errors.append(.required("spec.healthCheckNodePort"))
        } else {
            errors += Numbers.port(check, path: "spec.healthCheckNodePort")
        }
        if let policy = spec.given("internalTrafficPolicy")?.string {
            if policy != "Cluster", policy != "Local" {
                errors.append(.notSupported("spec.internalTrafficPolicy", .string(policy), ["Cluster", "Local"]))
            }
        } else if fields.needsClusterIP {
            errors.append(.required("spec.internalTrafficPolicy"))
        }
        let distributions = ["PreferClose", "PreferSameNode", "PreferSameZone"]
        if let distribution = spec.given("trafficDistribution")?.string, !distributions.contains(distribution) {
            errors.append(
                .notSupported(
                    "spec.trafficDistribution", .string(distribution),
                    ["PreferClose", "PreferSameZone", "PreferSameNode"]))
        }
    }

    static func validateStatus(_ service: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        let path = "status.loadBalancer.ingress"
        let list = service["status", "loadBalancer"]?.list("ingress") ?? []
        if !ServiceFields(service).isLoadBalancer, !list.isEmpty {
            return [.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
        }
        for (i, ingress) in list.enumerated() where errors.hasRoom {
            let at = "\(path)[\(i)]"
            let ip = ingress.text("ip")
            errors += validateAddress(ingress, at)
            if let mode = ingress.given("ipMode")?.string {
                if ip.isEmpty {
                    errors.append(.forbidden(at + ".ipMode", "may not be specified when `ip` is not set"))
                } else if mode != "VIP", mode != "Proxy" {
                    errors.append(.notSupported(at + ".ipMode", .string(mode), ["Proxy", "VIP"]))
                }
            } else if !ip.isEmpty {
                errors.append(.required(at + ".ipMode", "must be specified when `ip` is set"))
            }
            errors += validateHost(ingress, at)
        }
        return errors
    }

    /// Where a load balancer is reached: an address, a name, or both.
    static func validateWhere(_ ingress: JSON, _ at: String) -> [FieldError] {
        validateAddress(ingress, at) + validateHost(ingress, at)
    }

    private static func validateAddress(_ ingress: JSON, _ at: String) -> [FieldError] {
        let ip = ingress.text("ip")
        return ip.isEmpty ? [] : AddressRules.validateIP(ip, path: at + ".ip")
    }

    private static func validateHost(_ ingress: JSON, _ at: String) -> [FieldError] {
        let host = ingress.text("hostname")
        if host.isEmpty { return [] }
        var errors: [FieldError] = []
        errors.addInvalid(at + ".hostname", .string(host), Names.dnsSubdomain(host))
        if IPAddress(host) != nil {
            errors.append(.invalid(at + ".hostname", .string(host), "must be a DNS name, not an IP address"))
        }
        return errors
    }
}
