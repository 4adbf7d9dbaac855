import Document
import Schema

/// The rules of this group's kinds.
enum SchedulingRules {
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses"), PriorityClassRules())
    ]
}

struct PriorityClassRules: KindRules {
    /// The highest priority that a person may give.
    static let highest: Int64 = 1_000_000_000
    static let system: [String: Int64] = [
        "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000,
    ]
    private static let policies = ["Never", "PreemptLowerPriority"]

    func setDefaults(_ object: inout JSON) { object.fill("preemptionPolicy", "PreemptLowerPriority") }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let name = object["metadata"]?.text("name") ?? ""
        let value = object.integer("value") ?? 0
        if name.hasPrefix("system-") {
            var wrong: String?
            if let known = PriorityClassRules.system[name] {
                if known != value { wrong = "value of \(name) PriorityClass must be \(known)" }
                if object.flag("globalDefault") { wrong = "globalDefault of \(name) PriorityClass must be false" }
            } else {
                wrong = "\(name) is not a known system priority class"
            }
            if let wrong {
                errors.append(
                    .forbidden(
                        "metadata.name",
                        "priority class names with 'system-' prefix are reserved for system use only. error: \(wrong)"))
            }
        } else if value > PriorityClassRules.highest {
            errors.append(
                .forbidden("value", "maximum allowed value of a user defined priority is \(PriorityClassRules.highest)")
            )
        }
        if object["preemptionPolicy"]?.string == "" {
            errors.append(.required("preemptionPolicy"))
        } else if let policy = object["preemptionPolicy"]?.string, !PriorityClassRules.policies.contains(policy) {
            errors.append(.notSupported("preemptionPolicy", .string(policy), ["PreemptLowerPriority", "Never"]))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old)
        if object.integer("value") ?? 0 != old.integer("value") ?? 0 {
            errors.append(.forbidden("value", "may not be changed in an update."))
        }
        return errors
            + Immutability.check(object["preemptionPolicy"], old["preemptionPolicy"], path: "preemptionPolicy")
    }
}
