import Document
import Schema

/// Bindings: the scheduler's word that a pod goes to a node.
struct BindingRules: KindRules {
    var countsGeneration: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let target = object["target"] ?? [:]
        let kind = target.text("kind")
        if !kind.isEmpty, kind != "Node" {
            errors.append(.notSupported("target.kind", .string(kind), ["Node", "<empty>"]))
        }
        if target.text("name").isEmpty { errors.append(.required("target.name")) }
        return errors
    }
}
