import Document
import Expressions
import Schema

/// ValidatingAdmissionPolicy and MutatingAdmissionPolicy.
struct AdmissionPolicyRules: KindRules {
    let isMutating: Bool
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            spec.fill("failurePolicy", "Fail")
            spec.modify("matchConstraints") { AdmissionRegistrationRules.fillMatch(&$0) }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        if !isMutating { object["status"] = [:] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let policies = ["Fail", "Ignore"]
        if let policy = spec["failurePolicy"]?.string, !policies.contains(policy) {
            errors.append(.notSupported("spec.failurePolicy", .string(policy), policies))
        }
        if let kind = spec.given("paramKind") {
            for field in ["apiVersion", "kind"] where kind.text(field).isEmpty {
                errors.append(.required("spec.paramKind." + field))
            }
        }
        if let match = spec.given("matchConstraints") {
            errors += AdmissionMatch.validate(match, "spec.matchConstraints")
            if match.list("resourceRules").isEmpty { errors.append(.required("spec.matchConstraints.resourceRules")) }
        } else {
            errors.append(.required("spec.matchConstraints"))
        }
        let hasParams = spec.given("paramKind") != nil
        var environment = AdmissionExpressions.environment(hasParams: hasParams)
        errors += AdmissionRegistrationRules.validateMatchConditions(
            spec.list("matchConditions"), "spec.matchConditions", environment)
        var variables: Set<String> = []
        for (i, variable) in spec.list("variables").enumerated() {
            let at = "spec.variables[\(i)]"
            let name = variable.text("name")
            if name.isEmpty {
                errors.append(.required(at + ".name", "name is not specified"))
            } else {
                if !AdmissionPolicyRules.isIdentifier(name) {
                    errors.append(.invalid(at + ".name", .string(name), "name is not a valid CEL identifier"))
                }
                if !variables.insert(name).inserted { errors.append(.duplicate(at + ".name", .string(name))) }
            }
            if trimmed(variable.text("expression")).isEmpty {
                errors.append(.required(at + ".expression", "expression is not specified"))
            }
        }
        for (i, error) in AdmissionExpressions.compose(spec.list("variables"), &environment).failures {
            let text = spec.list("variables")[i].text("expression")
            if trimmed(text).isEmpty { continue }
            errors.append(error.fieldError("spec.variables[\(i)].expression", text))
        }
        return errors
            + (isMutating
                ? validateMutations(spec, environment)
                : validateValidations(spec, named: object["metadata"]?.text("name") ?? "", environment))
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        subresource == "status" ? [] : validateCreate(object, context)
    }

    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, first == 95 || (97...122).contains(first | 0x20) else { return false }
        return name.utf8.allSatisfy { $0 == 95 || (97...122).contains($0 | 0x20) && $0 > 64 || (48...57).contains($0) }
            && FieldNames.escape(name) != "__\(name)__"
    }

    private func validateValidations(_ spec: JSON, named policy: String, _ environment: Environment) -> [FieldError] {
        var wordless = environment
        wordless.variables["authorizer"] = nil
        wordless.variables["authorizer.requestResource"] = nil
        var errors: [FieldError] = []
        let validations = spec.list("validations")
        let annotations = spec.list("auditAnnotations")
        if validations.isEmpty, annotations.isEmpty {
            errors.append(
                .required("spec.validations", "validations or auditAnnotations must contain at least one item"))
            errors.append(
                .required("spec.auditAnnotations", "validations or auditAnnotations must contain at least one item"))
            return errors
        }
        for (i, validation) in validations.enumerated() {
            let at = "spec.validations[\(i)]"
            if trimmed(validation.text("expression")).isEmpty {
                errors.append(.required(at + ".expression", "expression is not specified"))
            } else {
                errors += ExpressionRules.validate(
                    validation.text("expression"), [.bool], in: environment, at + ".expression")
            }
            let words = validation.text("messageExpression")
            if !words.isEmpty, trimmed(words).isEmpty {
                errors.append(
                    .invalid(
                        at + ".messageExpression", .string(words), "must be non-empty if specified"))
            } else if !words.isEmpty {
                errors += ExpressionRules.validate(words, [.string], in: wordless, at + ".messageExpression")
            }
            if let message = validation["message"]?.string, !message.isEmpty, trimmed(message).isEmpty {
                errors.append(.invalid(at + ".message", .string(message), "message must be non-empty if specified"))
            }
            let reasons = ["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"]
            if let reason = validation["reason"]?.string, !reasons.contains(reason) {
                errors.append(.notSupported(at + ".reason", .string(reason), reasons))
            }
        }
        var keys: Set<String> = []
        for (i, annotation) in annotations.enumerated() {
            let at = "spec.auditAnnotations[\(i)]"
            let key = annotation.text("key")
            if policy.isEmpty {
                errors.append(.invalid(at + ".key", .string(key), "requires metadata.name be non-empty"))
            } else {
                // In the audit log the key stands behind the policy's name.
                let whole = "\(policy)/\(key)"
                errors.addInvalid(at + ".key", .string(whole), Names.qualifiedName(whole))
                if !keys.insert(key).inserted { errors.append(.duplicate(at + ".key", .string(key))) }
            }
            if trimmed(annotation.text("valueExpression")).isEmpty {
                errors.append(.required(at + ".valueExpression", "valueExpression is not specified"))
            } else {
                errors += ExpressionRules.validate(
                    annotation.text("valueExpression"), [.string, .null], in: environment, at + ".valueExpression")
            }
        }
        return errors
    }

    private func validateMutations(_ spec: JSON, _ composed: Environment) -> [FieldError] {
        var environment = composed
        environment.hasMutationTypes = true
        func check(_ text: String, _ type: String, _ at: String) -> [FieldError] {
            if trimmed(text).isEmpty { return [.required(at)] }
            do throws(CompilationError) {
                let found = try Program(text, in: environment).type.text
                if found == type || found == "dyn" || found == "list(dyn)" && type != "Object" { return [] }
                return [.invalid(at, .string(text), "must evaluate to \(type) but got \(found)")]
            } catch {
                return [error.fieldError(at, text)]
            }
        }
        var errors: [FieldError] = []
        let mutations = spec.list("mutations")
        if mutations.isEmpty { errors.append(.required("spec.mutations", "mutations must contain at least one item")) }
        for (i, mutation) in mutations.enumerated() {
            let at = "spec.mutations[\(i)]"
            switch mutation.text("patchType") {
            case "ApplyConfiguration":
                errors += check(
                    mutation["applyConfiguration"]?.text("expression") ?? "", "Object",
                    at + ".applyConfiguration.expression")
            case "JSONPatch":
                errors += check(
                    mutation["jsonPatch"]?.text("expression") ?? "", "list(JSONPatch)", at + ".jsonPatch.expression")
            case "": errors.append(.required(at + ".patchType"))
            case let other:
                errors.append(.notSupported(at + ".patchType", .string(other), ["ApplyConfiguration", "JSONPatch"]))
            }
        }
        let policies = ["Never", "IfNeeded"]
        let policy = spec.text("reinvocationPolicy")
        if policy.isEmpty {
            errors.append(.required("spec.reinvocationPolicy"))
        } else if !policies.contains(policy) {
            errors.append(.notSupported("spec.reinvocationPolicy", .string(policy), policies))
        }
        return errors
    }

    private func trimmed(_ text: String) -> Substring { text.drop { $0.isWhitespace } }
}

