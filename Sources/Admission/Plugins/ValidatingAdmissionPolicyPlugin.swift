import Document
import Expressions
import Records
import Schema

/// Policies that people write as expressions, and the bindings that put them into force: upstream's ValidatingAdmissionPolicy.
struct ValidatingAdmissionPolicyPlugin: AdmissionPlugin {
    let name = "ValidatingAdmissionPolicy"
    private static let group = AdmissionRegistrationRules.group
    private static let policies = GroupResource(group: group, resource: "validatingadmissionpolicies")
    /// Never subject to policies, lest one locks everybody out.
    private static let exempt: Set<String> = [
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "validatingwebhookconfigurations", "mutatingwebhookconfigurations",
    ]
    private static let codes = ["Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422]

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        let state = request.context.state
        guard state.count(AdmissionPolicies.validatingBindings) > 0 else { return }
        if request.type.group == ValidatingAdmissionPolicyPlugin.group,
            ValidatingAdmissionPolicyPlugin.exempt.contains(request.type.resource)
        {
            return
        }
        for stored in state.objects(AdmissionPolicies.validatingBindings) {
            let compiled = request.context.settings.compiled
            let binding = compiled.value(of: stored) { $0 }
            let policyName = binding["spec"]?.text("policyName") ?? ""
            guard let found = state.object(ValidatingAdmissionPolicyPlugin.policies, "", policyName) else { continue }
            let policy = compiled.value(of: found) { CompiledPolicy($0["spec"] ?? .null) }
            guard AdmissionMatching.matches(policy.spec["matchConstraints"], request, needsRules: true),
                AdmissionMatching.matches(binding["spec", "matchResources"], request, needsRules: false)
            else { continue }
            let findings = evaluate(policy, binding["spec"] ?? .null, request)
            try act(
                on: findings, policyName, stored.key.name, binding["spec", "validationActions"]?.strings ?? [],
                &request)
        }
    }

    private struct Violation {
        var message: String
        /// Empty for faults of the policy itself.
        var reason = ""
    }

    /// What a policy says of one request.
    private struct Findings {
        var violations: [Violation] = []
        /// Faults that deny whatever the binding's actions are.
        var denials: [Violation] = []
        var annotations: [(key: String, value: String)] = []
    }

    private func act(
        on findings: Findings, _ policy: String, _ binding: String, _ actions: [String],
        _ request: inout AdmissionRequest
    ) throws(APIError) {
        let place = "ValidatingAdmissionPolicy '\(policy)' with binding '\(binding)'"
        for (key, value) in findings.annotations {
            request.facts.append(AdmissionFact(plugin: name, effect: .answered, detail: "\(policy)/\(key): \(value)"))
        }
        var denied = findings.denials.first
        for violation in findings.violations {
            if actions.contains("Warn") {
                request.warnings.append("Validation failed for \(place): \(violation.message)")
            }
            if actions.contains("Audit") {
                request.facts.append(
                    AdmissionFact(plugin: name, effect: .answered, detail: "\(place): \(violation.message)"))
            }
            if actions.contains("Deny"), denied == nil { denied = violation }
        }
        guard let denied else { return }
        let message = "\(place) denied request: \(denied.message)"
        var error = request.forbidden(message)
        error.reason = denied.reason.isEmpty ? "Invalid" : denied.reason
        error.code = ValidatingAdmissionPolicyPlugin.codes[error.reason] ?? 422
        error.causes = [.init(reason: "", message: message)]
        throw error
    }

    /// What the policy finds wrong with the request, once for each parameter.
    private func evaluate(_ compiled: CompiledPolicy, _ binding: JSON, _ request: AdmissionRequest) -> Findings {
        let policy = compiled.spec
        let ignores = policy.text("failurePolicy") == "Ignore"
        var findings = Findings()
        var parameters: [JSON] = [.null]
        if policy.has("paramKind"), let reference = binding.given("paramRef") {
            parameters = AdmissionParameters.find(policy["paramKind"] ?? .null, reference, request)
            if parameters.isEmpty {
                if reference.text("parameterNotFoundAction") == "Allow" || ignores { return findings }
                findings.denials = [
                    Violation(
                        message:
                            "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
                    )
                ]
                return findings
            }
        }
        for parameter in parameters {
            let scope = AdmissionMatching.scope(request, parameter)
            var evaluation = AdmissionEvaluation(scope)
            evaluation.activation.composed = compiled.variables
            var conditions = scope
            conditions.composed = compiled.variables
            do throws(EvaluationError) {
                if let failure = compiled.failure { throw EvaluationError(failure) }
                guard try compiled.conditions.hold(&conditions) else { continue }
            } catch {
                if !ignores { findings.violations.append(Violation(message: error.message)) }
                continue
            }
            validate(compiled, &evaluation, ignores, &findings)
            annotate(compiled, scope, ignores, &findings)
        }
        return findings
    }

