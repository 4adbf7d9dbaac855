import Document
import Schema

struct StorageClassRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.fillText("reclaimPolicy", "Delete")
        object.fill("volumeBindingMode", "Immediate")
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let provisioner = object.text("provisioner")
        if provisioner.isEmpty {
            errors.append(.required("provisioner"))
        } else {
            let name = provisioner.lowercased()
            errors.addInvalid("provisioner", .string(name), Names.qualifiedName(name))
        }
        errors += ParameterRules.validate(object["parameters"], allowsEmpty: true)
        if let policy = object["reclaimPolicy"]?.string, policy != "Delete", policy != "Retain" {
            errors.append(.notSupported("reclaimPolicy", .string(policy), ["Delete", "Retain"]))
        }
        if let mode = object["volumeBindingMode"]?.string, mode != "Immediate", mode != "WaitForFirstConsumer" {
            errors.append(.notSupported("volumeBindingMode", .string(mode), ["Immediate", "WaitForFirstConsumer"]))
        }
        return errors + validateTopologies(object)
    }

    private func validateTopologies(_ object: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        var seenTerms: [JSON] = [[:]]
        for (i, term) in object.list("allowedTopologies").enumerated() where errors.hasRoom {
            var requirements: JSON = [:]
            for requirement in term.list("matchLabelExpressions") {
                let values = (requirement["values"]?.strings ?? []).sorted { $0.bytesPrecede($1) }
                requirements[requirement.text("key")] = .array(values.map { .string($0) })
            }
            if seenTerms.contains(requirements) {
                errors.append(.duplicate("allowedTopologies[\(i)].matchLabelExpressions", ""))
            }
            seenTerms.append(requirements)
            for (k, requirement) in term.list("matchLabelExpressions").enumerated()
            where errors.hasRoom {
                let at = "allowedTopologies[\(i)].matchLabelExpressions[\(k)]"
                if requirement.list("values").isEmpty { errors.append(.required(at + ".values")) }
                var values: Set<String> = []
                for (n, value) in (requirement["values"]?.strings ?? []).enumerated()
                where !values.insert(value).inserted {
                    errors.append(.duplicate("\(at).values[\(n)]", .string(value)))
                }
                errors += LabelRules.validateKey(requirement.text("key"), path: at + ".key")
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
        for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            errors += Immutability.check(object[field], old[field], path: field)
        }
        return errors
    }
}

/// `parameters` of a class.
enum ParameterRules {
    private static let countMax = 512
    private static let bytesMax = 256 * 1024

    static func validate(_ parameters: JSON?, allowsEmpty: Bool) -> [FieldError] {
        let entries = parameters?.entries ?? JSONObject()
        var errors: [FieldError] = []
        if entries.count > countMax { errors.append(.tooLong("parameters", countMax)) }
        var bytes = 0
        for entry in entries where errors.hasRoom {
            if entry.key.isEmpty { errors.append(.invalid("parameters", "", "field can not be empty")) }
            bytes += entry.key.utf8.count + (entry.value.string ?? "").utf8.count
        }
        if bytes > bytesMax { errors.append(.tooLong("parameters", bytesMax)) }
        if entries.isEmpty, !allowsEmpty {
            errors.append(.required("parameters", "must contain at least one key/value pair"))
        }
        return errors
    }
}

struct VolumeAttributesClassRules: KindRules {
    var allowsUnconditionalUpdate: Bool { true }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let driver = object.text("driverName")
        if driver.isEmpty {
            errors.append(.required("driverName"))
        } else {
            let name = driver.lowercased()
            errors.addInvalid("driverName", .string(name), Names.qualifiedName(name))
        }
        return errors + ParameterRules.validate(object["parameters"], allowsEmpty: false)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
        if object.text("driverName") != old.text("driverName") {
            errors.append(.forbidden("driverName", "updates to driverName are forbidden."))
        }
        if !Semantics.equal(object["parameters"], old["parameters"]) {
            errors.append(.forbidden("parameters", "updates to parameters are forbidden."))
        }
        return errors
    }
}
