import Document
import Schema

/// DaemonSets.
struct DaemonSetRules: KindRules {
    /// How often the template has changed: an annotation, from a time before `generation`.
    private static let templateGeneration = "deprecated.daemonset.template.generation"
    private static let emptyStatus: JSON = [
        "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0,
    ]

    func setDefaults(_ object: inout JSON) {
        // Whoever writes the object owns the annotation, as it does upstream, where conversion adds it.
        if object["metadata", "annotations", DaemonSetRules.templateGeneration] == nil {
            object["metadata", "annotations", DaemonSetRules.templateGeneration] = "0"
        }
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fill("updateStrategy", [:])
            spec.modify("updateStrategy") { strategy in
                strategy.fillText("type", "RollingUpdate")
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.fill("rollingUpdate", [:])
                strategy.modify("rollingUpdate") { update in
                    update.fill("maxUnavailable", 1)
                    update.fill("maxSurge", 0)
                }
            }
            spec.fill("revisionHistoryLimit", 10)
            PodTemplateDefaults.apply(&spec, "template")
        }
    }

    private static func generation(_ object: JSON) -> Int64 {
        object["metadata", "annotations", templateGeneration]?.string.flatMap { Int64($0) } ?? 0
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = DaemonSetRules.emptyStatus
        object["metadata", "annotations", DaemonSetRules.templateGeneration] = .string(
            String(max(1, DaemonSetRules.generation(object))))
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" {
            object["spec"] = old["spec"]
            object["metadata", "annotations", DaemonSetRules.templateGeneration] = .string(
                String(DaemonSetRules.generation(old)))
            return
        }
        object["status"] = old["status"]
        let isNew = !Semantics.equal(object["spec", "template"], old["spec", "template"])
        object["metadata", "annotations", DaemonSetRules.templateGeneration] =
            .string(String(DaemonSetRules.generation(old) + (isNew ? 1 : 0)))
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        let template = spec["template"] ?? [:]
        let selector = spec.given("selector")
        errors += LabelRules.validateSelector(selector, path: "spec.selector")
        let labels = template["metadata", "labels"]
        if WorkloadRules.isReadable(selector), !LabelRules.matches(selector, labels: labels) {
            errors.append(
                .invalid(
                    "spec.template.metadata.labels", labels ?? .null, "`selector` does not match template `labels`"))
        }
        if let selector, LabelRules.isEmpty(selector) {
            errors.append(.invalid("spec.selector", selector, "empty selector is invalid for daemonset"))
        }
        PodTemplateValidation.validateForController(
            template, selector: nil, path: "spec.template", kind: "DaemonSet", &errors)
        errors += Numbers.notNegative(spec["minReadySeconds"], path: "spec.minReadySeconds")
        validateStrategy(spec["updateStrategy"] ?? [:], &errors)
        errors += Numbers.notNegative(spec["revisionHistoryLimit"], path: "spec.revisionHistoryLimit")
        return errors
    }

    private func validateStrategy(_ strategy: JSON, _ errors: inout [FieldError]) {
        let path = "spec.updateStrategy.rollingUpdate"
        switch strategy.text("type") {
        case "OnDelete": break
        case "RollingUpdate":
            guard let update = strategy.given("rollingUpdate") else {
                errors.append(.required(path))
                return
            }
            let (down, up) = (update["maxUnavailable"] ?? 0, update["maxSurge"] ?? 0)
            errors += IntOrPercent.validate(down, path: path + ".maxUnavailable")
            errors += IntOrPercent.validate(up, path: path + ".maxSurge")
            errors += IntOrPercent.validateAtMostAll(down, path: path + ".maxUnavailable")
            errors += IntOrPercent.validateAtMostAll(up, path: path + ".maxSurge")
            switch (IntOrPercent.number(down) != 0, IntOrPercent.number(up) != 0) {
            case (true, true):
                errors.append(.invalid(path + ".maxSurge", up, "may not be set when maxUnavailable is non-zero"))
            case (false, false): errors.append(.required(path + ".maxUnavailable", "cannot be 0 when maxSurge is 0"))
            default: break
            }
        default:
            errors.append(
                .notSupportedDump(
                    "spec.updateStrategy", InternalForm.text(strategy, "DaemonSetUpdateStrategy"),
                    ["RollingUpdate", "OnDelete"]))
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" {
            return errors
                + WorkloadRules.validateCounts(
                    object["status"] ?? [:],
                    [
                        "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
                        "observedGeneration",
                        "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
                    ])
                + WorkloadRules.validateCollisions(object, old: old)
        }
        return errors
            + Immutability.check(object["spec", "selector"], old["spec", "selector"], path: "spec.selector")
            + validateCreate(object, context)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        PodWarnings.ofTemplate(object["spec", "template"], path: "spec.template", old: old?["spec", "template"])
    }
}
