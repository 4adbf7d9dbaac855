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
            errors += ParamKindRules.validate(kind, "spec.paramKind")
        }
        if let match = spec.given("matchConstraints") {
            errors += AdmissionMatch.validate(match, "spec.matchConstraints")
            if match.list("resourceRules").isEmpty { errors.append(.required("spec.matchConstraints.resourceRules")) }
            if isMutating { errors += AdmissionMatch.validateOperations(match, "spec.matchConstraints") }
        } else {
            errors.append(.required("spec.matchConstraints"))
        }
        let hasParams = spec.given("paramKind") != nil
        var environment = AdmissionExpressions.environment(hasParams: hasParams)
        errors += AdmissionRegistrationRules.validateMatchConditions(
            spec.list("matchConditions"), "spec.matchConditions", environment)
        let failures = Dictionary(
            AdmissionExpressions.compose(spec.list("variables"), &environment).failures.map { ($0.place, $0.error) },
            uniquingKeysWith: { first, _ in first })
        for (i, variable) in spec.list("variables").enumerated() {
            let at = "spec.variables[\(i)]"
            let name = variable.text("name")
            if trimmed(name).isEmpty {
                errors.append(.required(at + ".name", "name is not specified"))
            } else if !AdmissionPolicyRules.isIdentifier(name) {
                errors.append(.invalid(at + ".name", .string(name), "must be a valid CEL identifier"))
            }
            let text = variable.text("expression")
            if trimmed(text).isEmpty {
                errors.append(.required(at + ".expression", "expression is not specified"))
            } else if let error = failures[i] {
                errors.append(error.fieldError(at + ".expression", text))
            }
        }
        return errors
            + (isMutating
                ? validateMutations(spec, environment)
                : validateValidations(spec, named: object["metadata"]?.text("name") ?? "", environment))
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        guard subresource == "status" else { return validateCreate(object, context) }
        return ConditionRules.validate(object["status"]?.list("conditions") ?? [], path: "status.conditions")
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
        for (i, validation) in validations.enumerated() where errors.hasRoom {
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
            } else if trimmed(validation.text("message")).utf8.contains(where: { $0 == 10 || $0 == 13 }) {
                errors.append(
                    .invalid(
                        at + ".message", .string(validation.text("message")), "message must not contain line breaks"))
            }
            let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"]
            if let reason = validation["reason"]?.string, !reasons.contains(reason) {
                errors.append(.notSupported(at + ".reason", .string(reason), reasons))
            }
        }
        var keys: Set<String> = []
        for (i, annotation) in annotations.enumerated() where errors.hasRoom {
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
        for (i, mutation) in mutations.enumerated() where errors.hasRoom {
            let at = "spec.mutations[\(i)]"
            let forms = [
                ("ApplyConfiguration", "applyConfiguration", "Object"), ("JSONPatch", "jsonPatch", "list(JSONPatch)"),
            ]
            let patchType = mutation.text("patchType")
            guard let (_, wanted, type) = forms.first(where: { $0.0 == patchType }) else {
                errors.append(
                    patchType.isEmpty
                        ? .required(at + ".patchType")
                        : .notSupported(at + ".patchType", .string(patchType), forms.map(\.0)))
                continue
            }
            if let patch = mutation.given(wanted) {
                errors += check(patch.text("expression"), type, "\(at).\(wanted).expression")
            } else {
                errors.append(.required("\(at).\(wanted)", "must be specified when patchType is \(patchType)"))
            }
            for (_, other, _) in forms where other != wanted && mutation.has(other) {
                errors.append(
                    .invalid(
                        "\(at).\(other)", .string("{\(other)}"),
                        "must not be specified when patchType is \(patchType)"))
            }
        }
        let policies = ["IfNeeded", "Never"]
        let policy = spec.text("reinvocationPolicy")
        if policy.isEmpty {
            errors.append(.required("spec.reinvocationPolicy"))
        } else if !policies.contains(policy) {
            errors.append(.notSupported("spec.reinvocationPolicy", .string(policy), policies))
        }
        return errors
    }

    private func trimmed(_ text: String) -> String { SchemaRule.trimmed(text) }
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
            for (i, rule) in match.list(list).enumerated() where errors.hasRoom {
                errors += AdmissionRegistrationRules.validateRule(rule, "\(at).\(list)[\(i)]")
            }
        }
        return errors
    }

    /// Nothing that is deleted can be changed.
    static func validateOperations(_ match: JSON, _ at: String) -> [FieldError] {
        let supported = ["*", "CONNECT", "CREATE", "UPDATE"]
        return match.list("resourceRules").flatMap { $0["operations"]?.strings ?? [] }.filter {
            !supported.contains($0)
        }.map { .notSupported(at + ".resourceRules.operations", .string($0), supported) }
    }
}

/// What kind of objects a policy's parameters are.
enum ParamKindRules {
    static func validate(_ kind: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        let version = kind.text("apiVersion")
        let parts = version.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if version.isEmpty {
            errors.append(.required(at + ".apiVersion"))
        } else if parts.count > 2 {
            errors.append(
                .invalid(at + ".apiVersion", .string(version), "unexpected GroupVersion string: \(version)"))
        } else {
            if parts.count == 2, !parts[0].isEmpty {
                errors += joined(at + ".apiVersion", parts[0], Names.dnsSubdomain(parts[0]))
            }
            let last = parts[parts.count - 1]
            if last.isEmpty {
                errors.append(.invalid(at + ".apiVersion", .string(version), "version must be specified"))
            } else {
                errors += joined(at + ".apiVersion", last, Names.dns1035Label(last))
            }
        }
        let name = kind.text("kind")
        if name.isEmpty {
            errors.append(.required(at + ".kind"))
        } else {
            errors += joined(
                at + ".kind", name, Names.dns1035Label(name.lowercased()),
                after: "may have mixed case, but should otherwise match: ")
        }
        return errors
    }

    private static func joined(_ path: String, _ value: String, _ texts: [String], after start: String = "")
        -> [FieldError]
    {
        texts.isEmpty ? [] : [.invalid(path, .string(value), start + texts.joined(separator: ","))]
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
            let isBoth = !name.isEmpty && reference.has("selector")
            let both = "name and selector are mutually exclusive"
            errors.addInvalid("spec.paramRef.name", .string(name), Names.pathSegment(name))
            if isBoth { errors.append(.forbidden("spec.paramRef.name", both)) }
            errors += LabelRules.validateSelector(reference["selector"], path: "spec.paramRef.selector")
            if isBoth { errors.append(.forbidden("spec.paramRef.selector", both)) }
            if name.isEmpty, !reference.has("selector") {
                errors.append(.required("spec.paramRef", "one of name or selector must be specified"))
            }
            let actions = ["Deny", "Allow"]
            if let action = reference["parameterNotFoundAction"]?.string, !action.isEmpty {
                if !actions.contains(action) {
                    errors.append(.notSupported("spec.paramRef.parameterNotFoundAction", .string(action), actions))
                }
            } else {
                errors.append(.required("spec.paramRef.parameterNotFoundAction"))
            }
        }
        if let match = spec.given("matchResources") {
            errors += AdmissionMatch.validate(match, "spec.matchResources")
            if isMutating { errors += AdmissionMatch.validateOperations(match, "spec.matchResources") }
        }
        if !isMutating {
            let actions = spec["validationActions"]?.strings ?? []
            var seen: Set<String> = []
            for (i, action) in actions.enumerated() where errors.hasRoom {
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
            if actions.isEmpty {
                errors.append(.required("spec.validationActions", "at least one validation action is required"))
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        validateCreate(object, context)
    }
}
