import Addresses
import Document
import Schema

struct NetworkPolicyRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            for direction in ["ingress", "egress"] {
                spec.modify(direction) { rules in
                    rules.modifyElements { _, rule in
                        rule.modify("ports") { $0.modifyElements { _, port in port.fill("protocol", "TCP") } }
                    }
                }
            }
            if spec.list("policyTypes").isEmpty {
                spec["policyTypes"] = spec.list("egress").isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
            }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors = LabelRules.validateSelector(spec["podSelector"], path: "spec.podSelector")
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for (i, rule) in spec.list(direction).enumerated() where errors.hasRoom {
                let at = "spec.\(direction)[\(i)]"
                for (k, port) in rule.list("ports").enumerated() { validatePort(port, "\(at).ports[\(k)]", &errors) }
                for (k, peer) in rule.list(peers).enumerated() { validatePeer(peer, "\(at).\(peers)[\(k)]", &errors) }
            }
        }
        let types = spec["policyTypes"]?.strings ?? []
        if types.count > 2 {
            errors.append(
                .invalid(
                    "spec.policyTypes", .array(spec.list("policyTypes")), "may not specify more than two policyTypes"))
            return errors
        }
        for (i, type) in types.enumerated()
        where errors.hasRoom && type != "Ingress" && type != "Egress" {
            errors.append(.notSupported("spec.policyTypes[\(i)]", .string(type), ["Ingress", "Egress"]))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateCreate(object, context)
    }

    private func validatePort(_ port: JSON, _ at: String, _ errors: inout [FieldError]) {
        if let name = port["protocol"]?.string, !["TCP", "UDP", "SCTP"].contains(name) {
            errors.append(.notSupported(at + ".protocol", .string(name), ["TCP", "UDP", "SCTP"]))
        }
        switch port["port"] {
        case .int(let number)?:
            errors += Numbers.port(number, path: at + ".port")
            if let end = port.integer("endPort") {
                if end < number {
                    errors.append(.invalid(at + ".endPort", .int(number), "must be greater than or equal to `port`"))
                }
                errors += Numbers.port(end, path: at + ".endPort")
            }
        case .string(let name)?:
            if let end = port.integer("endPort") {
                errors.append(.invalid(at + ".endPort", .int(end), "may not be specified when `port` is non-numeric"))
            }
            errors.addInvalid(at + ".port", .string(name), Names.portName(name))
        default:
            if let end = port.integer("endPort") {
                errors.append(.invalid(at + ".endPort", .int(end), "may not be specified when `port` is not specified"))
            }
        }
    }

    private func validatePeer(_ peer: JSON, _ at: String, _ errors: inout [FieldError]) {
        var count = 0
        for selector in ["podSelector", "namespaceSelector"] {
            guard let given = peer.given(selector) else { continue }
            count += 1
            errors += LabelRules.validateSelector(given, path: "\(at).\(selector)")
        }
        if let block = peer.given("ipBlock") {
            count += 1
            validateBlock(block, at + ".ipBlock", &errors)
            if count > 1 { errors.append(.forbidden(at, "may not specify both ipBlock and another peer")) }
        }
        if count == 0 { errors.append(.required(at, "must specify a peer")) }
    }

    private func validateBlock(_ block: JSON, _ at: String, _ errors: inout [FieldError]) {
        let cidr = block.text("cidr")
        if cidr.isEmpty {
            errors.append(.required(at + ".cidr"))
            return
        }
        let wrong = AddressRules.validateCIDR(cidr, path: at + ".cidr")
        errors += wrong
        guard wrong.isEmpty, let range = AddressRange(cidr) else { return }
        for (i, text) in (block["except"]?.strings ?? []).enumerated() where errors.hasRoom {
            let path = "\(at).except[\(i)]"
            let wrong = AddressRules.validateCIDR(text, path: path)
            errors += wrong
            guard wrong.isEmpty, let inner = AddressRange(text) else { continue }
            if !range.contains(inner.base) || inner.prefixLength <= range.prefixLength {
                errors.append(.invalid(path, .string(text), "must be a strict subset of `cidr`"))
            }
        }
    }
}
