import Document
import Schema

/// Endpoints.
struct EndpointsRules: KindRules {
    var allowsCreateOnUpdate: Bool { true }
    var countsGeneration: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("subsets") { subsets in
            subsets.modifyElements { _, subset in
                subset.modify("ports") { ports in ports.modifyElements { _, port in port.fillText("protocol", "TCP") } }
            }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        for (i, subset) in object.list("subsets").enumerated() where errors.hasRoom {
            let at = "subsets[\(i)]"
            if subset.list("addresses").isEmpty, subset.list("notReadyAddresses").isEmpty {
                errors.append(.required(at, "must specify `addresses` or `notReadyAddresses`"))
            }
            for key in ["addresses", "notReadyAddresses"] {
                for (j, address) in subset.list(key).enumerated() where errors.hasRoom {
                    validateAddress(address, path: "\(at).\(key)[\(j)]", &errors)
                }
            }
            let ports = subset.list("ports")
            for (j, port) in ports.enumerated() where errors.hasRoom {
                validatePort(port, isNameRequired: ports.count > 1, path: "\(at).ports[\(j)]", &errors)
            }
        }
        return errors
    }

    private func validateAddress(_ address: JSON, path: String, _ errors: inout [FieldError]) {
        let ip = address.text("ip")
        errors += AddressRules.validateIP(ip, path: path + ".ip")
        let host = address.text("hostname")
        if !host.isEmpty { errors.addInvalid(path + ".hostname", .string(host), Names.dnsLabel(host)) }
        if let node = address.given("nodeName")?.string {
            errors.addInvalid(path + ".nodeName", .string(node), Names.dnsSubdomain(node))
        }
        errors += AddressRules.validateNotSpecial(ip, path: path + ".ip")
    }

    private func validatePort(_ port: JSON, isNameRequired: Bool, path: String, _ errors: inout [FieldError]) {
        let name = port.text("name")
        if name.isEmpty {
            if isNameRequired { errors.append(.required(path + ".name")) }
        } else {
            errors.addInvalid(path + ".name", .string(name), Names.dnsLabel(name))
        }
        errors += Numbers.port(port.integer("port") ?? 0, path: path + ".port")
        ContainerValidation.validateProtocol(port.text("protocol"), path: path + ".protocol", &errors)
        if let application = port.given("appProtocol")?.string {
            errors += LabelRules.validateKey(application, path: path + ".appProtocol")
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old)
            + ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + validateCreate(object, context)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out: [String] = []
        for (i, subset) in object.list("subsets").enumerated() {
            for key in ["addresses", "notReadyAddresses"] {
                for (j, address) in subset.list(key).enumerated() {
                    out += AddressRules.warnings(forIP: address.text("ip"), path: "subsets[\(i)].\(key)[\(j)].ip")
                }
            }
        }
        return out
    }
}
