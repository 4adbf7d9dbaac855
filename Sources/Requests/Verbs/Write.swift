import Access
import Admission
import ClusterState
import Document
import Patching
import Records
import Schema

/// One command on its way to a decision: what all verbs share.
struct Write {
    let command: WriteCommand
    let ground: DecisionGround
    let rules: any KindRules
    var random: RandomSequence
    var warnings: [String] = []
    var facts: [AdmissionFact] = []
    /// The object as it was sent has an empty list, of a kind to which that is a change.
    var givesEmpty = false
    /// The body that was read last has labels before it is given its defaults.
    var isLabelledBySender = false
    /// What must be asked outside before this can be decided; `APIError.waiting` is thrown with it.
    var wanted: [WebhookCall] = []
    /// Objects that admission changes along with this one.
    var sideWrites: [(type: ResourceType, object: JSON)] = []

    init(_ command: WriteCommand, _ ground: DecisionGround) {
        self.command = command
        self.ground = ground
        rules = RuleBook.rules(for: command.type)
        random = RandomSequence(seed: command.seed)
    }

    var type: ResourceType { command.type }
    var revision: UInt64 { ground.state.revision + 1 }
    /// The revision as clients see it; a dry run has none.
    var resourceVersion: String { String(revision) }

    /// The kind that refusals of an object name. Events of both groups are the core group's to upstream's validation.
    var refusedKind: GroupVersionKind {
        type.store.resource == "events" && !type.isCustom
            ? GroupVersionKind(version: "v1", kind: type.kind) : type.groupVersionKind
    }

    func key(_ name: String) -> ObjectKey {
        ObjectKey(
            group: type.store.group, resource: type.store.resource,
            namespace: type.isNamespaced ? command.namespace : "", name: name)
    }

    var context: WriteContext {
        var context = WriteContext(
            state: ground.state, catalog: ground.catalog, now: command.now, user: command.user, random: random,
            settings: ground.settings,
            isDryRun: command.isDryRun)
        context.isRehearsal = command.isRehearsal
        context.webhooks = ground.webhooks
        context.answers = command.answers
        context.isLabelledBySender = isLabelledBySender
        return context
    }

    /// The object as it is, or 404.
    func existing(_ name: String) throws(APIError) -> StoredObject {
        guard let found = ground.state.object(key(name)) else { throw .notFound(type.groupResource, name) }
        return found
    }

    /// A stored object as the verbs work on it: one of a built-in kind at its storage version, a custom one at the version asked for.
    mutating func loaded(_ stored: StoredObject) throws(APIError) -> JSON {
        let document = stored.document
        guard type.isCustom, document["apiVersion"]?.string != type.apiVersion else { return document }
        return try converted(document, to: type.apiVersion)
    }

    /// A custom resource at another of its versions; throws waiting when a webhook must say what it looks like there.
    mutating func converted(_ object: JSON, to apiVersion: String) throws(APIError) -> JSON {
        guard
            let out = try CustomConversion.convert(
                [object], to: apiVersion, of: type, answers: command.answers, wanted: &wanted)
        else { throw .waiting }
        return out[0]
    }

    // MARK: bodies

    /// Reads a body as an object of the served version: known members, canonical values, defaults; then the storage version.
    mutating func decode(_ body: JSON) throws(APIError) -> JSON {
        do throws(UnreadableBody) {
            return try read(body, complaints: command.duplicates.map { "duplicate field \"\($0)\"" })
        } catch {
            throw error.refusal(of: type)
        }
    }

    /// Reads a body, or says why it is no object of the kind. `complaints` are those that its syntax gave rise to.
    mutating func read(_ body: JSON, complaints: [String]) throws(UnreadableBody) -> JSON {
        var object = body
        try checkKind(of: &object)
        var complaints = complaints
        if let schema = type.schema {
            givesEmpty = Generation.countsEmpty(type) && Conforming.givesEmpty(Generation.counted(object), of: schema)
            do throws(APIError) {
                complaints += try Conforming.conform(&object, to: schema).map { "unknown field \"\($0)\"" }
            } catch {
                throw UnreadableBody(error, type.groupVersionKind)
            }
        }
        // Upstream's decoder stops noting faults after so many.
        if complaints.count > 100 { complaints.removeSubrange(100...) }
        try report(complaints)
        if type.storageVersion != type.apiVersion, !type.isCustom {
            Conversion.convert(&object, to: type.storageVersion)
        }
        isLabelledBySender = !(object["metadata", "labels"]?.entries.isEmpty ?? true)
        rules.setDefaults(&object)
        return object
    }

    private func checkKind(of object: inout JSON) throws(UnreadableBody) {
        if object.isNull { object = .object(JSONObject()) }
        guard object.object != nil else {
            throw UnreadableBody(whole: "the object provided is unrecognized (must be of type \(type.kind))")
        }
        let said = SentObject.said(by: object, otherwise: type.groupVersionKind)
        if said != type.groupVersionKind {
            if type.isCustom {
                let version = object["apiVersion"]?.string ?? ""
                if version != type.apiVersion, command.verb != .patch {
                    throw UnreadableBody(
                        whole:
                            "the API version in the data (\(version)) does not match the expected API version (\(type.apiVersion))"
                    )
                }
                throw UnreadableBody("converting (\(said.kind)) to (\(type.kind)): unknown conversion", said)
            }
            guard let other = ground.catalog.resource(for: said), said.kind == type.kind, other.store == type.store
            else {
                throw SentObject.mismatch(
                    object, said, type.groupVersionKind, group: type.group, in: ground.catalog)
            }
        }
        object["apiVersion"] = .string(said.apiVersion)
        object["kind"] = .string(said.kind)
    }

