import Admission
import ClusterState
import Document
import Records
import Schema

/// One kind's rules, run in the order in which a write runs them.
struct Kinds {
    var state = ClusterState()
    var random = RandomSequence(seed: 11)
    let type: ResourceType
    var rules: any KindRules { RuleBook.rules(for: type) }

    init(_ apiVersion: String, _ resource: String) {
        type = Catalog.builtin.resource(apiVersion: apiVersion, resource)!
    }

    init(_ type: ResourceType) { self.type = type }

    private var context: WriteContext {
        WriteContext(
            state: state, catalog: .builtin, now: Timestamp(seconds: 1_800_000_000), user: UserInfo(name: "someone"),
            random: random,
            settings: ClusterSettings(), isDryRun: false)
    }

    private func read(_ body: JSON) throws(APIError) -> JSON {
        var object = body
        object["apiVersion"] = .string(type.apiVersion)
        object["kind"] = .string(type.kind)
        if let schema = type.schema { _ = try Conforming.conform(&object, to: schema) }
        rules.setDefaults(&object)
        if type.isNamespaced { object["metadata", "namespace"] = "ns" }
        return object
    }

    /// The object as it would be stored.
    @discardableResult
    mutating func create(_ body: JSON) throws(APIError) -> JSON {
        var object = try read(body)
        var context = self.context
        context.isLabelledBySender = !(body["metadata", "labels"]?.entries.isEmpty ?? true)
        try rules.prepareForCreate(&object, &context)
        random = context.random
        let errors =
            ObjectMetaRules.validateCreate(
                object["metadata"] ?? .null, isNamespaced: type.isNamespaced, nameRule: rules.nameRule)
            + rules.validateCreate(object, context)
        if !errors.isEmpty { throw .invalid(type.groupVersionKind, "", errors) }
        return object
    }

    @discardableResult
    mutating func update(_ old: JSON, _ subresource: String = "", _ change: (inout JSON) -> Void) throws(APIError)
        -> JSON
    {
        var body = old
        change(&body)
        var object = try read(body)
        object["metadata", "resourceVersion"] = "1"
        var before = old
        before["metadata", "resourceVersion"] = "1"
        var context = self.context
        try rules.prepareForUpdate(&object, old: before, subresource: subresource, &context)
        random = context.random
        let errors =
            ObjectMetaRules.validateUpdate(object["metadata"] ?? .null, old: before["metadata"] ?? .null)
            + rules.validateUpdate(object, old: before, subresource: subresource, context)
        if !errors.isEmpty { throw .invalid(type.groupVersionKind, "", errors) }
        return object
    }

    /// Puts an object into the state as an event would.
    mutating func store(_ object: JSON) {
        let key = ObjectKey(
            group: type.store.group, resource: type.store.resource,
            namespace: object["metadata", "namespace"]?.string ?? "",
            name: object["metadata", "name"]?.string ?? "")
        let previous = state.object(key)
        let change = Change(
            kind: previous == nil ? .created : .updated, key: key, uid: previous?.uid ?? "u-\(state.revision)",
            previousRevision: previous?.revision ?? 0, body: object.encoded())
        state.apply(
            EventRecord(
                stream: .journal, revision: state.revision + 1, time: Timestamp(seconds: 1_800_000_000),
                request: RequestFacts(verb: "create", path: "/"),
                authentication: AuthenticationFacts(authenticator: "internal", user: UserInfo(name: "someone")),
                authorization: .notAsked, outcome: Outcome(code: 201), changes: [change]))
    }
}

/// The causes of a refusal, each as `field: message`; nothing when the write was accepted.
func causes(_ write: () throws(APIError) -> Void) -> [String] {
    do {
        try write()
        return []
    } catch {
        return error.causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
    }
}

/// The smallest pod that is accepted.
func pod(_ change: (inout JSON) -> Void = { _ in }) -> JSON {
    var pod: JSON = ["metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "busybox:1.36"]]]]
    change(&pod)
    return pod
}
