import Document
import Schema

/// The rules of this group's kinds.
enum FlowControlRules {
    static let group = "flowcontrol.apiserver.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "flowschemas"), FlowSchemaRules()),
        (GroupResource(group: group, resource: "prioritylevelconfigurations"), PriorityLevelRules()),
    ]
}

struct FlowSchemaRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { if ($0.integer("matchingPrecedence") ?? 0) == 0 { $0["matchingPrecedence"] = 1000 } }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let precedence = spec.integer("matchingPrecedence") ?? 0
        if precedence <= 0 {
            errors.append(.invalid("spec.matchingPrecedence", .int(precedence), "must be a positive value"))
        }
        if precedence > 10000 {
            errors.append(.invalid("spec.matchingPrecedence", .int(precedence), "must not be greater than 10000"))
        }
        if precedence == 1, object["metadata"]?.text("name") != "exempt" {
            errors.append(
                .invalid("spec.matchingPrecedence", 1, "only the schema named 'exempt' may have matchingPrecedence 1"))
        }
        let methods = ["ByNamespace", "ByUser"]
        if let type = spec["distinguisherMethod", "type"]?.string, !methods.contains(type) {
            errors.append(.notSupported("spec.distinguisherMethod.type", .string(type), methods))
        }
        let level = spec["priorityLevelConfiguration"]?.text("name") ?? ""
        if level.isEmpty {
            errors.append(.required("spec.priorityLevelConfiguration.name", "must reference a priority level"))
        } else {
            errors.addInvalid("spec.priorityLevelConfiguration.name", .string(level), Names.dnsSubdomain(level))
        }
        for (i, rule) in spec.list("rules").enumerated() { validateRule(rule, "spec.rules[\(i)]", &errors) }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        subresource == "status" ? [] : validateCreate(object, context)
    }

    private func validateRule(_ rule: JSON, _ at: String, _ errors: inout [FieldError]) {
        let subjects = rule.list("subjects")
        if subjects.isEmpty { errors.append(.required(at + ".subjects", "subjects must contain at least one value")) }
        for (i, subject) in subjects.enumerated() {
            let path = "\(at).subjects[\(i)]"
            let kind = subject.text("kind")
            let member = ["User": "user", "Group": "group", "ServiceAccount": "serviceAccount"]
            guard let wanted = member[kind] else {
                errors.append(.notSupported(path + ".kind", .string(kind), ["Group", "ServiceAccount", "User"]))
                continue
            }
            guard let given = subject.given(wanted) else {
                errors.append(.required("\(path).\(wanted)", "\(wanted) is required when subject kind is '\(kind)'"))
                continue
            }
            if given.text("name").isEmpty { errors.append(.required("\(path).\(wanted).name")) }
            if kind == "ServiceAccount", given.text("namespace").isEmpty {
                errors.append(.required("\(path).\(wanted).namespace", "must specify namespace for service account"))
            }
        }
        if rule.list("resourceRules").isEmpty, rule.list("nonResourceRules").isEmpty {
            errors.append(.required(at, "at least one of resourceRules and nonResourceRules has to be non-empty"))
        }
        for (i, resource) in rule.list("resourceRules").enumerated() {
            let path = "\(at).resourceRules[\(i)]"
            for (field, word) in [("verbs", "verbs"), ("apiGroups", "api groups"), ("resources", "resources")]
            where resource.list(field).isEmpty {
                errors.append(
                    .required(
                        "\(path).\(field)",
                        field == "apiGroups"
                            ? "resource rules must supply at least one api group"
                            : "\(word) must contain at least one value"))
            }
            if resource.list("namespaces").isEmpty, !resource.flag("clusterScope") {
                errors.append(
                    .required(
                        path + ".namespaces",
                        "resource rules that are not cluster scoped must supply at least one namespace"))
            }
        }
        for (i, path) in rule.list("nonResourceRules").enumerated() {
            let place = "\(at).nonResourceRules[\(i)]"
            if path.list("verbs").isEmpty {
                errors.append(.required(place + ".verbs", "verbs must contain at least one value"))
            }
            if path.list("nonResourceURLs").isEmpty {
                errors.append(.required(place + ".nonResourceURLs", "nonResourceURLs must contain at least one value"))
            }
        }
    }
}

