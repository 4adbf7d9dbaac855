import Document
import Schema

struct DeviceClassRules: KindRules {
    var nameRule: NameRule { .longName }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        validateSpec(object["spec"] ?? .null, old: nil)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateSpec(object["spec"] ?? .null, old: old["spec"])
    }

    private func validateSpec(_ spec: JSON, old: JSON?) -> [FieldError] {
        // Expressions that were accepted once stay acceptable.
        let isStored = old.map { Semantics.equal(spec["selectors"], $0["selectors"]) } ?? false
        var errors = DeviceSelectorRules.validate(spec.list("selectors"), "spec.selectors", isStored: isStored)
        let configurations = spec.list("config")
        if configurations.count > DeviceClaimRules.configurationsMax {
            errors.append(.tooMany("spec.config", configurations.count, DeviceClaimRules.configurationsMax))
        } else {
            for (i, configuration) in configurations.enumerated() {
                DeviceClaimRules.validateConfiguration(configuration, "spec.config[\(i)]", &errors)
            }
        }
        if let name = spec["extendedResourceName"]?.string, !ResourceNames.isExtended(name) {
            errors.append(
                .invalid("spec.extendedResourceName", .string(name), "must be a valid extended resource name"))
        }
        return errors
    }
}
