import Access
import Admission
public import ClusterState
public import Controllers
public import Document
public import Records
import Requests
public import Schema

/// The door for loops of this process: their requests are authorized, decided and recorded like any other.
extension Engine: ClusterDoor {
    public var state: ClusterState { snapshot.state }

    public func send(_ intents: [Intent], as identity: LoopIdentity) -> [Result<JSON, APIError>] {
        if intents.isEmpty { return [] }
        let answers = Monitor(LoopAnswers(count: intents.count))
        var writes: [PendingWrite] = []
        writes.reserveCapacity(intents.count)
        for (place, intent) in intents.enumerated() {
            let reply: @Sendable (PendingWrite.Reply) -> Void = { reply in
                answers.signal { answers in
                    switch reply {
                    case .decided(let decision, _): answers.results[place] = .success(decision.answer)
                    case .refused(let error, _): answers.results[place] = .failure(error)
                    }
                    answers.left -= 1
                    return answers.left == 0
                }
            }
            do throws(APIError) {
                writes.append(try pendingWrite(intent, identity, reply))
            } catch {
                reply(.refused(error, warnings: []))
            }
        }
        submit(writes)
        return answers.wait(until: { $0.left == 0 }, timeout: { _ in nil }, then: { $0.results.map { $0! } })
    }

    private func pendingWrite(
        _ intent: Intent, _ identity: LoopIdentity, _ reply: @escaping @Sendable (PendingWrite.Reply) -> Void
    ) throws(APIError) -> PendingWrite {
        guard let type = snapshot.catalog.resource(apiVersion: intent.apiVersion, intent.resource) else {
            throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        let verb: WriteCommand.Verb
        var body = JSON.null
        var patchType = WriteCommand.PatchType.merge
        switch intent.action {
        case .create(let object): (verb, body) = (.create, object)
        case .update(let object): (verb, body) = (.update, object)
        case .patch(let kind, let patch):
            (verb, body) = (.patch, patch)
            patchType = WriteCommand.PatchType(rawValue: kind.rawValue) ?? .merge
        case .delete(let options): (verb, body) = (.delete, options)
        }
        let manager =
            intent.fieldManager.isEmpty
            ? RequestInfo.defaultFieldManager(userAgent: identity.userAgent) : intent.fieldManager
        var command = WriteCommand(
            verb: verb, type: type, subresource: intent.subresource, namespace: intent.namespace, name: intent.name,
            body: verb == .delete ? .null : body, manager: manager, user: identity.user, now: now,
            seed: UInt64.random(in: .min ... .max))
        command.patchType = patchType
        command.fieldValidation = .ignore
        command.isForced = patchType == .apply
        if verb == .delete { command.deletion = try DeleteOptions(Query(), body: body.isNull ? nil : body) }
        let attributes = AccessAttributes(
            user: identity.user, verb: verb.rawValue, group: type.group, version: type.version, resource: type.resource,
            subresource: intent.subresource, namespace: intent.namespace, name: intent.name)
        let authorization = authorize(attributes)
        var path = type.group.isEmpty ? "/api/" + type.version : "/apis/" + type.apiVersion
        if type.isNamespaced { path += "/namespaces/" + intent.namespace }
        path += "/" + type.resource
        if !intent.name.isEmpty { path += "/" + intent.name }
        if !intent.subresource.isEmpty { path += "/" + intent.subresource }
        var seeds = RandomSequence(seed: command.seed ^ 0x5DEE_CE66)
        let request = RequestFacts(
            auditID: seeds.uuid(), verb: verb.rawValue, path: path, userAgent: identity.userAgent,
            fieldManager: intent.fieldManager)
        let authentication = AuthenticationFacts(authenticator: "internal", user: identity.user)
        if authorization.verdict != .allowed {
            let error = attributes.forbidden(authorization)
            note(
                AccessEntry(
                    revision: snapshot.revision, request: request, authentication: authentication,
                    authorization: authorization,
                    outcome: Outcome(code: error.code, reason: error.reason)))
            throw error
        }
        return PendingWrite(
            command: command, request: request, authentication: authentication, authorization: authorization,
            cause: intent.cause,
            reasons: intent.decision.isNull ? [] : intent.decision.encoded(), reply: reply)
    }

    public func follow(
        _ observer: @escaping @Sendable (_ events: [EventRecord], _ state: ClusterState) -> Void
    ) -> (start: ClusterState, handle: any FollowHandle) {
        // On the publisher's thread nothing is published between reading the state and joining.
        let joined = Monitor(Optional<(ClusterState, Int)>.none)
        onPublisher { [self] in
            let number = followers.with { followers in
                followers.next += 1
                followers.observers[followers.next] = observer
                return followers.next
            }
            let state = snapshot.state
            joined.signal {
                $0 = (state, number)
                return true
            }
        }
        let (state, number) = joined.wait(until: { $0 != nil }, timeout: { _ in nil }, then: { $0! })
        return (state, EngineFollow(engine: self, number: number))
    }
}

private struct LoopAnswers {
    var results: [Result<JSON, APIError>?]
    var left: Int
    init(count: Int) {
        results = Array(repeating: nil, count: count)
        left = count
    }
}

private struct EngineFollow: FollowHandle {
    let engine: Engine
    let number: Int
    func cancel() { engine.followers.with { $0.observers[number] = nil } }
}
