import Document
import Schema

struct ResourceClaimTemplateRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { template in template.modify("spec") { ResourceClaimRules.fill(&$0) } }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        DeviceClaimRules.validateAdminAccess(object["spec", "spec"] ?? .null, of: object, context)
            + validateTemplate(object["spec"] ?? .null)
    }

    private func validateTemplate(_ template: JSON) -> [FieldError] {
        let spec = template["spec"] ?? .null
        let metadata = template["metadata"] ?? .null
        return ObjectMetaRules.validateAnnotations(metadata["annotations"], path: "spec.metadata.annotations")
            + LabelRules.validateLabels(metadata["labels"], path: "spec.metadata.labels")
            + DeviceClaimRules.validate(spec["devices"] ?? .null, "spec.spec.devices")
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        validateTemplate(object["spec"] ?? .null) + ObjectMetaRules.revalidate(object, old: old)
            + Immutability.check(object["spec"], old["spec"], path: "spec", form: "ResourceClaimTemplateSpec")
    }
}
