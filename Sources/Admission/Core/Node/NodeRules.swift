import Addresses
import Document
import Schema

/// Nodes.
struct NodeRules: KindRules {
    var countsGeneration: Bool { false }
    private static let keepOnce = "node updates may not change podCIDR except from \"\" to valid"

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.fill("status", [:])
        // Kubelets took their configuration from the API once.
        object.modify("spec") { $0["configSource"] = Optional.none }
        object.modify("status") { status in
            if !status.has("allocatable"), let capacity = status.given("capacity") { status["allocatable"] = capacity }
        }
        // The first of the ranges is also kept under its old name.
        let first = object["spec"]?.text("podCIDR") ?? ""
        let all = object["spec"]?.list("podCIDRs") ?? []
        if !first.isEmpty, all.first?.string != first { object["spec", "podCIDRs"] = [.string(first)] }
        if first.isEmpty, let range = all.first { object["spec", "podCIDR"] = range }
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        guard subresource == "status" else {
            object["status"] = old["status"]
            return
        }
        object["spec"] = old["spec"]
        // Kubelets took their configuration from the API once.
        if old["status"]?.given("config") == nil { object["status", "config"] = nil }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        validateTaints(spec.list("taints"), &errors)
        validateAmounts(object["status"], &errors)
        let ranges = spec.list("podCIDRs")
        for (i, range) in ranges.enumerated() where errors.hasRoom {
            errors += AddressRules.validateCIDR(range.string ?? "", path: "spec.podCIDRs[\(i)]")
        }
        if ranges.count > 1 {
            let families = Set(ranges.compactMap { AddressRange($0.string ?? "")?.address.isIPv6 })
            if families.count < 2 || ranges.count > 2 {
                errors.append(
                    .invalid("spec.podCIDRs", .array(ranges), "may specify no more than one CIDR for each IP family"))
            }
        }
        return errors
    }

    private func validateTaints(_ taints: [JSON], _ errors: inout [FieldError]) {
        var seen: Set<String> = []
        for (i, taint) in taints.enumerated() where errors.hasRoom {
            let at = "metadata.taints[\(i)]"
            let key = taint.text("key")
            errors += LabelRules.validateKey(key, path: at + ".key")
            let wrong = Names.labelValue(taint.text("value"))
            if !wrong.isEmpty {
                errors.append(.invalid(at + ".value", .string(taint.text("value")), wrong.joined(separator: ";")))
            }
            SchedulingValidation.validateEffect(taint.text("effect"), path: at + ".effect", &errors)
            if !seen.insert(taint.text("effect") + "/" + key).inserted {
                errors.append(
                    .duplicateDump(
                        at, InternalForm.text(taint, "Taint"), "taints must be unique by key and effect pair"))
            }
        }
    }

    private func validateAmounts(_ status: JSON?, _ errors: inout [FieldError]) {
        for list in ["capacity", "allocatable"] {
            for (name, value) in status?[list]?.entries ?? JSONObject() where errors.hasRoom {
                errors += ResourceNames.validateAmount(name, value, path: "status.\(list).\(name)")
            }
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        if subresource.isEmpty {
            // The whole node is looked at before its change is; what both find is named twice.
            errors += ObjectMetaRules.validateCreate(
                object["metadata"] ?? .null, isNamespaced: false, nameRule: nameRule)
            errors += validateCreate(object, context)
        }
        errors += ObjectMetaRules.revalidate(object, old: old)
        validateAmounts(object["status"], &errors)
        var seen: [JSON] = []
        for (i, address) in (object["status"]?.list("addresses") ?? []).enumerated()
        where errors.hasRoom {
            if seen.contains(address) {
                errors.append(.duplicateDump("status.addresses[\(i)]", InternalForm.text(address, "NodeAddress")))
            }
            seen.append(address)
        }
        let (spec, before) = (object["spec"] ?? [:], old["spec"] ?? [:])
        let (ranges, previous) = (spec.list("podCIDRs"), before.list("podCIDRs"))
        if !previous.isEmpty {
            if ranges.count != previous.count {
                errors.append(.forbidden("spec.podCIDRs", NodeRules.keepOnce))
            } else {
                for (new, old) in zip(ranges, previous) where errors.hasRoom && new != old {
                    errors.append(.forbidden("spec.podCIDRs", NodeRules.keepOnce))
                }
            }
        }
        let provider = before.text("providerID")
        if !provider.isEmpty, spec.text("providerID") != provider {
            errors.append(
                .forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid"))
        }
        validateTaints(spec.list("taints"), &errors)
        if spec.text("externalID") != before.text("externalID") {
            errors.append(.forbidden("spec.externalID", "may not be updated"))
        }
        return errors
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out: [String] = []
        if object["spec"]?.has("configSource") ?? false {
            out.append("spec.configSource: the feature is no longer supported")
        }
        if !(object["spec"]?.text("externalID") ?? "").isEmpty {
            out.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
        }
        for (i, range) in (object["spec"]?.list("podCIDRs") ?? []).enumerated() {
            out += AddressRules.warnings(forCIDR: range.string ?? "", path: "spec.podCIDRs[\(i)]")
        }
        return out
    }
}
