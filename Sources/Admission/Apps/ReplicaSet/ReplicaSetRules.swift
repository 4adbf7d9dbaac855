import Document
import Schema

/// ReplicaSets.
struct ReplicaSetRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fill("replicas", 1)
            PodTemplateDefaults.apply(&spec, "template")
        }
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
        errors += Numbers.notNegative(spec["replicas"], path: "spec.replicas")
        errors += Numbers.notNegative(spec["minReadySeconds"], path: "spec.minReadySeconds")
        WorkloadRules.validateSelector(spec, kind: "deployment", &errors)
        WorkloadRules.validateTemplate(spec, &errors)
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" { return errors + ReplicaStatus.validate(object["status"] ?? [:], path: "status") }
        return errors + validateCreate(object, context)
            + Immutability.check(object["spec", "selector"], old["spec", "selector"], path: "spec.selector")
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        WorkloadRules.nameWarnings(object, old: old)
            + PodWarnings.ofTemplate(object["spec", "template"], path: "spec.template", old: old?["spec", "template"])
    }
}
