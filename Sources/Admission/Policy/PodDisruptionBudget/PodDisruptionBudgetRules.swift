import Document
import Schema

/// PodDisruptionBudgets.
struct PodDisruptionBudgetRules: KindRules {
    var nameRule: NameRule { .pathSegment }
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }
    private static let emptyStatus: JSON = [
        "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0,
    ]

    func setDefaults(_ object: inout JSON) { object.fill("spec", [:]) }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = PodDisruptionBudgetRules.emptyStatus
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" { object["spec"] = old["spec"] } else { object["status"] = old["status"] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        if spec.has("minAvailable"), spec.has("maxUnavailable") {
            errors.append(
                .invalidDump(
                    "spec", InternalForm.text(spec, "PodDisruptionBudgetSpec"),
                    "minAvailable and maxUnavailable cannot be both set"))
        }
        for key in ["minAvailable", "maxUnavailable"] {
            guard let value = spec.given(key) else { continue }
            errors += IntOrPercent.validate(value, path: "spec." + key)
            errors += IntOrPercent.validateAtMostAll(value, path: "spec." + key)
        }
        errors += LabelRules.validateSelector(spec["selector"], path: "spec.selector")
        let policies = ["AlwaysAllow", "IfHealthyBudget"]
        if let policy = spec.given("unhealthyPodEvictionPolicy")?.string, !policies.contains(policy) {
            errors.append(.notSupported("spec.unhealthyPodEvictionPolicy", .string(policy), policies))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        if subresource != "status" { return validateCreate(object, context) }
        let status = object["status"] ?? [:]
        return ConditionRules.validate(status.list("conditions"), path: "status.conditions")
            + WorkloadRules.validateCounts(
                status, ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"])
    }
}
