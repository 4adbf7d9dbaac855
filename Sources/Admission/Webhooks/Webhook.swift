import Document
import Schema

/// One webhook of a configuration, read once: upstream's `WebhookAccessor`.
struct Webhook: Sendable {
    /// `configuration/name/n`: what tells it from all others; `n` counts equal names.
    let uid: String
    let name: String
    let configuration: String
    let isMutating: Bool
    let rules: [WebhookRule]
    /// Whether a request for another version of the same objects counts too.
    let matchesEquivalent: Bool
    /// nil for one that selects everything.
    let namespaceSelector: JSON?
    let objectSelector: JSON?
    let matchConditions: [JSON]
    /// Whether a call that fails lets the request pass.
    let ignoresFailure: Bool
    let sideEffects: String?
    let timeoutSeconds: Int
    let isReinvoked: Bool
    /// Whether it takes only the old form of the review.
    let reviewVersion: String?
    let client: JSON

    init(_ hook: JSON, configuration: String, number: Int, isMutating: Bool) {
        name = hook.text("name")
        self.configuration = configuration
        uid = "\(configuration)/\(name)/\(number)"
        self.isMutating = isMutating
        rules = hook.list("rules").map(WebhookRule.init)
        matchesEquivalent = hook.text("matchPolicy") == "Equivalent"
        func selector(_ member: String) -> JSON? {
            hook.given(member).flatMap { LabelRules.isEmpty($0) ? Optional.none : $0 }
        }
        namespaceSelector = selector("namespaceSelector")
        objectSelector = selector("objectSelector")
        matchConditions = hook.list("matchConditions")
        ignoresFailure = hook.text("failurePolicy") == "Ignore"
        sideEffects = hook["sideEffects"]?.string
        timeoutSeconds = Int(hook.integer("timeoutSeconds") ?? 10)
        isReinvoked = hook.text("reinvocationPolicy") == "IfNeeded"
        // The first that this server knows, in the webhook's order.
        reviewVersion = hook["admissionReviewVersions"]?.strings.first { $0 == "v1" || $0 == "v1beta1" }
        client = hook["clientConfig"] ?? .null
    }
}

/// Which requests a webhook is called for: `RuleWithOperations`.
struct WebhookRule: Sendable {
    let operations: Set<String>
    let groups: Set<String>
    let versions: Set<String>
    let resources: [(resource: String, subresource: String)]
    let scope: String

    init(_ rule: JSON) {
        operations = Set(rule["operations"]?.strings ?? [])
        groups = Set(rule["apiGroups"]?.strings ?? [])
        versions = Set(rule["apiVersions"]?.strings ?? [])
        scope = rule.text("scope")
        resources = (rule["resources"]?.strings ?? []).map { pattern in
            guard let slash = pattern.firstIndex(of: "/") else { return (pattern, "") }
            return (String(pattern[..<slash]), String(pattern[pattern.index(after: slash)...]))
        }
    }

    /// Whether the rule means that operation on that resource.
    func matches(_ operation: AdmissionRequest.Operation, _ type: ResourceType, subresource: String) -> Bool {
        func has(_ allowed: Set<String>, _ value: String) -> Bool { allowed.contains("*") || allowed.contains(value) }
        switch scope {
        case "Namespaced": if !type.isNamespaced { return false }
        case "Cluster": if type.isNamespaced { return false }
        default: break
        }
        return has(operations, operation.rawValue) && has(groups, type.group) && has(versions, type.version)
            && resources.contains {
                ($0.resource == "*" || $0.resource == type.resource)
                    && ($0.subresource == "*" || $0.subresource == subresource)
            }
    }
}
