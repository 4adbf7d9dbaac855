import Document
import Schema

/// One device of a ResourceSlice.
enum DeviceRules {
    static let taintEffects = ["NoExecute", "NoSchedule", "None"]
    private static let attributesMax = 32
    private static let attributeValuesMax = 48
    private static let valueBytesMax = 64
    private static let taintsMax = 16
    private static let consumptionsMax = 2
    private static let countersMax = 32
    private static let conditionsMax = 4

    /// - Parameter choosesNodes: whether each device of the slice says on which nodes it is.
    static func validate(
        _ device: JSON, old: JSON?, _ path: String, choosesNodes: Bool, _ errors: inout [FieldError]
    ) {
        errors += DeviceNames.validateLabel(device.text("name"), path + ".name")
        let attributes = device["attributes"]?.entries ?? JSONObject()
        let capacity = device["capacity"]?.entries ?? JSONObject()
        let total = attributes.count + capacity.count
        if total > attributesMax {
            errors.append(
                .invalid(
                    path, .int(Int64(total)),
                    "the total number of attributes and capacities must not exceed \(attributesMax)"))
        }
        if attributes.count > attributeValuesMax {
            errors.append(
                .invalid(
                    path, .int(Int64(attributes.count)),
                    "the total number of attribute values must not exceed \(attributeValuesMax)"))
        }
        for (name, attribute) in attributes {
            errors += DeviceNames.validateQualified(name, path + ".attributes")
            validateAttribute(attribute, "\(path).attributes[\(DeviceNames.shownKey(name))]", &errors)
        }
        if old.map({ !Semantics.equal($0["capacity"], device["capacity"]) }) ?? true {
            let isShared = device.flag("allowMultipleAllocations")
            for (name, amount) in capacity {
                errors += DeviceNames.validateQualified(name, path + ".capacity")
                CapacityPolicyRules.validate(
                    amount, "\(path).capacity[\(DeviceNames.shownKey(name))]", isShared: isShared, &errors)
            }
        }
        if old.map({ !Semantics.equal($0["taints"], device["taints"]) }) ?? true {
            validateTaints(device.list("taints"), path + ".taints", &errors)
        }
        DeviceClaimRules.validateSet(
            device.list("consumesCounters"), consumptionsMax, path + ".consumesCounters", &errors
        ) { consumption, at, errors in
            validateCounters(consumption, named: "counterSet", at, &errors)
        } key: {
            .string($0.text("counterSet"))
        }
        validatePlaces(device, path, choosesNodes: choosesNodes, &errors)
        validateBinding(device, path, &errors)
    }

    /// Counters under names, and the name of their set.
    static func validateCounters(_ set: JSON, named field: String, _ path: String, _ errors: inout [FieldError]) {
        let name = set.text(field)
        if name.isEmpty {
            errors.append(.required("\(path).\(field)"))
        } else {
            errors += DeviceNames.validateLabel(name, "\(path).\(field)")
        }
        let counters = set["counters"]?.entries ?? JSONObject()
        if counters.isEmpty {
            errors.append(.required(path + ".counters"))
        } else if counters.count > countersMax {
            errors.append(.tooMany(path + ".counters", counters.count, countersMax))
        } else {
            for (key, _) in counters { errors += DeviceNames.validateLabel(key, path + ".counters") }
        }
    }

    private static func validateAttribute(_ attribute: JSON, _ path: String, _ errors: inout [FieldError]) {
        let fields = [
            ("IntValue", "int"), ("BoolValue", "bool"), ("StringValue", "string"), ("VersionValue", "version"),
            ("IntValues", "ints"), ("BoolValues", "bools"), ("StringValues", "strings"), ("VersionValues", "versions"),
        ]
        if let text = attribute["string"]?.string, text.utf8.count > valueBytesMax {
            errors.append(.tooLong(path + ".string", valueBytesMax))
        }
        if let version = attribute["version"]?.string {
            if !isSemanticVersion(version) {
                errors.append(
                    .invalid(
                        path + ".version", .string(version), "must be a string compatible with semver.org spec 2.0.0"))
            }
            if version.utf8.count > valueBytesMax { errors.append(.tooLong(path + ".version", valueBytesMax)) }
        }
        let given = fields.filter { attribute.has($0.1) }
        if given.count == 1 { return }
        errors.append(
            given.isEmpty
                ? .invalid(path, "", "exactly one value must be specified")
                : .invalidDump(
                    path,
                    "{" + fields.map { "\"\($0.0)\":\(attribute[$0.1]?.text ?? "null")" }.joined(separator: ",")
                        + "}", "exactly one value must be specified"))
    }

