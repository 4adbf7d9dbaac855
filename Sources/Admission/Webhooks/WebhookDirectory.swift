public import ClusterState
public import Records
public import Schema

/// The webhooks of one state, ready to be asked about: made when a configuration changes, so that a request that no webhook means
/// costs one look-up.
public final class WebhookDirectory: Sendable {
    let mutating: [Webhook]
    let validating: [Webhook]
    /// Plural names that rules name; a rule for `*` makes everything a candidate.
    private let resources: Set<String>
    private let meansEverything: Bool

    static let group = AdmissionRegistrationRules.group
    private static let stores = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
    /// Never subject to webhooks or policies, lest one locks everybody out.
    static let exempt: Set<String> = [
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings", "validatingwebhookconfigurations", "mutatingwebhookconfigurations",
    ]

    /// No webhooks.
    public static let none = WebhookDirectory(mutating: [], validating: [])

    private init(mutating: [Webhook], validating: [Webhook]) {
        self.mutating = mutating
        self.validating = validating
        let named = (mutating + validating).flatMap { $0.rules.flatMap { $0.resources.map(\.resource) } }
        resources = Set(named)
        meansEverything = resources.contains("*")
    }

    /// The webhooks that a state's configurations list, by the names of these and then in their order.
    public static func of(_ state: ClusterState) -> WebhookDirectory {
        func hooks(_ resource: String, isMutating: Bool) -> [Webhook] {
            state.objects(GroupResource(group: group, resource: resource))
                .sorted { $0.key.name.bytesPrecede($1.key.name) }
                .flatMap { stored in
                    var seen: [String: Int] = [:]
                    return stored.document.list("webhooks").map { hook in
                        let name = hook.text("name")
                        defer { seen[name, default: 0] += 1 }
                        return Webhook(
                            hook, configuration: stored.key.name, number: seen[name, default: 0], isMutating: isMutating
                        )
                    }
                }
        }
        let mutating = hooks(stores[0], isMutating: true)
        let validating = hooks(stores[1], isMutating: false)
        return mutating.isEmpty && validating.isEmpty
            ? .none : WebhookDirectory(mutating: mutating, validating: validating)
    }

    /// Whether a change of that object makes another directory.
    public static func isMade(of key: ObjectKey) -> Bool { key.group == group && stores.contains(key.resource) }

    public var isEmpty: Bool { mutating.isEmpty && validating.isEmpty }

    /// Whether any webhook may be meant by a request for that resource; quick, and never wrongly false.
    public func mayConcern(_ type: ResourceType) -> Bool {
        guard meansEverything || resources.contains(type.resource) else { return false }
        return !(type.group == WebhookDirectory.group && WebhookDirectory.exempt.contains(type.resource))
    }
}
