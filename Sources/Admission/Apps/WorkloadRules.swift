import Document
import Schema

/// What the controllers of pods have in common: a selector that never changes, and a template it selects.
enum WorkloadRules {
    /// The selector is there, well formed and not empty; the template fits it.
    static func validateSelector(_ spec: JSON, kind: String, _ errors: inout [FieldError]) {
        guard let selector = spec.given("selector") else {
            errors.append(.required("spec.selector"))
            return
        }
        errors += LabelRules.validateSelector(selector, path: "spec.selector")
        if LabelRules.isEmpty(selector) {
            errors.append(.invalid("spec.selector", selector, "empty selector is invalid for \(kind)"))
        }
    }

    /// The selector's own mistakes hide those of the template.
    static func isReadable(_ selector: JSON?) -> Bool {
        guard let selector, !selector.isNull else { return true }
        for (key, value) in selector["matchLabels"]?.entries ?? JSONObject()
        where !Names.isQualifiedName(key) || !Names.labelValue(value.string ?? "").isEmpty {
            return false
        }
        return selector.list("matchExpressions").allSatisfy { requirement in
            let values = requirement.list("values")
            let count = values.count
            switch requirement.text("operator") {
            case "In", "NotIn":
                return count > 0 && Names.isQualifiedName(requirement.text("key"))
                    && values.allSatisfy { Names.labelValue($0.string ?? "").isEmpty }
            case "Exists", "DoesNotExist": return count == 0 && Names.isQualifiedName(requirement.text("key"))
            default: return false
            }
        }
    }

    static func validateTemplate(_ spec: JSON, _ errors: inout [FieldError]) {
        if !isReadable(spec["selector"]) {
            errors.append(.invalid("spec.selector", spec["selector"] ?? .null, "invalid label selector"))
            return
        }
        // A selector that is left out selects nothing.
        let selector: JSON = spec.given("selector") ?? ["matchExpressions": [["operator": "None"]]]
        PodTemplateValidation.validateForController(
            spec["template"] ?? [:], selector: selector, path: "spec.template", kind: "ReplicaSet", &errors)
    }

    /// Names of workloads become part of pods' names and of host names.
    static func nameWarnings(_ object: JSON, old: JSON?) -> [String] {
        guard old == nil else { return [] }
        let wrong = Names.dnsLabel(object["metadata"]?.text("name") ?? "")
        if wrong.isEmpty { return [] }
        return [
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: "
                + "[\(wrong.joined(separator: " "))]"
        ]
    }

    static func validateCollisions(_ object: JSON, old: JSON) -> [FieldError] {
        let (new, before) = (object["status", "collisionCount"]?.int, old["status", "collisionCount"]?.int)
        guard let before, (new ?? -1) < before else { return [] }
        return [.invalid("status.collisionCount", .int(new ?? 0), "cannot be decremented")]
    }

    static func validateCounts(_ status: JSON, _ keys: [String]) -> [FieldError] {
        keys.flatMap { Numbers.notNegative(status[$0], path: "status." + $0) }
    }

    static func validateNotMore(_ status: JSON, _ keys: [String], readyText: String) -> [FieldError] {
        var errors: [FieldError] = []
        let total = status.integer("replicas") ?? 0
        for key in keys where errors.hasRoom {
            if let count = status.integer(key), count > total {
                errors.append(.invalid("status." + key, .int(count), "cannot be greater than status.replicas"))
            }
        }
        if let available = status.integer("availableReplicas"), available > status.integer("readyReplicas") ?? 0 {
            errors.append(.invalid("status.availableReplicas", .int(available), readyText))
        }
        return errors
    }
}
