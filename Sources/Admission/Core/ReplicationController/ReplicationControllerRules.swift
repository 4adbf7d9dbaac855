import Document
import Schema

/// ReplicationControllers.
struct ReplicationControllerRules: KindRules {
    var nameRule: NameRule { .longName }

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fill("replicas", 1)
            PodTemplateDefaults.apply(&spec, "template")
        }
        guard let labels = object["spec", "template", "metadata", "labels"], !labels.entries.isEmpty else { return }
        if object["spec", "selector"]?.entries.isEmpty ?? true { object["spec", "selector"] = labels }
        if object["metadata", "labels"]?.entries.isEmpty ?? true { object["metadata", "labels"] = labels }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["replicas": 0]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" { object["spec"] = old["spec"] } else { object["status"] = old["status"] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        errors += Numbers.notNegative(spec["minReadySeconds"], path: "spec.minReadySeconds")
        if spec["selector"]?.entries.isEmpty ?? true { errors.append(.required("spec.selector")) }
        errors += Numbers.notNegative(spec["replicas"], path: "spec.replicas")
        let selector: JSON? = spec["selector"].map { ["matchLabels": $0] }
        PodTemplateValidation.validateForController(
            spec["template"], selector: selector, path: "spec.template", kind: "ReplicationController", &errors)
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" { return errors + ReplicaStatus.validate(object["status"] ?? [:], path: "status") }
        return errors + validateCreate(object, context)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        WorkloadRules.nameWarnings(object, old: old)
            + PodWarnings.ofTemplate(object["spec", "template"], path: "spec.template", old: old?["spec", "template"])
    }
}

/// Checks of the counts that a controller of replicas reports.
enum ReplicaStatus {
    static func validate(_ status: JSON, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        let counts = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"]
        for key in counts + ["terminatingReplicas"] where errors.hasRoom {
            errors += Numbers.notNegative(status[key], path: "\(path).\(key)")
        }
        let total = status.integer("replicas") ?? 0
        for key in ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] {
            if let count = status.integer(key), count > total {
                errors.append(.invalid("\(path).\(key)", .int(count), "cannot be greater than status.replicas"))
            }
        }
        if let available = status.integer("availableReplicas"), available > status.integer("readyReplicas") ?? 0 {
            errors.append(
                .invalid(path + ".availableReplicas", .int(available), "cannot be greater than readyReplicas"))
        }
        return errors
    }
}