struct PriorityLevelRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            if spec.text("type") == "Exempt" {
                if !spec.has("exempt") { spec["exempt"] = [:] }
                spec.modify("exempt") { exempt in
                    exempt.fill("nominalConcurrencyShares", 0)
                    exempt.fill("lendablePercent", 0)
                }
            }
            spec.modify("limited") { limited in
                if limited.isNull { return }
                limited.fill("nominalConcurrencyShares", 30)
                limited.fill("lendablePercent", 0)
                limited.modify("limitResponse") { response in
                    response.modify("queuing") { queuing in
                        if queuing.isNull { return }
                        for (field, value) in [("queues", 64), ("handSize", 8), ("queueLengthLimit", 50)]
                            as [(String, Int64)]
                        where (queuing.integer(field) ?? 0) == 0 { queuing[field] = .int(value) }
                    }
                }
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let limited = spec.given("limited")
        switch spec.text("type") {
        case "Exempt":
            if limited != nil {
                errors.append(.forbidden("spec.limited", "must be nil if the type is not Limited"))
            }
        case "Limited":
            if spec.has("exempt") { errors.append(.forbidden("spec.exempt", "must be nil if the type is Limited")) }
            guard let limited else {
                return errors + [.required("spec.limited", "must not be empty when type is Limited")]
            }
            if let shares = limited.integer("nominalConcurrencyShares"), shares < 0 {
                errors.append(
                    .invalid("spec.limited.nominalConcurrencyShares", .int(shares), "must be a non-negative integer"))
            }
            if let percent = limited.integer("lendablePercent"), !(0...100).contains(percent) {
                errors.append(
                    .invalid("spec.limited.lendablePercent", .int(percent), "must be between 0 and 100, inclusive"))
            }
            if let percent = limited.integer("borrowingLimitPercent"), percent < 0 {
                errors.append(
                    .invalid(
                        "spec.limited.borrowingLimitPercent", .int(percent),
                        "if specified, must be a non-negative integer"))
            }
            let response = limited["limitResponse"] ?? .null
            let at = "spec.limited.limitResponse"
            switch response.text("type") {
            case "Reject":
                if response.has("queuing") {
                    errors.append(
                        .forbidden(at + ".queuing", "must be nil if limited.limitResponse.type is not Limited"))
                }
            case "Queue":
                if let queuing = response.given("queuing") {
                    validateQueuing(queuing, at + ".queuing", &errors)
                } else {
                    errors.append(
                        .required(at + ".queuing", "must not be empty if limited.limitResponse.type is Limited"))
                }
            case let other: errors.append(.notSupported(at + ".type", .string(other), ["Queue", "Reject"]))
            }
        case let other: errors.append(.notSupported("spec.type", .string(other), ["Exempt", "Limited"]))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        subresource == "status" ? [] : validateCreate(object, context)
    }

    private func validateQueuing(_ queuing: JSON, _ at: String, _ errors: inout [FieldError]) {
        let (limit, queues, hand) = (
            queuing.integer("queueLengthLimit") ?? 0, queuing.integer("queues") ?? 0, queuing.integer("handSize") ?? 0
        )
        if limit <= 0 { errors.append(.invalid(at + ".queueLengthLimit", .int(limit), "must be positive")) }
        if queues <= 0 {
            errors.append(.invalid(at + ".queues", .int(queues), "must be positive"))
        } else if queues > 10_000_000 {
            errors.append(.invalid(at + ".queues", .int(queues), "must not be greater than 10000000"))
        }
        if hand <= 0 {
            errors.append(.invalid(at + ".handSize", .int(hand), "must be positive"))
        } else if hand > queues {
            errors.append(.invalid(at + ".handSize", .int(hand), "should not be greater than queues (\(queues))"))
        }
    }
}
