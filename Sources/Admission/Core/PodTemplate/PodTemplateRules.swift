import Document
import Schema

/// PodTemplates.
struct PodTemplateRules: KindRules {
    func setDefaults(_ object: inout JSON) { PodTemplateDefaults.apply(&object, "template") }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        PodTemplateValidation.validate(object["template"] ?? [:], path: "template", &errors)
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateCreate(object, context)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        PodWarnings.ofTemplate(object["template"], path: "template", old: old?["template"])
    }
}

/// Defaults of a template inside a workload.
enum PodTemplateDefaults {
    /// `member` is the template's name in `object`; a template that is left out stays so.
    static func apply(_ object: inout JSON, _ member: String) {
        object.modify(member) { template in
            if template.isNull { return }
            template.fill("spec", [:])
            template.modify("spec") { PodSpecDefaults.apply(&$0) }
        }
    }
}