    /// `1.2.3-alpha.1+build.5`, numbers without leading zeros.
    private static func isSemanticVersion(_ text: String) -> Bool {
        func isIdentifier(_ part: Substring) -> Bool {
            !part.isEmpty && part.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
        }
        func isNumber(_ part: Substring) -> Bool {
            !part.isEmpty && part.utf8.allSatisfy(\.isDigit) && (part.utf8.count == 1 || part.utf8.first != 48)
        }
        func parts(_ text: Substring) -> [Substring] { text.split(separator: ".", omittingEmptySubsequences: false) }
        let halves = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2, !parts(halves[1]).allSatisfy(isIdentifier) { return false }
        let core = (halves.first ?? "").split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = core.first else { return false }
        let numbers = parts(first)
        guard numbers.count == 3, numbers.allSatisfy(isNumber) else { return false }
        guard core.count == 2 else { return true }
        return parts(core[1]).allSatisfy { isIdentifier($0) && (isNumber($0) || !$0.utf8.allSatisfy(\.isDigit)) }
    }

    private static func validateTaints(_ taints: [JSON], _ at: String, _ errors: inout [FieldError]) {
        if taints.count > taintsMax {
            errors.append(.tooMany(at, taints.count, taintsMax))
            return
        }
        for (i, taint) in taints.enumerated() {
            let path = "\(at)[\(i)]"
            let value = taint.text("value")
            errors += LabelRules.validateKey(taint.text("key"), path: path + ".key")
            errors.addInvalid(path + ".value", .string(value), Names.labelValue(value))
            let effect = taint.text("effect")
            if effect.isEmpty {
                errors.append(.required(path + ".effect"))
            } else if !taintEffects.contains(effect) {
                errors.append(.notSupported(path + ".effect", .string(effect), taintEffects))
            }
        }
    }

    private static func validatePlaces(
        _ device: JSON, _ path: String, choosesNodes: Bool, _ errors: inout [FieldError]
    ) {
        guard choosesNodes else {
            if ["nodeName", "nodeSelector", "allNodes"].contains(where: device.has) {
                errors.append(
                    .invalid(
                        path, .null,
                        "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
                    ))
            }
            return
        }
        var places: [String] = []
        if let node = device["nodeName"]?.string {
            if node.isEmpty {
                errors.append(.invalid(path + ".nodeName", .string(node), "must not be empty"))
            } else {
                places.append("`nodeName`")
                errors.addInvalid(path + ".nodeName", .string(node), Names.dnsSubdomain(node))
            }
        }
        if let selector = device.given("nodeSelector") {
            places.append("`nodeSelector`")
            AffinityValidation.validateNodeSelector(selector, path: path + ".nodeSelector", &errors)
        }
        if let all = device["allNodes"]?.bool {
            if all {
                places.append("`allNodes`")
            } else {
                errors.append(.invalid(path + ".allNodes", .bool(all), "must be either unset or set to true"))
            }
        }
        if places.count == 1 { return }
        let text =
            "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
        errors.append(
            places.isEmpty
                ? .required(path, text) : .invalid(path, .string("{\(places.joined(separator: ", "))}"), text))
    }

    /// Conditions that a device waits for, or gives up at, before a pod is bound.
    static func validateBinding(_ device: JSON, _ path: String, _ errors: inout [FieldError]) {
        let fields = ["bindingConditions", "bindingFailureConditions"]
        let lists = fields.map { device[$0]?.strings ?? [] }
        for (field, list) in zip(fields, lists) {
            if list.count > conditionsMax {
                errors.append(.tooMany("\(path).\(field)", list.count, conditionsMax))
                continue
            }
            for (i, name) in list.enumerated() {
                errors += LabelRules.validateKey(name, path: "\(path).\(field)[\(i)]")
            }
        }
        for (field, list) in zip(fields, lists) {
            var seen: Set<String> = []
            for (i, name) in list.enumerated() {
                let at = "\(path).\(field)[\(i)]"
                if !seen.insert(name).inserted { errors.append(.duplicate(at, .string(name))) }
                if field == fields[1], lists[0].contains(name) {
                    errors.append(
                        .invalid(
                            at, .string(name), "bindingFailureConditions must not overlap with bindingConditions"))
                }
            }
        }
        for (missing, given) in [(0, 1), (1, 0)] where lists[missing].isEmpty && !lists[given].isEmpty {
            errors.append(
                .invalid(
                    "\(path).\(fields[missing])", device[fields[missing]] ?? .null,
                    "\(fields[missing]) are required to use \(fields[given])"))
        }
    }
}
