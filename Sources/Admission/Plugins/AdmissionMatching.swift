import ClusterState
import Document
import Expressions
import Schema

/// Whether a policy, a binding or a webhook is meant for a request, and what its expressions see.
enum AdmissionMatching {
    /// `matchConstraints` or `matchResources` against the request; a binding need not have rules.
    static func matches(_ match: JSON?, _ request: AdmissionRequest, needsRules: Bool) -> Bool {
        guard let match, !match.isNull else { return !needsRules }
        let rules = match.list("resourceRules")
        let exact = match.text("matchPolicy") == "Exact"
        if !rules.isEmpty || needsRules, !rules.contains(where: { fits($0, request, exact) }) { return false }
        if match.list("excludeResourceRules").contains(where: { fits($0, request, exact) }) { return false }
        if let selector = match.given("objectSelector"), !LabelRules.isEmpty(selector) {
            let labels = [request.object, request.old].map { $0["metadata", "labels"] }
            if !labels.contains(where: { LabelRules.matches(selector, labels: $0) }) { return false }
        }
        if let selector = match.given("namespaceSelector"), !LabelRules.isEmpty(selector) {
            if request.isFor("namespaces") {
                let object = request.object.isNull ? request.old : request.object
                return LabelRules.matches(selector, labels: object["metadata", "labels"])
            }
            guard request.type.isNamespaced else { return true }
            let namespace = request.context.state.object(GroupResource(resource: "namespaces"), "", request.namespace)
            return LabelRules.matches(selector, labels: namespace?.document["metadata", "labels"])
        }
        return true
    }

    /// One rule: operations, groups, versions, resources, scope and names.
    static func fits(_ rule: JSON, _ request: AdmissionRequest, _ exact: Bool) -> Bool {
        func has(_ field: String, _ value: String) -> Bool {
            (rule[field]?.strings ?? []).contains { $0 == "*" || $0 == value }
        }
        guard has("operations", request.operation.rawValue), has("apiGroups", request.type.group) else { return false }
        guard !exact || has("apiVersions", request.type.version) else { return false }
        switch rule.text("scope") {
        case "Cluster": if request.type.isNamespaced { return false }
        case "Namespaced": if !request.type.isNamespaced { return false }
        default: break
        }
        let names = rule["resourceNames"]?.strings ?? []
        if !names.isEmpty, !names.contains(request.name) { return false }
        let (resource, subresource) = (request.type.resource, request.subresource)
        return (rule["resources"]?.strings ?? []).contains { pattern in
            let parts = pattern.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts[0] == "*" || parts[0] == resource else { return false }
            if parts.count == 1 { return subresource.isEmpty }
            return parts[1] == "*" || parts[1] == subresource
        }
    }

    /// What expressions about this request can name.
    static func scope(_ request: AdmissionRequest, _ parameter: JSON) -> Activation {
        AdmissionExpressions.activation(request, parameter)
    }

    /// Whether every condition holds, of conditions that are compiled for this once.
    static func conditionsHold(_ conditions: [JSON], _ scope: inout Activation) throws(EvaluationError) -> Bool {
        try MatchConditions(conditions, hasParams: false).hold(&scope)
    }
}

/// The match conditions of a policy or a webhook, ready to be evaluated.
struct MatchConditions: Sendable {
    private let programs: [Result<Program, CompilationError>]

    init(_ conditions: [JSON], hasParams: Bool) {
        if conditions.isEmpty {
            programs = []
            return
        }
        let environment = AdmissionExpressions.environment(hasParams: hasParams)
        programs = conditions.map { condition in
            do throws(CompilationError) {
                return .success(try Program(condition.text("expression"), in: environment))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Whether every condition holds. One that is false decides, whatever the others do.
    /// - Throws: what went wrong with the others, when none is false.
    func hold(_ scope: inout Activation) throws(EvaluationError) -> Bool {
        if programs.isEmpty { return true }
        var evaluation = AdmissionEvaluation(scope, budget: CostLimit.matchConditions)
        var failures: [String] = []
        for condition in programs {
            switch condition {
            case .failure(let error): failures.append("compilation error: compilation failed: \(error.report)")
            case .success(let program):
                do throws(AdmissionEvaluation.Failure) {
                    if case .bool(false) = try evaluation.evaluate(program) { return false }
                } catch {
                    failures.append(error.message)
                    if error.isFinal { return try refuse(failures) }
                }
            }
        }
        return failures.isEmpty ? true : try refuse(failures)
    }

    private func refuse(_ failures: [String]) throws(EvaluationError) -> Bool {
        throw EvaluationError(failures.count == 1 ? failures[0] : "[" + failures.joined(separator: ", ") + "]")
    }
}
