import Document
import Schema

/// The rules of this group's kinds.
enum FlowControlRules {
    static let group = "flowcontrol.apiserver.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "flowschemas"), FlowSchemaRules()),
        (GroupResource(group: group, resource: "prioritylevelconfigurations"), PriorityLevelRules()),
    ]

    static func validateConditions(_ object: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (i, condition) in (object["status"]?.list("conditions") ?? []).enumerated() {
            let type = condition.text("type")
            let path = "status.conditions[\(i)].type"
            if !seen.insert(type).inserted { errors.append(.duplicate(path, .string(type))) }
            if type.isEmpty { errors.append(.required(path)) }
        }
        return errors
    }
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
            errors.append(
                .notSupportedDump("spec.distinguisherMethod.type", "{\"Type\":\(JSON.string(type).text)}", methods))
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
        (subresource == "status" ? [] : validateCreate(object, context)) + FlowControlRules.validateConditions(object)
    }

    private func validateRule(_ rule: JSON, _ at: String, _ errors: inout [FieldError]) {
        let subjects = rule.list("subjects")
        if subjects.isEmpty { errors.append(.required(at + ".subjects", "subjects must contain at least one value")) }
        for (i, subject) in subjects.enumerated() where errors.hasRoom {
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
            let (name, namespace) = (given.text("name"), given.text("namespace"))
            if name.isEmpty { errors.append(.required("\(path).\(wanted).name")) }
            if kind == "ServiceAccount" {
                if !name.isEmpty, name != "*" {
                    errors.addInvalid("\(path).\(wanted).name", .string(name), Names.dnsSubdomain(name))
                }
                if namespace.isEmpty {
                    errors.append(
                        .required("\(path).\(wanted).namespace", "must specify namespace for service account"))
                } else {
                    errors.addInvalid("\(path).\(wanted).namespace", .string(namespace), Names.dnsLabel(namespace))
                }
            }
            // The others' members, services' accounts first.
            for (other, owner) in [("serviceAccount", "ServiceAccount"), ("user", "User"), ("group", "Group")]
            where other != wanted && subject.has(other) {
                errors.append(
                    .forbidden("\(path).\(other)", "\(other) is forbidden when subject kind is not '\(owner)'"))
            }
        }
        if rule.list("resourceRules").isEmpty, rule.list("nonResourceRules").isEmpty {
            errors.append(.required(at, "at least one of resourceRules and nonResourceRules has to be non-empty"))
        }
        for (i, resource) in rule.list("resourceRules").enumerated() where errors.hasRoom {
            let path = "\(at).resourceRules[\(i)]"
            validateVerbs(resource, path, &errors)
            for (field, word) in [("apiGroups", "api group"), ("resources", "resource")] {
                let values = resource[field]?.strings ?? []
                if values.isEmpty {
                    errors.append(.required("\(path).\(field)", "resource rules must supply at least one \(word)"))
                } else {
                    aloneIfAll(values, "\(path).\(field)", word + "s", &errors)
                }
            }
            let namespaces = resource["namespaces"]?.strings ?? []
            if namespaces.isEmpty, !resource.flag("clusterScope") {
                errors.append(
                    .required(
                        path + ".namespaces",
                        "resource rules that are not cluster scoped must supply at least one namespace"))
            } else if !aloneIfAll(namespaces, path + ".namespaces", "namespaces", &errors) {
                for (i, namespace) in namespaces.enumerated() {
                    errors.addInvalid(
                        "\(path).namespaces[\(i)]", .string(namespace),
                        Names.dnsLabel(namespace).map {
                            "each member of this list must be '*' or a DNS-1123 label; " + $0
                        })
                }
            }
        }
        for (i, path) in rule.list("nonResourceRules").enumerated() where errors.hasRoom {
            let place = "\(at).nonResourceRules[\(i)]"
            validateVerbs(path, place, &errors)
            let urls = path["nonResourceURLs"]?.strings ?? []
            if urls.isEmpty {
                errors.append(.required(place + ".nonResourceURLs", "nonResourceURLs must contain at least one value"))
            } else if !aloneIfAll(urls, place + ".nonResourceURLs", "non-resource URLs", &errors) {
                for (i, url) in urls.enumerated() {
                    if let wrong = complaint(aboutURL: url) {
                        errors.append(.invalid("\(place).nonResourceURLs[\(i)]", .string(url), wrong))
                    }
                }
            }
        }
    }

    /// Whether `*` is among the values; nothing else may be then.
    @discardableResult
    private func aloneIfAll(_ values: [String], _ path: String, _ word: String, _ errors: inout [FieldError]) -> Bool {
        guard values.contains("*") else { return false }
        if values.count > 1 {
            errors.append(
                .invalid(
                    path, .array(values.map { .string($0) }), "if '*' is present, must not specify other \(word)"))
        }
        return true
    }

    private func validateVerbs(_ rule: JSON, _ path: String, _ errors: inout [FieldError]) {
        let supported = [
            "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
        ]
        let verbs = rule["verbs"]?.strings ?? []
        if verbs.isEmpty {
            errors.append(.required(path + ".verbs", "verbs must contain at least one value"))
        } else if !aloneIfAll(verbs, path + ".verbs", "verbs", &errors),
            !verbs.allSatisfy(supported.contains)
        {
            errors.append(.notSupported(path + ".verbs", .array(verbs.map { .string($0) }), supported))
        }
    }

    private func complaint(aboutURL url: String) -> String? {
        if url.isEmpty { return "must not be empty" }
        if url == "/" { return nil }
        if !url.hasPrefix("/") { return "must start with slash" }
        if url.contains(" ") { return "must not contain white-space" }
        if url.contains("//") { return "must not contain double slash" }
        if let star = url.firstIndex(of: "*") {
            if url.index(after: star) != url.endIndex { return "wildcard can only do suffix matching" }
            if !url.hasSuffix("/*") {
                return "wildcard matching should be used for path segment"
            }
        }
        return nil
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
        let isExempt = object["metadata"]?.text("name") == "exempt"
        if isExempt != (spec.text("type") == "Exempt") {
            errors.append(
                .invalid(
                    "spec.type", .string(spec.text("type")), "must be 'Exempt' if and only if `name` is 'exempt'"))
        }
        switch spec.text("type") {
        case "Exempt":
            if limited != nil {
                errors.append(.forbidden("spec.limited", "must be nil if the type is not Limited"))
            }
            let exempt = spec["exempt"] ?? .null
            if let shares = exempt.integer("nominalConcurrencyShares"), shares < 0 {
                errors.append(
                    .invalid("spec.exempt.nominalConcurrencyShares", .int(shares), "must be a non-negative integer"))
            }
            if let percent = exempt.integer("lendablePercent"), !(0...100).contains(percent) {
                errors.append(
                    .invalid("spec.exempt.lendablePercent", .int(percent), "must be between 0 and 100, inclusive"))
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
        (subresource == "status" ? [] : validateCreate(object, context)) + FlowControlRules.validateConditions(object)
    }

    private static let entropyBitsMax = 60

    /// Whether the bits that one hash has are enough to deal a hand.
    private static func isDealt(_ deck: Int64, _ hand: Int64) -> Bool {
        var hands: Int64 = 1
        for _ in 0..<hand {
            let (product, overflow) = hands.multipliedReportingOverflow(by: deck)
            if overflow || product > 1 << Int64(entropyBitsMax) { return false }
            hands = product
        }
        return true
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
        } else if queues > 1, !Self.isDealt(queues, hand) {
            errors.append(
                .invalid(
                    at + ".handSize", .int(hand),
                    "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than \(Self.entropyBitsMax)"
                ))
        }
    }
}
