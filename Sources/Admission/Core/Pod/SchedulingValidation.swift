import Document
import Schema

/// Checks of tolerations, spread constraints and gates.
enum SchedulingValidation {
    static func validateTolerations(
        _ tolerations: [JSON], path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        for (i, toleration) in tolerations.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            let key = toleration.text("key")
            let op = toleration.text("operator")
            let value = toleration.text("value")
            let effect = toleration.text("effect")
            if !key.isEmpty { errors += LabelRules.validateKey(key, path: at() + ".key") }
            if key.isEmpty, op != "Exists" {
                errors.append(
                    .invalid(
                        at() + ".operator", .string(op),
                        "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
            }
            if toleration.has("tolerationSeconds"), effect != "NoExecute" {
                errors.append(
                    .invalid(
                        at() + ".effect", .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set")
                )
            }
            switch op {
            case "Equal", "":
                let wrong = Names.labelValue(value)
                if !wrong.isEmpty {
                    errors.append(.invalid(at() + ".operator", .string(value), wrong.joined(separator: ";")))
                }
            case "Exists":
                if !value.isEmpty {
                    errors.append(
                        .invalid(at() + ".operator", .string(value), "value must be empty when `operator` is 'Exists'"))
                }
            default: errors.append(.notSupported(at() + ".operator", .string(op), ["Equal", "Exists"]))
            }
            if !effect.isEmpty { validateEffect(effect, path: at() + ".effect", &errors) }
        }
    }

    static func validateEffect(_ effect: String, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
        if effect.isEmpty {
            errors.append(.required(path()))
        } else if !supported.contains(effect) {
            errors.append(.notSupported(path(), .string(effect), supported))
        }
    }

    static func validateGates(_ gates: [JSON], path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        var seen: Set<String> = []
        for (i, gate) in gates.enumerated() where errors.hasRoom {
            let name = gate.text("name")
            errors += LabelRules.validateKey(name, path: "\(path())[\(i)]")
            if !seen.insert(name).inserted { errors.append(.duplicate("\(path())[\(i)]", .string(name))) }
        }
    }

    static func validateSpread(_ constraints: [JSON], path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        // Those that stand behind, by key and action.
        var behind: [[String]: Int] = [:]
        for constraint in constraints {
            behind[[constraint.text("topologyKey"), constraint.text("whenUnsatisfiable")], default: 0] += 1
        }
        for (i, constraint) in constraints.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            let skew = constraint.integer("maxSkew") ?? 0
            if skew <= 0 { errors.append(.invalid(at() + ".maxSkew", .int(skew), Message.positive)) }
            let key = constraint.text("topologyKey")
            if key.isEmpty { errors.append(.required(at() + ".topologyKey", "can not be empty")) }
            let action = constraint.text("whenUnsatisfiable")
            if action != "DoNotSchedule", action != "ScheduleAnyway" {
                errors.append(
                    .notSupported(at() + ".whenUnsatisfiable", .string(action), ["DoNotSchedule", "ScheduleAnyway"]))
            }
            behind[[key, action], default: 0] -= 1
            if behind[[key, action], default: 0] > 0 {
                errors.append(.duplicate(at() + ".{topologyKey, whenUnsatisfiable}", .string("{\(key), \(action)}")))
            }
            if let domains = constraint.integer("minDomains") {
                if domains <= 0 { errors.append(.invalid(at() + ".minDomains", .int(domains), Message.positive)) }
                if action != "DoNotSchedule" {
                    errors.append(
                        .invalid(
                            at() + ".minDomains", .int(domains),
                            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)"))
                }
            }
            for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                guard let value = constraint.given(policy)?.string, value != "Honor", value != "Ignore" else {
                    continue
                }
                errors.append(.notSupported("\(at()).\(policy)", .string(value), ["Honor", "Ignore"]))
            }
            validateSpreadKeys(constraint, path: at() + ".matchLabelKeys", &errors)
            errors += LabelRules.validateSelector(constraint["labelSelector"], path: at() + ".labelSelector")
        }
    }

    private static func validateSpreadKeys(
        _ constraint: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let keys = constraint.list("matchLabelKeys")
        if keys.isEmpty { return }
        let selector = constraint.given("labelSelector")
        if selector == nil { errors.append(.forbidden(path(), "must not be specified when labelSelector is not set")) }
        var selected = Set(selector?["matchLabels"]?.entries.keys ?? [])
        var counts: [String: Int] = [:]
        for expression in selector?.list("matchExpressions") ?? [] {
            // One expression for a key is what the server itself adds for it.
            let key = expression.text("key")
            counts[key, default: 0] += 1
            if !(expression.text("operator") == "In" && expression.list("values").count == 1)
                || counts[key, default: 0] > 1
            {
                selected.insert(key)
            }
        }
        for (i, key) in keys.enumerated() where errors.hasRoom {
            errors += LabelRules.validateKey(key.string ?? "", path: "\(path())[\(i)]")
            if selected.contains(key.string ?? "") {
                errors.append(.invalid("\(path())[\(i)]", key, "exists in both matchLabelKeys and labelSelector"))
            }
        }
    }
}
