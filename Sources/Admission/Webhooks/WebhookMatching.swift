import ClusterState
import Document
import Expressions
import Schema

/// What a webhook is called about: the resource and kind that one of its rules names, which may be another version of the request's.
struct WebhookInvocation {
    let webhook: Webhook
    /// The request's own type, or the equivalent one that a rule means.
    let type: ResourceType
    let kind: GroupVersionKind
}

/// Whether a webhook is called for a request: upstream's `ShouldCallHook`.
enum WebhookMatching {
    /// nil when it is not; throws when that cannot be told. A waiting answer (a conversion) is thrown as well.
    static func invocation(_ webhook: Webhook, _ request: inout AdmissionRequest) throws(APIError) -> WebhookInvocation?
    {
        guard let found = target(webhook, request) else { return nil }
        guard objectMatches(webhook, request), try namespaceMatches(webhook, request) else { return nil }
        if webhook.matchConditions.isEmpty { return found }
        var seen = request
        if found.type.apiVersion != request.type.apiVersion {
            (seen.object, seen.old) = try request.versions(for: found.type)
        }
        var scope = AdmissionMatching.scope(seen, .null)
        do throws(EvaluationError) {
            return try AdmissionMatching.conditionsHold(webhook.matchConditions, &scope) ? found : nil
        } catch {
            if webhook.ignoresFailure { return nil }
            throw request.forbidden(error.message)
        }
    }

    /// The first rule that means the request, else the first that means it under another version of the same objects.
    private static func target(_ webhook: Webhook, _ request: AdmissionRequest) -> WebhookInvocation? {
        let (operation, type, subresource) = (request.operation, request.type, request.subresource)
        if webhook.rules.contains(where: { $0.matches(operation, type, subresource: subresource) }) {
            return WebhookInvocation(webhook: webhook, type: type, kind: request.kind)
        }
        guard webhook.matchesEquivalent else { return nil }
        let equivalents = request.context.catalog.resources.filter { other in
            other.store == type.store && (other.apiVersion != type.apiVersion || other.resource != type.resource)
                && (subresource.isEmpty || other.subresource(subresource) != nil)
        }
        if equivalents.isEmpty { return nil }
        for rule in webhook.rules {
            for other in equivalents where rule.matches(operation, other, subresource: subresource) {
                return WebhookInvocation(webhook: webhook, type: other, kind: other.kind(subresource: subresource))
            }
        }
        return nil
    }

    private static func objectMatches(_ webhook: Webhook, _ request: AdmissionRequest) -> Bool {
        guard let selector = webhook.objectSelector else { return true }
        return [request.object, request.old].contains { object in
            guard let metadata = object["metadata"], metadata.object != nil else { return false }
            return LabelRules.matches(selector, labels: metadata["labels"])
        }
    }

    private static func namespaceMatches(_ webhook: Webhook, _ request: AdmissionRequest) throws(APIError) -> Bool {
        guard let selector = webhook.namespaceSelector else { return true }
        if request.isFor("namespaces"), request.operation == .create || request.operation == .update {
            return LabelRules.matches(selector, labels: request.object["metadata", "labels"])
        }
        let namespace = request.reviewNamespace
        if namespace.isEmpty { return true }
        let store = GroupResource(resource: "namespaces")
        guard let found = request.context.state.object(store, "", namespace) else {
            throw .notFound(store, namespace)
        }
        return LabelRules.matches(selector, labels: found.document["metadata", "labels"])
    }
}

extension ResourceType {
    /// The kind of what is sent to a subresource; the resource's own for none.
    func kind(subresource name: String) -> GroupVersionKind {
        name.isEmpty ? groupVersionKind : subresource(name)?.kind ?? groupVersionKind
    }
}

extension AdmissionRequest {
    /// The kind of the request's object: that of a subresource, `Scale` or `PodExecOptions`, when it has its own.
    var kind: GroupVersionKind { type.kind(subresource: subresource) }

    /// The request's namespace as reviews have it: a namespace lies in itself.
    var reviewNamespace: String {
        guard type.store == GroupResource(resource: "namespaces") else { return namespace }
        return name.isEmpty ? object["metadata", "name"]?.string ?? "" : name
    }

    /// Object and old object as that version of the resource has them; throws waiting for a conversion that is not there yet.
    mutating func versions(for other: ResourceType) throws(APIError) -> (object: JSON, old: JSON) {
        (try version(of: object, for: other), try version(of: old, for: other))
    }

    mutating func version(of object: JSON, for other: ResourceType) throws(APIError) -> JSON {
        // What is sent to a subresource has one form only.
        guard !object.isNull, object["kind"]?.string == other.kind else { return object }
        if !other.isCustom {
            var out = object
            Conversion.convert(&out, to: other.apiVersion)
            return out
        }
        if let converted = try CustomConversion.convert(
            [object], to: other.apiVersion, of: other, answers: context.answers, wanted: &wanted)
        {
            return converted[0]
        }
        throw APIError.waiting
    }
}