/// Which requests a policy or its binding means.
enum AdmissionMatch {
    static func validate(_ match: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        let policies = ["Equivalent", "Exact"]
        if let policy = match["matchPolicy"]?.string, !policies.contains(policy) {
            errors.append(.notSupported(at + ".matchPolicy", .string(policy), policies))
        }
        for selector in ["namespaceSelector", "objectSelector"] {
            if let given = match.given(selector) {
                errors += LabelRules.validateSelector(given, path: "\(at).\(selector)")
            }
        }
        for list in ["resourceRules", "excludeResourceRules"] {
            for (i, rule) in match.list(list).enumerated() {
                errors += AdmissionRegistrationRules.validateRule(rule, "\(at).\(list)[\(i)]")
            }
        }
        return errors
    }
}

/// ValidatingAdmissionPolicyBinding and MutatingAdmissionPolicyBinding.
struct AdmissionPolicyBindingRules: KindRules {
    let isMutating: Bool
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            spec.modify("matchResources") { AdmissionRegistrationRules.fillMatch(&$0) }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let policy = spec.text("policyName")
        if policy.isEmpty {
            errors.append(.required("spec.policyName"))
        } else {
            errors.addInvalid("spec.policyName", .string(policy), Names.dnsSubdomain(policy))
        }
        if let reference = spec.given("paramRef") {
            let name = reference.text("name")
            if name.isEmpty, !reference.has("selector") {
                errors.append(.required("spec.paramRef", "one of name or selector must be specified"))
            } else if !name.isEmpty, reference.has("selector") {
                errors.append(.forbidden("spec.paramRef.name", "name and selector are mutually exclusive"))
            }
            errors += LabelRules.validateSelector(reference["selector"], path: "spec.paramRef.selector")
            let actions = ["Deny", "Allow"]
            if let action = reference["parameterNotFoundAction"]?.string {
                if !actions.contains(action) {
                    errors.append(.notSupported("spec.paramRef.parameterNotFoundAction", .string(action), actions))
                }
            } else {
                errors.append(.required("spec.paramRef.parameterNotFoundAction"))
            }
        }
        if let match = spec.given("matchResources") { errors += AdmissionMatch.validate(match, "spec.matchResources") }
        if !isMutating {
            let actions = spec["validationActions"]?.strings ?? []
            if actions.isEmpty {
                errors.append(.required("spec.validationActions", "at least one validation action is required"))
            }
            var seen: Set<String> = []
            for (i, action) in actions.enumerated() {
                if !["Audit", "Deny", "Warn"].contains(action) {
                    errors.append(
                        .notSupported("spec.validationActions[\(i)]", .string(action), ["Audit", "Deny", "Warn"]))
                }
                if !seen.insert(action).inserted {
                    errors.append(.duplicate("spec.validationActions[\(i)]", .string(action)))
                }
            }
            if seen.contains("Deny"), seen.contains("Warn") {
                errors.append(
                    .invalid(
                        "spec.validationActions", .array(actions.map { .string($0) }),
                        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"
                    ))
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        validateCreate(object, context)
    }
}
