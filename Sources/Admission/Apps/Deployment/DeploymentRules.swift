import Document
import Schema

/// Deployments.
struct DeploymentRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fill("replicas", 1)
            spec.fill("strategy", [:])
            spec.modify("strategy") { strategy in
                strategy.fillText("type", "RollingUpdate")
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.fill("rollingUpdate", [:])
                strategy.modify("rollingUpdate") { update in
                    update.fill("maxUnavailable", "25%")
                    update.fill("maxSurge", "25%")
                }
            }
            spec.fill("revisionHistoryLimit", 10)
            spec.fill("progressDeadlineSeconds", 600)
            PodTemplateDefaults.apply(&spec, "template")
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" {
            object["spec"] = old["spec"]
            object["metadata", "labels"] = old["metadata", "labels"]
        } else {
            object["status"] = old["status"]
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        errors += Numbers.notNegative(spec["replicas"], path: "spec.replicas")
        WorkloadRules.validateSelector(spec, kind: "deployment", &errors)
        WorkloadRules.validateTemplate(spec, &errors)
        validateStrategy(spec["strategy"] ?? [:], &errors)
        errors += Numbers.notNegative(spec["minReadySeconds"], path: "spec.minReadySeconds")
        errors += Numbers.notNegative(spec["revisionHistoryLimit"], path: "spec.revisionHistoryLimit")
        if let deadline = spec.integer("progressDeadlineSeconds") {
            errors += Numbers.notNegative(.int(deadline), path: "spec.progressDeadlineSeconds")
            if deadline <= spec.integer("minReadySeconds") ?? 0 {
                errors.append(
                    .invalid("spec.progressDeadlineSeconds", .int(deadline), "must be greater than minReadySeconds"))
            }
        }
        return errors
    }

    private func validateStrategy(_ strategy: JSON, _ errors: inout [FieldError]) {
        let path = "spec.strategy.rollingUpdate"
        switch strategy.text("type") {
        case "Recreate":
            if strategy.has("rollingUpdate") {
                errors.append(.forbidden(path, "may not be specified when strategy `type` is 'Recreate'"))
            }
        case "RollingUpdate":
            guard let update = strategy.given("rollingUpdate") else {
                errors.append(.required(path, "this should be defaulted and never be nil"))
                return
            }
            let (down, up) = (update["maxUnavailable"] ?? 0, update["maxSurge"] ?? 0)
            errors += IntOrPercent.validate(down, path: path + ".maxUnavailable")
            errors += IntOrPercent.validate(up, path: path + ".maxSurge")
            if IntOrPercent.number(down) == 0, IntOrPercent.number(up) == 0 {
                errors.append(.invalid(path + ".maxUnavailable", down, "may not be 0 when `maxSurge` is 0"))
            }
            errors += IntOrPercent.validateAtMostAll(down, path: path + ".maxUnavailable")
        default:
            errors.append(
                .notSupportedDump(
                    "spec.strategy", InternalForm.text(strategy, "DeploymentStrategy"), ["Recreate", "RollingUpdate"]))
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" {
            let status = object["status"] ?? [:]
            return errors
                + WorkloadRules.validateCounts(
                    status,
                    [
                        "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
                        "unavailableReplicas",
                        "terminatingReplicas", "collisionCount",
                    ])
                + WorkloadRules.validateNotMore(
                    status, ["updatedReplicas", "readyReplicas", "availableReplicas"],
                    readyText: "cannot be greater than readyReplicas")
                + WorkloadRules.validateCollisions(object, old: old)
        }
        return errors + validateCreate(object, context)
            + Immutability.check(object["spec", "selector"], old["spec", "selector"], path: "spec.selector")
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        WorkloadRules.nameWarnings(object, old: old)
            + PodWarnings.ofTemplate(object["spec", "template"], path: "spec.template", old: old?["spec", "template"])
    }
}
