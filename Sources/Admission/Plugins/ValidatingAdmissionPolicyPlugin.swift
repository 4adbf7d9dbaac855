import Access
import Document
import Records
import Schema

/// Policies that people write as expressions, and the bindings that put them into force: upstream's ValidatingAdmissionPolicy.
struct ValidatingAdmissionPolicyPlugin: AdmissionPlugin {
    let name = "ValidatingAdmissionPolicy"
    private static let group = AdmissionRegistrationRules.group
    private static let bindings = GroupResource(group: group, resource: "validatingadmissionpolicybindings")
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
        guard state.count(ValidatingAdmissionPolicyPlugin.bindings) > 0 else { return }
        if request.type.group == ValidatingAdmissionPolicyPlugin.group,
            ValidatingAdmissionPolicyPlugin.exempt.contains(request.type.resource)
        {
            return
        }
        for stored in state.objects(ValidatingAdmissionPolicyPlugin.bindings) {
            let binding = stored.document
            let policyName = binding["spec"]?.text("policyName") ?? ""
            guard let policy = state.object(ValidatingAdmissionPolicyPlugin.policies, "", policyName)?.document,
                AdmissionMatching.matches(policy["spec", "matchConstraints"], request, needsRules: true),
                AdmissionMatching.matches(binding["spec", "matchResources"], request, needsRules: false)
            else { continue }
            let violations = evaluate(policy["spec"] ?? .null, binding["spec"] ?? .null, request)
            try act(
                on: violations, policyName, stored.key.name, binding["spec", "validationActions"]?.strings ?? [],
                &request)
        }
    }

    private struct Violation {
        var message: String
        var reason: String
    }

    private func act(
        on violations: [Violation], _ policy: String, _ binding: String, _ actions: [String],
        _ request: inout AdmissionRequest
    ) throws(APIError) {
        for violation in violations {
            let place = "ValidatingAdmissionPolicy '\(policy)' with binding '\(binding)'"
            if actions.contains("Warn") {
                request.warnings.append("Validation failed for \(place): \(violation.message)")
            }
            if actions.contains("Audit") {
                request.facts.append(
                    AdmissionFact(plugin: name, effect: .answered, detail: "\(place): \(violation.message)"))
            }
            guard actions.contains("Deny") else { continue }
            let message = "\(place) denied request: \(violation.message)"
            var error = request.forbidden(message)
            error.reason = violation.reason
            error.code = ValidatingAdmissionPolicyPlugin.codes[violation.reason] ?? 422
            error.causes = [.init(reason: "", message: message)]
            throw error
        }
    }

    /// What the policy finds wrong with the request, once for each parameter.
    private func evaluate(_ policy: JSON, _ binding: JSON, _ request: AdmissionRequest) -> [Violation] {
        let ignores = policy.text("failurePolicy") == "Ignore"
        var found: [Violation] = []
        var parameters: [JSON] = [.null]
        if policy.has("paramKind"), let reference = binding.given("paramRef") {
            parameters = AdmissionParameters.find(policy["paramKind"] ?? .null, reference, request)
            if parameters.isEmpty {
                if reference.text("parameterNotFoundAction") == "Allow" || ignores { return [] }
                return [
                    Violation(
                        message:
                            "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
                        reason: "Invalid")
                ]
            }
        }
        for parameter in parameters {
            var scope = AdmissionMatching.scope(request, parameter)
            do throws(ExpressionError) {
                for variable in policy.list("variables") {
                    scope.variables[variable.text("name")] = try Expression(parsing: variable.text("expression"))
                }
                guard try AdmissionMatching.conditionsHold(policy.list("matchConditions"), &scope) else { continue }
            } catch {
                if !ignores { found.append(Violation(message: error.message, reason: "Invalid")) }
                continue
            }
            for validation in policy.list("validations") {
                let text = validation.text("expression")
                do throws(ExpressionError) {
                    if case .bool(true) = try Expression(parsing: text).evaluate(&scope) { continue }
                    var message = validation.text("message")
                    if let dynamic = validation["messageExpression"]?.string, !dynamic.isEmpty,
                        let value = try? Expression(parsing: dynamic).evaluate(&scope), case .string(let words) = value,
                        !words.isEmpty
                    {
                        message = words
                    }
                    if message.isEmpty { message = "failed expression: \(text)" }
                    found.append(Violation(message: message, reason: validation["reason"]?.string ?? "Invalid"))
                } catch {
                    if !ignores {
                        found.append(
                            Violation(
                                message: "expression '\(text)' resulted in error: \(error.message)", reason: "Invalid"))
                    }
                }
            }
        }
        return found
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