    private func validate(
        _ policy: CompiledPolicy, _ evaluation: inout AdmissionEvaluation, _ ignores: Bool, _ findings: inout Findings
    ) {
        for validation in policy.validations {
            do throws(AdmissionEvaluation.Failure) {
                if case .bool(true) = try evaluation.evaluate(validation.program) { continue }
            } catch {
                if !ignores { findings.violations.append(Violation(message: error.message)) }
                if error.isFinal { return }
                continue
            }
            var message = ""
            if let program = validation.message {
                do throws(AdmissionEvaluation.Failure) {
                    if case .string(let words) = try evaluation.evaluate(program) {
                        let shown = SchemaRule.trimmed(words)
                        if shown.utf8.count <= CostLimit.messageBytesMax, !shown.contains("\n") { message = shown }
                    }
                } catch {
                    if error.isFinal {
                        if !ignores {
                            findings.violations.append(
                                Violation(message: "failed messageExpression: \(error.message)"))
                        }
                        return
                    }
                }
            }
            if message.isEmpty { message = validation.fallback }
            findings.violations.append(Violation(message: message, reason: validation.reason))
        }
    }

    private func annotate(_ policy: CompiledPolicy, _ scope: Activation, _ ignores: Bool, _ findings: inout Findings) {
        var evaluation = AdmissionEvaluation(scope)
        evaluation.activation.composed = policy.variables
        for (key, program) in policy.annotations {
            do throws(AdmissionEvaluation.Failure) {
                switch try evaluation.evaluate(program) {
                case .string(let text):
                    let value = SchemaRule.trimmed(text)
                    if !value.isEmpty { findings.annotations.append((key, String(value.prefix(10_240)))) }
                case .null: break
                default:
                    findings.denials.append(
                        Violation(
                            message:
                                "valueExpression '\(program.text)' resulted in unsupported return type: Return type must be either string or null."
                        ))
                }
            } catch {
                if !ignores { findings.denials.append(Violation(message: error.message)) }
                if error.isFinal { return }
            }
        }
    }
}

/// A policy's expressions, ready to be evaluated.
private struct CompiledPolicy: Sendable {
    struct Validation: Sendable {
        let program: Program
        let message: Program?
        let reason: String
        /// What is said when no message expression says anything.
        let fallback: String
    }
    let spec: JSON
    let conditions: MatchConditions
    private(set) var variables: [String: Program] = [:]
    private(set) var validations: [Validation] = []
    private(set) var annotations: [(key: String, program: Program)] = []
    /// What is wrong with it: possible only in a policy that is older than the check of policies.
    private(set) var failure: String?

    init(_ policy: JSON) {
        let hasParams = policy.has("paramKind")
        spec = policy
        conditions = MatchConditions(policy.list("matchConditions"), hasParams: hasParams)
        var environment = AdmissionExpressions.environment(hasParams: hasParams)
        let (programs, failures) = AdmissionExpressions.compose(policy.list("variables"), &environment)
        variables = programs
        var wordless = AdmissionExpressions.environment(hasParams: hasParams, hasAuthorizer: false)
        wordless.composed = environment.composed
        do throws(CompilationError) {
            if let first = failures.first { throw first.error }
            for validation in policy.list("validations") {
                let text = validation.text("expression")
                let given = SchemaRule.trimmed(validation.text("message"))
                let words = SchemaRule.trimmed(validation.text("messageExpression"))
                validations.append(
                    Validation(
                        program: try Program(text, in: environment),
                        message: words.isEmpty ? nil : try Program(words, in: wordless),
                        reason: validation["reason"]?.string ?? "Invalid",
                        fallback: given.isEmpty ? "failed expression: \(SchemaRule.trimmed(text))" : given))
            }
            for annotation in policy.list("auditAnnotations") {
                annotations.append(
                    (
                        annotation.text("key"),
                        try Program(SchemaRule.trimmed(annotation.text("valueExpression")), in: environment)
                    ))
            }
        } catch {
            failure = "compilation error: compilation failed: \(error.report)"
        }
    }
}

/// The objects that a policy's binding takes its parameters from.
enum AdmissionParameters {
    static func find(_ kind: JSON, _ reference: JSON, _ request: AdmissionRequest) -> [JSON] {
        let wanted = GroupVersionKind(apiVersion: kind.text("apiVersion"), kind: kind.text("kind"))
        guard let type = request.context.catalog.resource(for: wanted) else { return [] }
        let given = reference.text("namespace")
        let namespace = type.isNamespaced ? (given.isEmpty ? request.namespace : given) : ""
        let name = reference.text("name")
        if !name.isEmpty {
            return request.context.state.object(type.store, namespace, name).map { [$0.document] } ?? []
        }
        return request.context.state.objects(type.store, namespace: type.isNamespaced ? namespace : nil).map(\.document)
            .filter {
                LabelRules.matches(reference["selector"], labels: $0["metadata", "labels"])
            }
    }
}
