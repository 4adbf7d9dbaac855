import Document
import Expressions
import Schema

/// The rules of this group's kinds.
enum AdmissionRegistrationRules {
    static let group = "admissionregistration.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (
            GroupResource(group: group, resource: "validatingwebhookconfigurations"),
            WebhookConfigurationRules(isMutating: false)
        ),
        (
            GroupResource(group: group, resource: "mutatingwebhookconfigurations"),
            WebhookConfigurationRules(isMutating: true)
        ),
        (GroupResource(group: group, resource: "validatingadmissionpolicies"), AdmissionPolicyRules(isMutating: false)),
        (GroupResource(group: group, resource: "mutatingadmissionpolicies"), AdmissionPolicyRules(isMutating: true)),
        (
            GroupResource(group: group, resource: "validatingadmissionpolicybindings"),
            AdmissionPolicyBindingRules(isMutating: false)
        ),
        (
            GroupResource(group: group, resource: "mutatingadmissionpolicybindings"),
            AdmissionPolicyBindingRules(isMutating: true)
        ),
    ]

    /// Defaults of everything that selects requests: `matchConstraints`, `matchResources`.
    static func fillMatch(_ match: inout JSON) {
        if match.isNull { return }
        match.fill("matchPolicy", "Equivalent")
        match.fill("namespaceSelector", [:])
        match.fill("objectSelector", [:])
        for list in ["resourceRules", "excludeResourceRules"] {
            match.modify(list) { $0.modifyElements { _, rule in rule.fill("scope", "*") } }
        }
    }

    /// The rules that say which requests are meant.
    static func validateRule(_ rule: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        func check(_ field: String, _ word: String, emptyAllowed: Bool) {
            let values = rule[field]?.strings ?? []
            if values.isEmpty { errors.append(.required("\(at).\(field)")) }
            if values.count > 1, values.contains("*") {
                errors.append(
                    .invalid(
                        "\(at).\(field)", .array(values.map { .string($0) }),
                        "if '*' is present, must not specify other \(word)"))
            }
            if !emptyAllowed {
                for (i, value) in values.enumerated() where errors.hasRoom && value.isEmpty {
                    errors.append(.required("\(at).\(field)[\(i)]"))
                }
            }
        }
        var names: Set<String> = []
        for (i, name) in (rule["resourceNames"]?.strings ?? []).enumerated() {
            let path = "\(at).resourceNames[\(i)]"
            errors.addInvalid(path, .string(name), Names.pathSegment(name))
            if !names.insert(name).inserted { errors.append(.duplicate(path, .string(name))) }
        }
        let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]
        let given = rule["operations"]?.strings ?? []
        if given.isEmpty { errors.append(.required(at + ".operations")) }
        if given.count > 1, given.contains("*") {
            errors.append(
                .invalid(
                    at + ".operations", .array(given.map { .string($0) }),
                    "if '*' is present, must not specify other operations"))
        }
        for (i, operation) in given.enumerated()
        where errors.hasRoom && !operations.contains(operation) {
            errors.append(.notSupported("\(at).operations[\(i)]", .string(operation), operations))
        }
        check("apiGroups", "API groups", emptyAllowed: true)
        check("apiVersions", "API versions", emptyAllowed: false)
        errors += validateResources(rule["resources"]?.strings ?? [], at + ".resources")
        let scopes = ["*", "Cluster", "Namespaced"]
        if let scope = rule["scope"]?.string, !scopes.contains(scope) {
            errors.append(.notSupported(at + ".scope", .string(scope), scopes))
        }
        return errors
    }

    /// Resources and subresources, either of which may be `*`.
    private static func validateResources(_ resources: [String], _ at: String) -> [FieldError] {
        if resources.isEmpty { return [.required(at)] }
        var errors: [FieldError] = []
        var whole: Set<String> = []
        var wholeSubresources: Set<Substring> = []
        var ofAllResources: Set<Substring> = []
        for (i, text) in resources.enumerated() where errors.hasRoom {
            if text.isEmpty {
                errors.append(.required("\(at)[\(i)]"))
                continue
            }
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                whole.insert(text)
                continue
            }
            if wholeSubresources.contains(parts[0]) {
                errors.append(
                    .invalid(
                        "\(at)[\(i)]", .string(text), "if '\(parts[0])/*' is present, must not specify \(text)"))
            }
            if ofAllResources.contains(parts[1]) {
                errors.append(
                    .invalid(
                        "\(at)[\(i)]", .string(text), "if '*/\(parts[1])' is present, must not specify \(text)"))
            }
            if parts[1] == "*" { wholeSubresources.insert(parts[0]) }
            if parts[0] == "*" { ofAllResources.insert(parts[1]) }
        }
        let shown = JSON.array(resources.map { .string($0) })
        if resources.count > 1, resources.contains("*/*") {
            errors.append(.invalid(at, shown, "if '*/*' is present, must not specify other resources"))
        }
        if whole.contains("*"), whole.count > 1 {
            errors.append(
                .invalid(at, shown, "if '*' is present, must not specify other resources without subresources"))
        }
        return errors
    }

    static func validateMatchConditions(
        _ conditions: [JSON], _ at: String,
        _ environment: Environment = AdmissionExpressions.environment(hasParams: false)
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if conditions.count > 64 { errors.append(.tooMany(at, conditions.count, 64)) }
        var names: Set<String> = []
        for (i, condition) in conditions.enumerated() where errors.hasRoom {
            let name = condition.text("name")
            let text = condition.text("expression")
            if text.allSatisfy(\.isWhitespace) {
                errors.append(.required("\(at)[\(i)].expression"))
            } else {
                errors += ExpressionRules.validate(text, [.bool], in: environment, "\(at)[\(i)].expression")
            }
            if name.isEmpty {
                errors.append(.required("\(at)[\(i)].name"))
            } else {
                errors.addInvalid("\(at)[\(i)].name", .string(name), Names.qualifiedName(name))
                if !names.insert(name).inserted { errors.append(.duplicate("\(at)[\(i)].name", .string(name))) }
            }
        }
        return errors
    }
}
