import Document
import Schema

/// HorizontalPodAutoscalers, in the form of `autoscaling/v2` or `v1`.
struct HorizontalPodAutoscalerRules: KindRules {
    var countsGeneration: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        let isFirst = object.text("apiVersion") == "autoscaling/v1"
        object.modify("spec") { spec in
            spec.fill("minReplicas", 1)
            if isFirst { return }
            if spec.list("metrics").isEmpty {
                spec["metrics"] = [
                    [
                        "type": "Resource",
                        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
                    ]
                ]
            }
            guard spec.has("behavior") else { return }
            spec.modify("behavior") { behavior in
                fill(&behavior, "scaleUp", window: 0, [("Pods", 4), ("Percent", 100)])
                fill(&behavior, "scaleDown", window: nil, [("Percent", 100)])
            }
        }
    }

    private func fill(_ behavior: inout JSON, _ direction: String, window: Int64?, _ policies: [(String, Int64)]) {
        behavior.fill(direction, [:])
        behavior.modify(direction) { rules in
            rules.fill("selectPolicy", "Max")
            if let window { rules.fill("stabilizationWindowSeconds", .int(window)) }
            if !rules.has("policies") {
                rules["policies"] = .array(
                    policies.map { ["type": .string($0.0), "value": .int($0.1), "periodSeconds": 15] })
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        let isFirst = object.text("apiVersion") == "autoscaling/v1"
        object["status"] =
            isFirst ? ["currentReplicas": 0, "desiredReplicas": 0] : ["currentMetrics": nil, "desiredReplicas": 0]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" { object["spec"] = old["spec"] } else { object["status"] = old["status"] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        validateSpec(object["spec"] ?? [:], old: nil, leastReplicas: 1)
    }

    private func validateSpec(_ spec: JSON, old: JSON?, leastReplicas: Int64) -> [FieldError] {
        var errors: [FieldError] = []
        let least = spec.integer("minReplicas")
        let most = spec.integer("maxReplicas") ?? 0
        if let least, least < leastReplicas {
            errors.append(
                .invalid("spec.minReplicas", .int(least), "must be greater than or equal to \(leastReplicas)"))
        }
        if most == 0 {
            errors.append(.required("spec.maxReplicas", "must be set and greater than 0"))
        } else if most < 1 {
            errors.append(.invalid("spec.maxReplicas", .int(most), "must be greater than or equal to 1"))
        }
        if let least, most < least {
            errors.append(.invalid("spec.maxReplicas", .int(most), "must be greater than or equal to `minReplicas`"))
        }
        let target = spec["scaleTargetRef"] ?? [:]
        var needsGroup: Bool? = target.text("kind") != "ReplicationController"
        // What an update leaves alone is not checked again.
        if let was = old?["spec", "scaleTargetRef"], was.text("kind") == target.text("kind"),
            was.text("apiVersion") == target.text("apiVersion")
        {
            needsGroup = Optional.none
        }
        MetricValidation.validateReference(target, path: "spec.scaleTargetRef", needsGroup: needsGroup, &errors)
        if let percent = spec.integer("targetCPUUtilizationPercentage"), percent < 1 {
            errors.append(
                .invalid("spec.metrics[0].resource.target.averageUtilization", .int(percent), "must be greater than 0"))
        }
        let metrics = spec.list("metrics")
        for (i, metric) in metrics.enumerated() where errors.hasRoom {
            MetricValidation.validate(metric, path: "spec.metrics[\(i)]", &errors)
        }
        if least == 0, !metrics.contains(where: { ["Object", "External"].contains($0.text("type")) }) {
            errors.append(
                .forbidden(
                    "spec.metrics",
                    "must specify at least one Object or External metric to support scaling to zero replicas"))
        }
        for direction in ["scaleUp", "scaleDown"] {
            if let rules = spec["behavior", direction], !rules.isNull {
                validateRules(rules, path: "spec.behavior." + direction, &errors)
            }
        }
        return errors
    }

    private func validateRules(_ rules: JSON, path: String, _ errors: inout [FieldError]) {
        let windowMax: Int64 = 3600
        let periodMax: Int64 = 1800
        if let window = rules.integer("stabilizationWindowSeconds") {
            let at = path + ".stabilizationWindowSeconds"
            if window < 0 { errors.append(.invalid(at, .int(window), "must be greater than or equal to zero")) }
            if window > windowMax {
                errors.append(.invalid(at, .int(window), "must be less than or equal to \(windowMax)"))
            }
        }
        if let select = rules.given("selectPolicy")?.string, !["Disabled", "Max", "Min"].contains(select) {
            errors.append(.notSupported(path + ".selectPolicy", .string(select), ["Disabled", "Max", "Min"]))
        }
        let policies = rules.list("policies")
        if policies.isEmpty { errors.append(.required(path + ".policies", "must specify at least one Policy")) }
        for (i, policy) in policies.enumerated() where errors.hasRoom {
            let at = "\(path).policies[\(i)]"
            let type = policy.text("type")
            if type != "Pods", type != "Percent" {
                errors.append(.notSupported(at + ".type", .string(type), ["Percent", "Pods"]))
            }
            let value = policy.integer("value") ?? 0
            if value <= 0 { errors.append(.invalid(at + ".value", .int(value), Message.positive)) }
            let period = policy.integer("periodSeconds") ?? 0
            if period <= 0 { errors.append(.invalid(at + ".periodSeconds", .int(period), Message.positive)) }
            if period > periodMax {
                errors.append(
                    .invalid(at + ".periodSeconds", .int(period), "must be less than or equal to \(periodMax)"))
            }
        }
        if rules.has("tolerance"), Amount(rules["tolerance"]) < .zero {
            errors.append(
                .invalid(path + ".tolerance", rules["tolerance"] ?? .null, Message.notNegative))
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" {
            return errors
                + WorkloadRules.validateCounts(object["status"] ?? [:], ["currentReplicas", "desiredReplicas"])
        }
        return errors
            + validateSpec(
                object["spec"] ?? [:], old: old, leastReplicas: old["spec", "minReplicas"]?.int == 0 ? 0 : 1)
    }
}
