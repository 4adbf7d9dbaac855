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

    /// Coordinated leader election is not served: what only it uses goes.
    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        dropUnserved(&object)
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        dropUnserved(&object)
    }

    private func dropUnserved(_ object: inout JSON) {
        guard object["spec"]?.object != nil else { return }
        for field in ["strategy", "preferredHolder"] where object["spec", field] != nil {
            object["spec", field] = Optional.none
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        guard let spec = object["spec"] else { return [] }
        var errors: [FieldError] = []
        if let seconds = spec.integer("leaseDurationSeconds"), seconds <= 0 {
            errors.append(.invalid("spec.leaseDurationSeconds", .int(seconds), "must be greater than 0"))
        }
        if let count = spec.integer("leaseTransitions"), count < 0 {
            errors.append(.invalid("spec.leaseTransitions", .int(count), Message.notNegative))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old, checksStandardFinalizers: false) + validateCreate(object, context)
    }
}