    /// Unknown and duplicate members: refused, told or passed over as `fieldValidation` says.
    private mutating func report(_ complaints: [String]) throws(UnreadableBody) {
        if complaints.isEmpty { return }
        switch command.fieldValidation {
        case .ignore: return
        case .warn: warnings += complaints
        case .strict:
            throw UnreadableBody(
                "strict decoding error: " + complaints.joined(separator: ", "), type.groupVersionKind)
        }
    }

    /// Namespace of the body against the URL's.
    func checkNamespace(_ object: inout JSON) throws(APIError) {
        let said = object["metadata", "namespace"]?.string ?? ""
        // A kind of the whole cluster forgets a namespace in silence.
        if !type.isNamespaced, !said.isEmpty { object["metadata", "namespace"] = Optional.none }
        if type.isNamespaced {
            if said.isEmpty {
                object["metadata", "namespace"] = .string(command.namespace)
            } else if said != command.namespace {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request")
            }
        }
    }

    // MARK: admission

    mutating func admit(
        _ operation: AdmissionRequest.Operation, _ object: inout JSON, old: JSON, name: String,
        subresource: String? = nil
    ) throws(APIError) -> AdmissionRequest {
        var context = self.context
        if !ground.webhooks.isEmpty || AdmissionPolicies.areBound(in: ground.state) {
            context.options = command.options(for: operation)
        }
        var request = AdmissionRequest(
            operation: operation, type: type, subresource: subresource ?? command.subresource,
            namespace: command.namespace, name: name,
            object: object, old: old, context: context)
        defer { collect(request) }
        try AdmissionChain.mutate(&request)
        object = request.object
        random = request.context.random
        return request
    }

    mutating func validate(_ request: inout AdmissionRequest, _ object: JSON) throws(APIError) {
        request.object = object
        request.facts = []
        request.warnings = []
        request.wanted = []
        defer {
            collect(request)
            sideWrites += request.sideWrites
        }
        try AdmissionChain.validate(&request)
    }

    private mutating func collect(_ request: AdmissionRequest) {
        facts += request.facts
        warnings += request.warnings
        wanted += request.wanted
    }

    // MARK: outcomes

    /// The finished object as a change, with its resourceVersion and its encoding.
    mutating func change(
        _ kind: Change.Kind, _ object: inout JSON, name: String, previous: UInt64
    ) throws(APIError) -> Change {
        if let schema = type.schema { Conforming.settle(&object, to: schema) }
        object["metadata", "resourceVersion"] = .string(resourceVersion)
        var body = object
        if type.isCustom, type.storageVersion != type.apiVersion {
            // The version that this write gets is not the webhook's to know: it would differ with each try.
            body["metadata", "resourceVersion"] = Optional.none
            body = try converted(body, to: type.storageVersion)
            body["metadata", "resourceVersion"] = .string(resourceVersion)
        }
        return Change(
            kind: kind, key: key(name), uid: object["metadata", "uid"]?.string ?? "", previousRevision: previous,
            body: body.encoded())
    }

    /// The decision that stores these changes and answers with the last object.
    mutating func decision(_ code: Int, _ answer: JSON, _ changes: [(Change, JSON)]) -> Decision {
        var decision = Decision(code: code, answer: answer)
        decision.warnings = warnings
        decision.admission = facts
        if command.isDryRun { return decision }
        let all = changes + addressChanges(of: changes)
        decision.changes = all.map(\.0)
        decision.documents = all.map(\.1)
        for (sideType, sideObject) in sideWrites {
            var object = sideObject
            let name = object["metadata", "name"]?.string ?? ""
            let key = ObjectKey(
                group: sideType.store.group, resource: sideType.store.resource,
                namespace: object["metadata", "namespace"]?.string ?? "", name: name)
            guard let before = ground.state.object(key) else { continue }
            if let schema = sideType.schema {
                ManagedFields.recordUpdate(
                    old: before.document, new: &object, manager: "kube-apiserver", apiVersion: sideType.apiVersion,
                    time: command.now,
                    subresource: "status", schema: schema)
            }
            object["metadata", "resourceVersion"] = .string(resourceVersion)
            decision.changes.append(
                Change(
                    kind: .updated, key: key, uid: before.uid, previousRevision: before.revision, body: object.encoded()
                ))
            decision.documents.append(object)
        }
        return decision
    }

    /// The object in the version that was asked for.
    func answer(_ object: JSON) -> JSON {
        var out = object
        if type.storageVersion != type.apiVersion, !type.isCustom { Conversion.convert(&out, to: type.apiVersion) }
        return out
    }

    /// The managed fields of `object`, which replaces `old` (`.null` for a creation).
    func recordManager(_ object: inout JSON, old: JSON) {
        guard let schema = type.schema else { return }
        if type.store == GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests") {
            // Upstream keeps no owners for signing requests.
            object["metadata", "managedFields"] = Optional.none
            return
        }
        if command.subresource == "finalize" {
            object["metadata", "managedFields"] = old["metadata", "managedFields"]
            return
        }
        ManagedFields.recordUpdate(
            old: old, new: &object, manager: command.manager, apiVersion: type.apiVersion, time: command.now,
            subresource: command.subresource,
            schema: schema)
    }
}
