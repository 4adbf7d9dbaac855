import Access
import ClusterState
import Document
import Records
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
    static func scope(_ request: AdmissionRequest, _ parameter: JSON) -> ExpressionScope {
        let user = request.context.user
        let type = request.type
        let kind: JSON = ["group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind)]
        let resource: JSON = [
            "group": .string(type.group), "version": .string(type.version), "resource": .string(type.resource),
        ]
        let asking: JSON = [
            "kind": kind, "resource": resource, "subResource": .string(request.subresource), "requestKind": kind,
            "requestResource": resource,
            "requestSubResource": .string(request.subresource), "name": .string(request.name),
            "namespace": .string(request.namespace),
            "operation": .string(request.operation.rawValue), "dryRun": .bool(request.context.isDryRun),
            "options": .null,
            "userInfo": [
                "username": .string(user.name), "uid": .string(user.uid),
                "groups": .array(user.groups.map { .string($0) }),
                "extra": .object(JSONObject(user.extra.map { ($0.key, .array($0.values.map { .string($0) })) })),
            ],
        ]
        var scope = ExpressionScope()
        scope.values["object"] = ExpressionValue(request.object)
        scope.values["oldObject"] = ExpressionValue(request.old)
        scope.values["request"] = ExpressionValue(asking)
        scope.values["params"] = ExpressionValue(parameter)
        let namespace =
            type.isNamespaced
            ? request.context.state.object(GroupResource(resource: "namespaces"), "", request.namespace) : nil
        scope.values["namespaceObject"] = ExpressionValue(namespace?.document ?? .null)
        let question = AccessAttributes(user: user, verb: "", resource: "")
        scope.values["authorizer"] = .question(question)
        var asked = question
        asked.group = type.group
        asked.resource = type.resource
        asked.subresource = request.subresource
        asked.namespace = request.namespace
        asked.name = request.name
        scope.values["authorizer.requestResource"] = .question(asked)
        let state = request.context.state
        scope.authorize = { attributes in
            let facts = AccessRules(state).authorize(attributes, state)
            return (facts.verdict == .allowed, facts.reason)
        }
        return scope
    }

    /// Whether every condition holds. One that is false decides, whatever the others do.
    static func conditionsHold(_ conditions: [JSON], _ scope: inout ExpressionScope) throws(ExpressionError) -> Bool {
        var failure: ExpressionError?
        for condition in conditions {
            do throws(ExpressionError) {
                if case .bool(false) = try Expression(parsing: condition.text("expression")).evaluate(&scope) {
                    return false
                }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return true
    }
}
