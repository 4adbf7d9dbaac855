import Document
import Schema

/// ControllerRevisions: snapshots that never change.
struct ControllerRevisionRules: KindRules {
    var countsGeneration: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        if !object.has("data") {
            errors.append(.required("data", "data is mandatory"))
        } else if object["data"]?.object == nil {
            errors.append(.required("data", "data must be a valid JSON object"))
        }
        errors += Numbers.notNegative(object["revision"], path: "revision")
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old)
            + ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + validateCreate(object, context)
            + (object["data"] ?? .null == old["data"] ?? .null
                ? [] : [.invalid("data", object["data"] ?? .null, Message.immutable)])
    }
}
