import Document
import Records
import Schema

struct ResourceSliceRules: KindRules {
    private static let devicesMax = 128
    /// Devices with taints or counters take more to check.
    private static let elaborateDevicesMax = 64
    private static let counterSetsMax = 8

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        settle(&object, context.now)
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        settle(&object, context.now)
    }

    /// Taints say since when they are there; what is not served yet is forgotten.
    private func settle(_ object: inout JSON, _ now: Timestamp) {
        object.modify("spec") { spec in
            spec.modify("devices") { devices in
                devices.modifyElements { _, device in
                    device["nodeAllocatableResourceMappings"] = nil
                    device.modify("taints") { taints in
                        taints.modifyElements { _, taint in taint.fill("timeAdded", .string(now.rfc3339)) }
                    }
                    device.modify("attributes") { attributes in
                        for key in attributes.object.map({ $0.map(\.key) }) ?? [] {
                            for list in ["bools", "ints", "strings", "versions"] { attributes[key, list] = nil }
                        }
                    }
                }
            }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        validateSpec(object["spec"] ?? .null, old: nil)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateSpec(object["spec"] ?? .null, old: old["spec"])
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        let driver = object["spec"]?.text("driver") ?? ""
        if driver == driver.lowercased() { return [] }
        return [
            "spec.driver: driver names should be lowercase; \(JSON.string(driver).text) contains uppercase characters"
        ]
    }

    private func validateSpec(_ spec: JSON, old: JSON?) -> [FieldError] {
        var errors = CSIDriverName.validate(spec.text("driver"), path: "spec.driver")
        let pool = spec["pool"] ?? .null
        errors += DeviceNames.validatePool(pool.text("name"), "spec.pool.name")
        let count = pool.integer("resourceSliceCount") ?? 0
        if count <= 0 { errors.append(.invalid("spec.pool.resourceSliceCount", .int(count), Message.positive)) }
        if let generation = pool.integer("generation"), generation < 0 {
            errors.append(
                .invalid("spec.pool.generation", .int(generation), "must be greater than or equal to zero"))
        }
        if let old {
            for path in [["pool", "name"], ["driver"], ["nodeName"]] {
                errors += Immutability.check(spec[path], old[path], path: "spec." + path.joined(separator: "."))
            }
        }
        validatePlaces(spec, &errors)
        let devices = spec.list("devices")
        if spec.has("sharedCounters"), spec.has("devices") {
            errors.append(.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"))
        }
        let isElaborate = devices.contains { !$0.list("taints").isEmpty || !$0.list("consumesCounters").isEmpty }
        let known = Dictionary(
            (old?.list("devices") ?? []).map { ($0.text("name"), $0) }, uniquingKeysWith: { first, _ in first })
        let devicesMax = isElaborate ? ResourceSliceRules.elaborateDevicesMax : ResourceSliceRules.devicesMax
        DeviceClaimRules.validateSet(devices, devicesMax, "spec.devices", &errors) { device, path, errors in
            DeviceRules.validate(
                device, old: known[device.text("name")], path,
                choosesNodes: spec.flag("perDeviceNodeSelection"), &errors)
        } key: {
            .string($0.text("name"))
        }
        DeviceClaimRules.validateSet(
            spec.list("sharedCounters"), ResourceSliceRules.counterSetsMax, "spec.sharedCounters", &errors
        ) { set, path, errors in
            DeviceRules.validateCounters(set, named: "name", path, &errors)
        } key: {
            .string($0.text("name"))
        }
        return errors
    }

    /// Exactly one way of saying on which nodes the devices are.
    private func validatePlaces(_ spec: JSON, _ errors: inout [FieldError]) {
        var places: [String] = []
        if let node = spec["nodeName"]?.string {
            if node.isEmpty {
                errors.append(
                    .invalid("spec.nodeName", .string(node), "must be either unset or set to a non-empty string"))
            } else {
                places.append("`nodeName`")
                errors.addInvalid("spec.nodeName", .string(node), Names.dnsSubdomain(node))
            }
        }
        if let selector = spec.given("nodeSelector") {
            places.append("`nodeSelector`")
            AffinityValidation.validateNodeSelector(selector, path: "spec.nodeSelector", &errors)
            let terms = selector.list("nodeSelectorTerms")
            if terms.count != 1 {
                errors.append(
                    .invalidDump(
                        "spec.nodeSelector.nodeSelectorTerms",
                        terms.isEmpty
                            ? "null"
                            : "["
                                + terms.map { InternalForm.text($0, "NodeSelectorTerm") }.joined(separator: ",") + "]",
                        "must have exactly one node selector term"))
            }
        }
        for field in ["allNodes", "perDeviceNodeSelection"] {
            guard let flag = spec[field]?.bool else { continue }
            if flag {
                places.append("`\(field)`")
            } else {
                errors.append(.invalid("spec." + field, .bool(flag), "must be either unset or set to true"))
            }
        }
        if places.count == 1 { return }
        let text = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        errors.append(
            places.isEmpty
                ? .required("spec", text)
                : .invalid(
                    "spec", .string("{\(places.joined(separator: ", "))}"), text + ", but multiple fields are set"))
    }
}
