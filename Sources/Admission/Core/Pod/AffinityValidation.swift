import Document
import Schema

/// Checks of node selectors and of affinity between pods.
enum AffinityValidation {
    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    static func validate(
        _ affinity: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        if let node = affinity.given("nodeAffinity") {
            validateNodeAffinity(node, path: path() + ".nodeAffinity", scope, &errors)
        }
        for key in ["podAffinity", "podAntiAffinity"] {
            guard let pods = affinity.given(key) else { continue }
            for (i, term) in pods.list(required).enumerated() where errors.hasRoom {
                validateTerm(term, path: "\(path()).\(key).\(required)[\(i)]", scope, &errors)
            }
            for (i, weighted) in pods.list(preferred).enumerated() where errors.hasRoom {
                func at() -> String { "\(path()).\(key).\(preferred)[\(i)]" }
                validateWeight(weighted, path: at(), &errors)
                validateTerm(weighted["podAffinityTerm"] ?? [:], path: at() + ".podAffinityTerm", scope, &errors)
            }
        }
    }

    private static func validateWeight(_ term: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let weight = term.integer("weight") ?? 0
        if weight <= 0 || weight > 100 {
            errors.append(.invalid(path() + ".weight", .int(weight), "must be in the range 1-100"))
        }
    }

    private static func validateNodeAffinity(
        _ node: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        if let selector = node.given(required) {
            validateNodeSelector(selector, path: "\(path()).\(required)", &errors)
        }
        for (i, term) in node.list(preferred).enumerated() where errors.hasRoom {
            func at() -> String { "\(path()).\(preferred)[\(i)]" }
            validateWeight(term, path: at(), &errors)
            validateNodeTerm(term["preference"] ?? [:], checksValues: false, path: at() + ".preference", &errors)
        }
    }

    static func validateNodeSelector(_ selector: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let terms = selector.list("nodeSelectorTerms")
        if terms.isEmpty {
            errors.append(.required(path() + ".nodeSelectorTerms", "must have at least one node selector term"))
        }
        for (i, term) in terms.enumerated() where errors.hasRoom {
            validateNodeTerm(term, checksValues: true, path: "\(path()).nodeSelectorTerms[\(i)]", &errors)
        }
    }

    private static func validateNodeTerm(
        _ term: JSON, checksValues: Bool, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        for (i, requirement) in term.list("matchExpressions").enumerated() where errors.hasRoom {
            validateRequirement(
                requirement, checksValues: checksValues, path: "\(path()).matchExpressions[\(i)]", &errors)
        }
        for (i, requirement) in term.list("matchFields").enumerated() where errors.hasRoom {
            validateFieldRequirement(requirement, path: "\(path()).matchFields[\(i)]", &errors)
        }
    }

    private static func validateRequirement(
        _ requirement: JSON, checksValues: Bool, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let values = requirement.list("values")
        let op = requirement.text("operator")
        switch op {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(.required(path() + ".values", "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(
                    .forbidden(path() + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                )
            }
        case "Gt", "Lt":
            if values.count != 1 {
                errors.append(
                    .required(path() + ".values", "must be specified single value when `operator` is 'Lt' or 'Gt'"))
            }
        default: errors.append(.invalid(path() + ".operator", .string(op), "not a valid selector operator"))
        }
        errors += LabelRules.validateKey(requirement.text("key"), path: path() + ".key")
        if checksValues {
            for (i, value) in values.enumerated() where errors.hasRoom {
                errors.addInvalid("\(path()).values[\(i)]", value, Names.labelValue(value.string ?? ""))
            }
        }
    }

    private static func validateFieldRequirement(
        _ requirement: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let values = requirement.list("values")
        let op = requirement.text("operator")
        if op == "In" || op == "NotIn" {
            if values.count != 1 {
                errors.append(
                    .required(
                        path() + ".values",
                        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
            }
        } else {
            errors.append(.invalid(path() + ".operator", .string(op), "not a valid selector operator"))
        }
        let key = requirement.text("key")
        if key != "metadata.name" {
            errors.append(.invalid(path() + ".key", .string(key), "not a valid field selector key"))
            return
        }
        for (i, value) in values.enumerated() where errors.hasRoom {
            errors.addInvalid("\(path()).values[\(i)]", value, Names.dnsSubdomain(value.string ?? ""))
        }
    }

    private static func validateTerm(
        _ term: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        for key in ["labelSelector", "namespaceSelector"] {
            errors += LabelRules.validateSelector(
                term[key], path: "\(path()).\(key)", allowsInvalidValues: scope.allowsInvalidSelectorValues)
        }
        for namespace in term.list("namespaces") where errors.hasRoom {
            errors.addInvalid(path() + ".namespace", namespace, Names.dnsLabel(namespace.string ?? ""))
        }
        validateKeys(term, path: path(), &errors)
        let key = term.text("topologyKey")
        if key.isEmpty { errors.append(.required(path() + ".topologyKey", "can not be empty")) }
        errors += LabelRules.validateKey(key, path: path() + ".topologyKey")
    }

    private static func validateKeys(_ term: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let selector = term.given("labelSelector")
        let matching = term.list("matchLabelKeys")
        for key in ["matchLabelKeys", "mismatchLabelKeys"] {
            let keys = term.list(key)
            if keys.isEmpty { continue }
            if selector == nil {
                errors.append(.forbidden("\(path()).\(key)", "must not be specified when labelSelector is not set"))
                continue
            }
            for (i, value) in keys.enumerated() where errors.hasRoom {
                errors += LabelRules.validateKey(value.string ?? "", path: "\(path()).\(key)[\(i)]")
            }
        }
        if let selector {
            var known = Set(selector["matchLabels"]?.entries.keys ?? [])
            for expression in selector.list("matchExpressions") where errors.hasRoom {
                let key = expression.text("key")
                if let i = matching.lastIndex(of: .string(key)), known.contains(key) {
                    errors.append(
                        .invalid("\(path())[\(i)]", .string(key), "exists in both matchLabelKeys and labelSelector"))
                }
                known.insert(key)
            }
        }
        let mismatching = term.list("mismatchLabelKeys")
        for (i, key) in matching.enumerated() where errors.hasRoom && mismatching.contains(key) {
            errors.append(
                .invalid("\(path()).matchLabelKeys[\(i)]", key, "exists in both matchLabelKeys and mismatchLabelKeys"))
        }
    }
}
