import Document
import Schema

/// Checks of a job's specification.
enum JobValidation {
    private static let indexedParallelismMax: Int64 = 100_000
    private static let failedIndexesMax: Int64 = 100_000
    private static let completionsSoftMax: Int64 = 100_000
    private static let manyCompletionsParallelismMax: Int64 = 10_000
    private static let manyCompletionsFailedIndexesMax: Int64 = 10_000
    private static let rulesMax = 20
    private static let exitCodesMax = 255
    private static let conditionsMax = 20
    private static let successIndexesBytesMax = 65536

    static func validateSpecWithSelector(_ spec: JSON, _ errors: inout [FieldError]) {
        validateSpec(spec, path: "spec", &errors)
        let selector = spec.given("selector")
        if selector == nil { errors.append(.required("spec.selector")) }
        errors += LabelRules.validateSelector(selector, path: "spec.selector")
        let labels = spec["template", "metadata", "labels"]
        if WorkloadRules.isReadable(selector), selector == nil || !LabelRules.matches(selector, labels: labels) {
            errors.append(
                .invalid(
                    "spec.template.metadata.labels", labels ?? .null, "`selector` does not match template `labels`"))
        }
    }

    static func validateSpec(_ spec: JSON, path: String, _ errors: inout [FieldError]) {
        for key in [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
            "backoffLimitPerIndex",
            "maxFailedIndexes",
        ] {
            errors += Numbers.notNegative(spec[key], path: "\(path).\(key)")
        }
        if spec.has("maxFailedIndexes"), !spec.has("backoffLimitPerIndex") {
            errors.append(.required(path + ".backoffLimitPerIndex", "when maxFailedIndexes is specified"))
        }
        if let manager = spec.given("managedBy")?.string {
            validateManager(manager, path: path + ".managedBy", &errors)
        }
        validateCompletionMode(spec, path: path, &errors)
        if let policy = spec.given("podFailurePolicy") {
            validateFailurePolicy(policy, spec: spec, path: path + ".podFailurePolicy", &errors)
        }
        if let policy = spec.given("successPolicy") {
            validateSuccessPolicy(policy, spec: spec, path: path + ".successPolicy", &errors)
        }
        if let replacement = spec.given("podReplacementPolicy")?.string {
            let supported = spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]
            if !supported.contains(replacement) {
                errors.append(.notSupported(path + ".podReplacementPolicy", .string(replacement), supported))
            }
        }
        PodTemplateValidation.validate(spec["template"] ?? [:], path: path + ".template", &errors)
        let restart = spec["template", "spec"]?.text("restartPolicy") ?? ""
        let at = path + ".template.spec.restartPolicy"
        switch restart {
        case "Always", "": errors.append(.required(at, "valid values: \"OnFailure\", \"Never\""))
        case "OnFailure":
            if spec.has("podFailurePolicy") {
                errors.append(
                    .invalid(at, "OnFailure", "only \"Never\" is supported when podFailurePolicy is specified"))
            }
        case "Never": break
        default: errors.append(.notSupported(at, .string(restart), ["OnFailure", "Never"]))
        }
    }

    /// The name of another controller: `example.com/controller`.
    private static func validateManager(_ name: String, path: String, _ errors: inout [FieldError]) {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if name.isEmpty {
            errors.append(.required(path))
        } else if parts.count != 2 || parts.contains(where: \.isEmpty) {
            errors.append(.invalid(path, .string(name), "must be a domain-prefixed path (such as \"acme.io/foo\")"))
        } else {
            errors.addInvalid(path, .string(String(parts[0])), Names.dnsSubdomain(String(parts[0])))
        }
        if name.utf8.count > 63 { errors.append(.tooLong(path, 63)) }
    }

    private static func validateCompletionMode(_ spec: JSON, path: String, _ errors: inout [FieldError]) {
        let mode = spec.given("completionMode")?.string
        if let mode, mode != "NonIndexed", mode != "Indexed" {
            errors.append(.notSupported(path + ".completionMode", .string(mode), ["NonIndexed", "Indexed"]))
        }
        let completions = spec.integer("completions")
        let parallelism = spec.integer("parallelism")
        let failed = spec.integer("maxFailedIndexes")
        if mode == "Indexed" {
            if completions == nil { errors.append(.required(path + ".completions", "when completion mode is Indexed")) }
            if let parallelism, parallelism > indexedParallelismMax {
                errors.append(
                    .invalid(
                        path + ".parallelism", .int(parallelism),
                        "must be less than or equal to \(indexedParallelismMax) when completion mode is Indexed"))
            }
            if let completions, let failed, failed > completions {
                errors.append(
                    .invalid(path + ".maxFailedIndexes", .int(failed), "must be less than or equal to completions"))
            }
            if let failed, failed > failedIndexesMax {
                errors.append(
                    .invalid(
                        path + ".maxFailedIndexes", .int(failed), "must be less than or equal to \(failedIndexesMax)"))
            }
            if let completions, completions > completionsSoftMax, spec.has("backoffLimitPerIndex") {
                let many = "when completions are above \(completionsSoftMax) and used with backoff limit per index"
                if failed == nil {
                    errors.append(
                        .required(
                            path + ".maxFailedIndexes",
                            "must be specified when completions is above \(completionsSoftMax)"))
                }
                if let parallelism, parallelism > manyCompletionsParallelismMax {
                    errors.append(
                        .invalid(
                            path + ".parallelism", .int(parallelism),
                            "must be less than or equal to \(manyCompletionsParallelismMax) \(many)"))
                }
                if let failed, failed > manyCompletionsFailedIndexesMax {
                    errors.append(
                        .invalid(
                            path + ".maxFailedIndexes", .int(failed),
                            "must be less than or equal to \(manyCompletionsFailedIndexesMax) \(many)"))
                }
            }
        }
        if mode == nil || mode == "NonIndexed" {
            for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let value = spec.integer(key) {
                    errors.append(.invalid("\(path).\(key)", .int(value), "requires indexed completion mode"))
                }
            }
        }
    }

    private static func validateFailurePolicy(_ policy: JSON, spec: JSON, path: String, _ errors: inout [FieldError]) {
        let rules = policy.list("rules")
        if rules.count > rulesMax { errors.append(.tooMany(path + ".rules", rules.count, rulesMax)) }
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
        for (i, rule) in rules.enumerated() where errors.hasRoom {
            let at = "\(path).rules[\(i)]"
            let action = rule.text("action")
            if action.isEmpty {
                errors.append(
                    .required(at + ".action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"))
            } else if action == "FailIndex" {
                if !spec.has("backoffLimitPerIndex") {
                    errors.append(.invalid(at + ".action", "FailIndex", "requires the backoffLimitPerIndex to be set"))
                }
            } else if !actions.contains(action) {
                errors.append(.notSupported(at + ".action", .string(action), actions))
            }
            let conditions = rule.list("onPodConditions")
            if let codes = rule.given("onExitCodes") {
                validateExitCodes(codes, spec: spec, path: at + ".onExitCodes", &errors)
            }
            if !conditions.isEmpty { validateConditions(conditions, path: at + ".onPodConditions", &errors) }
            if rule.has("onExitCodes"), !conditions.isEmpty {
                errors.append(.invalidOmitted(at, "specifying both OnExitCodes and OnPodConditions is not supported"))
            }
            if !rule.has("onExitCodes"), conditions.isEmpty {
                errors.append(.invalidOmitted(at, "specifying one of OnExitCodes and OnPodConditions is required"))
            }
        }
    }

    private static func validateConditions(_ conditions: [JSON], path: String, _ errors: inout [FieldError]) {
        if conditions.count > conditionsMax { errors.append(.tooMany(path, conditions.count, conditionsMax)) }
        for (i, pattern) in conditions.enumerated() where errors.hasRoom {
            let at = "\(path)[\(i)]"
            errors += LabelRules.validateKey(pattern.text("type"), path: at + ".type")
            let status = pattern.text("status")
            if status.isEmpty {
                errors.append(.required(at + ".status", "valid values: [\"False\" \"True\" \"Unknown\"]"))
            } else if !["False", "True", "Unknown"].contains(status) {
                errors.append(.notSupported(at + ".status", .string(status), ["False", "True", "Unknown"]))
            }
        }
    }

    private static func validateExitCodes(_ codes: JSON, spec: JSON, path: String, _ errors: inout [FieldError]) {
        let op = codes.text("operator")
        if op.isEmpty {
            errors.append(.required(path + ".operator", "valid values: [\"In\" \"NotIn\"]"))
        } else if op != "In", op != "NotIn" {
            errors.append(.notSupported(path + ".operator", .string(op), ["In", "NotIn"]))
        }
        if let name = codes.given("containerName")?.string {
            let template = spec["template", "spec"] ?? [:]
            let known = (template.list("containers") + template.list("initContainers")).contains {
                $0.text("name") == name
            }
            if !known {
                errors.append(
                    .invalid(
                        path + ".containerName", .string(name),
                        "must be one of the container or initContainer names in the pod template"))
            }
        }
        let values = codes.list("values")
        if values.isEmpty {
            errors.append(.invalid(path + ".values", codes["values"] ?? .null, "at least one value is required"))
        }
        if values.count > exitCodesMax { errors.append(.tooMany(path + ".values", values.count, exitCodesMax)) }
        for (i, value) in values.enumerated() where errors.hasRoom {
            if op == "In", value.int == 0 {
                errors.append(.invalid("\(path).values[\(i)]", value, "must not be 0 for the In operator"))
            }
            if values[..<i].contains(value) { errors.append(.duplicate("\(path).values[\(i)]", value)) }
        }
        if zip(values, values.dropFirst()).contains(where: { ($0.int ?? 0) > ($1.int ?? 0) }) {
            errors.append(.invalid(path + ".values", .array(values), "must be ordered"))
        }
    }

    private static func validateSuccessPolicy(_ policy: JSON, spec: JSON, path: String, _ errors: inout [FieldError]) {
        guard spec.text("completionMode") == "Indexed" else {
            errors.append(
                .invalidDump(path, InternalForm.text(policy, "SuccessPolicy"), "requires indexed completion mode"))
            return
        }
        let rules = policy.list("rules")
        if rules.isEmpty {
            errors.append(
                .required(path + ".rules", "at least one rules must be specified when the successPolicy is specified"))
        }
        if rules.count > rulesMax { errors.append(.tooMany(path + ".rules", rules.count, rulesMax)) }
        let completions = spec.integer("completions") ?? 0
        for (i, rule) in rules.enumerated() where errors.hasRoom {
            let at = "\(path).rules[\(i)]"
            let count = rule.integer("succeededCount")
            let indexes = rule.given("succeededIndexes")?.string
            if count == nil, indexes == nil {
                errors.append(.required(at, "at least one of succeededCount or succeededIndexes must be specified"))
            }
            var total: Int64 = 0
            if let indexes {
                if indexes.utf8.count > successIndexesBytesMax {
                    errors.append(.tooLong(at + ".succeededIndexes", successIndexesBytesMax))
                }
                switch JobIndexes.count(indexes, completions: completions) {
                case .success(let found): total = found
                case .failure(let problem):
                    errors.append(
                        .invalid(
                            at + ".succeededIndexes", .string(indexes),
                            "error parsing succeededIndexes: \(problem.text)"))
                }
            }
            guard let count else { continue }
            errors += Numbers.notNegative(.int(count), path: at + ".succeededCount")
            if count > completions {
                errors.append(
                    .invalid(
                        at + ".succeededCount", .int(count),
                        "must be less than or equal to \(completions) (the number of specified completions)"))
            }
            if indexes != nil, count > total {
                errors.append(
                    .invalid(
                        at + ".succeededCount", .int(count),
                        "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)"
                    ))
            }
        }
    }
}
