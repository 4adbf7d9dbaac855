import Document
import Records
import Schema

extension AdmissionRequest {
    /// The call of a webhook about this request, which it sees as the invocation's version: upstream's `CreateAdmissionObjects`.
    mutating func call(_ invocation: WebhookInvocation, round: Int) throws(APIError) -> WebhookCall {
        let (seen, was) = try versions(for: invocation.type)
        func group(_ group: String, _ version: String, _ member: String, _ value: String) -> JSON {
            ["group": .string(group), "version": .string(version), member: .string(value)]
        }
        let hook = invocation.webhook
        var review: JSON = [
            "kind": group(invocation.kind.group, invocation.kind.version, "kind", invocation.kind.kind),
            "resource": group(
                invocation.type.group, invocation.type.version, "resource", invocation.type.resource),
            "requestKind": group(kind.group, kind.version, "kind", kind.kind),
            "requestResource": group(type.group, type.version, "resource", type.resource),
            "operation": .string(operation.rawValue), "userInfo": Self.document(context.user),
            "object": seen, "oldObject": was, "dryRun": .bool(context.isWithoutEffect), "options": context.options,
        ]
        if !subresource.isEmpty {
            review["subResource"] = .string(subresource)
            review["requestSubResource"] = .string(subresource)
        }
        if !name.isEmpty { review["name"] = .string(name) }
        let namespace = reviewNamespace
        if !namespace.isEmpty { review["namespace"] = .string(namespace) }
        return WebhookCall(
            purpose: hook.isMutating ? .mutating : .validating, configuration: hook.configuration, webhook: hook.name,
            client: hook.client, timeoutSeconds: hook.timeoutSeconds, round: round,
            apiVersion: "admission.k8s.io/" + (hook.reviewVersion ?? "v1"), request: review)
    }

    /// Upstream's `authentication/v1 UserInfo`.
    private static func document(_ user: UserInfo) -> JSON {
        var out: JSON = [:]
        if !user.name.isEmpty { out["username"] = .string(user.name) }
        if !user.uid.isEmpty { out["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { out["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.extra.isEmpty {
            out["extra"] = .object(JSONObject(user.extra.map { ($0.key, .array($0.values.map { .string($0) })) }))
        }
        return out
    }

    /// The answer to a call, when it was asked before this decision.
    func answer(to call: WebhookCall) -> WebhookAnswer? {
        context.answers.last { call.isAnswered(by: $0.call) }
    }

    /// Whether webhooks are asked about this request at all.
    func isSubject(to hooks: [Webhook]) -> Bool {
        if hooks.isEmpty { return false }
        return !(type.group == WebhookDirectory.group && WebhookDirectory.exempt.contains(type.resource))
    }

    /// A dry run must not leave traces: a webhook that may leave some is not called.
    func checkSideEffects(_ hook: Webhook) throws(APIError) {
        guard context.isWithoutEffect else { return }
        if hook.sideEffects == "None" || hook.sideEffects == "NoneOnDryRun" { return }
        throw .badRequest("admission webhook \(goQuoted(hook.name)) does not support dry run")
    }

    /// What the log keeps of a call: whose answer it was, what it said and how long it took.
    mutating func record(
        _ plugin: String, _ call: WebhookCall, latency: Int64, verdict: AdmissionVerdict?, failure: String? = nil,
        failedOpen: Bool = false
    ) {
        var fact: JSON = [
            "configuration": .string(call.configuration), "webhook": .string(call.webhook),
            "latencyMicroseconds": .int(latency),
        ]
        if call.round > 0 { fact["round"] = .int(Int64(call.round)) }
        if let verdict {
            fact["allowed"] = .bool(verdict.isAllowed)
            if let patch = verdict.patch { fact["patch"] = patch }
            if !verdict.warnings.isEmpty { fact["warnings"] = .array(verdict.warnings.map { .string($0) }) }
            if !verdict.annotations.isEmpty {
                // The key of an annotation is qualified by the webhook's name.
                fact["auditAnnotations"] = .object(
                    JSONObject(verdict.annotations.map { (call.webhook + "/" + $0.key, $0.value) }))
            }
            if !verdict.isAllowed, let result = verdict.result { fact["status"] = result }
        }
        if let failure { fact["error"] = .string(failure) }
        if failedOpen { fact["failedOpen"] = true }
        facts.append(AdmissionFact(plugin: plugin, effect: .answered, detail: fact.text))
    }
}
