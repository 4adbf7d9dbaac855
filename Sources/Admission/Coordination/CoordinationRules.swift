import Document
import Schema

/// The rules of this group's kinds.
enum CoordinationRules {
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: "coordination.k8s.io", resource: "leases"), LeaseRules())
    ]
}

struct LeaseRules: KindRules {
    var allowsCreateOnUpdate: Bool { true }
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }
    var countsGeneration: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        guard let spec = object["spec"] else { return [] }
        var errors: [FieldError] = []
        if let seconds = spec.integer("leaseDurationSeconds"), seconds <= 0 {
            errors.append(.invalid("spec.leaseDurationSeconds", .int(seconds), "must be greater than 0"))
        }
        if let count = spec.integer("leaseTransitions"), count < 0 {
            errors.append(.invalid("spec.leaseTransitions", .int(count), Message.notNegative))
        }
        if let holder = spec["holderIdentity"]?.string, holder.isEmpty {
            errors.append(.invalid("spec.holderIdentity", "", "must not be empty"))
        }
        if spec.has("preferredHolder"), spec.text("strategy").isEmpty {
            errors.append(.forbidden("spec.preferredHolder", "may only be specified when strategy is defined"))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old, checksStandardFinalizers: false) + validateCreate(object, context)
    }
}
