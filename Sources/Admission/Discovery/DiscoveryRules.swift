import Addresses
import Document
import Schema

/// The rules of this group's kinds.
enum DiscoveryRules {
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: "discovery.k8s.io", resource: "endpointslices"), EndpointSliceRules())
    ]
}

struct EndpointSliceRules: KindRules {
    private static let addressesMax = 100
    private static let endpointsMax = 1000
    private static let portsMax = 20000
    private static let hintsMax = 8

    func setDefaults(_ object: inout JSON) {
        object.modify("ports") { ports in
            ports.modifyElements { _, port in
                port.fill("name", "")
                port.fill("protocol", "TCP")
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        EndpointSliceRules.dropTopology(&object)
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        EndpointSliceRules.dropTopology(&object)
    }

    /// A field of the beta version that this one only shows.
    private static func dropTopology(_ object: inout JSON) {
        guard object.list("endpoints").contains(where: { $0.has("deprecatedTopology") }) else { return }
        object.modify("endpoints") { $0.modifyElements { _, endpoint in endpoint["deprecatedTopology"] = nil } }
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        object.text("addressType") == "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : []
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let type = object.text("addressType")
        let types = ["FQDN", "IPv4", "IPv6"]
        if type.isEmpty {
            errors.append(.required("addressType"))
        } else if !types.contains(type) {
            errors.append(.notSupported("addressType", .string(type), types))
        }
        let endpoints = object.list("endpoints")
        if endpoints.count > EndpointSliceRules.endpointsMax {
            errors.append(.tooMany("endpoints", endpoints.count, EndpointSliceRules.endpointsMax))
        } else {
            for (i, endpoint) in endpoints.enumerated() { validate(endpoint, type, "endpoints[\(i)]", &errors) }
        }
        validatePorts(object.list("ports"), &errors)
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateCreate(object, context)
            + Immutability.check(object["addressType"], old["addressType"], path: "addressType")
    }

    private func validate(_ endpoint: JSON, _ type: String, _ at: String, _ errors: inout [FieldError]) {
        let addresses = endpoint["addresses"]?.strings ?? []
        if addresses.isEmpty {
            errors.append(.required(at + ".addresses", "must contain at least 1 address"))
        } else if addresses.count > EndpointSliceRules.addressesMax {
            errors.append(.tooMany(at + ".addresses", addresses.count, EndpointSliceRules.addressesMax))
        }
        for (i, address) in addresses.enumerated() where errors.hasRoom {
            let path = "\(at).addresses[\(i)]"
            switch type {
            case "IPv4", "IPv6":
                let wrong = AddressRules.validateIP(address, path: path)
                errors += wrong
                if wrong.isEmpty, IPAddress(address)?.isIPv6 != (type == "IPv6") {
                    errors.append(.invalid(path, .string(address), "must be an \(type) address"))
                }
                if wrong.isEmpty { errors += AddressRules.validateNotSpecial(address, path: path) }
            case "FQDN" where address.isEmpty: errors.append(.required(path))
            case "FQDN": errors.addInvalid(path, .string(address), Names.dnsSubdomain(address))
            default: break
            }
        }
        if let name = endpoint["nodeName"]?.string {
            errors.addInvalid(at + ".nodeName", .string(name), Names.dnsSubdomain(name))
        }
        if let name = endpoint["hostname"]?.string {
            errors.addInvalid(at + ".hostname", .string(name), Names.dnsLabel(name))
        }
        for (i, zone) in (endpoint["hints"]?.list("forZones") ?? []).enumerated() where errors.hasRoom {
            let name = zone.text("name")
            errors.addInvalid("\(at).hints.forZones[\(i)].name", .string(name), Names.labelValue(name))
        }
        var nodes: Set<String> = []
        for (i, node) in (endpoint["hints"]?.list("forNodes") ?? []).enumerated() {
            let name = node.text("name")
            if !nodes.insert(name).inserted {
                errors.append(.duplicate("\(at).hints.forNodes[\(i)].name", .string(name)))
            }
            errors.addInvalid("\(at).hints.forNodes[\(i)].name", .string(name), Names.dnsSubdomain(name))
        }
    }

    private func validatePorts(_ ports: [JSON], _ errors: inout [FieldError]) {
        if ports.count > EndpointSliceRules.portsMax {
            errors.append(.tooMany("ports", ports.count, EndpointSliceRules.portsMax))
            return
        }
        var names: Set<String> = []
        for (i, port) in ports.enumerated() where errors.hasRoom {
            let at = "ports[\(i)]"
            let name = port.text("name")
            if !name.isEmpty { errors.addInvalid(at + ".name", .string(name), Names.dnsLabel(name)) }
            if !names.insert(name).inserted { errors.append(.duplicate(at + ".name", .string(name))) }
            let transport = port["protocol"]?.string
            if let transport, !["TCP", "UDP", "SCTP"].contains(transport) {
                errors.append(.notSupported(at + ".protocol", .string(transport), ["SCTP", "TCP", "UDP"]))
            } else if transport == nil {
                errors.append(.required(at + ".protocol"))
            }
            if let application = port["appProtocol"]?.string {
                errors.addInvalid(at + ".appProtocol", .string(application), Names.qualifiedName(application))
            }
        }
    }
}
