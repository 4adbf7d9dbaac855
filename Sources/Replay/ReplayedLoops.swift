import Admission
import ClusterState
import Controllers
import Document
import Records
import Requests
import Schema

/// Who a loop is in a replay: as in the cluster.
struct ReplayedIdentity {
    let user: UserInfo
    let userAgent: String

    init(_ controller: any Controller) {
        switch controller.speaker {
        case .manager:
            self.init("system:kube-controller-manager", ["system:authenticated"], "kube-controller-manager/v1.36.2")
        case .server:
            self.init("system:apiserver", ["system:masters", "system:authenticated"], "kube-apiserver/v1.36.2")
        case .account:
            self.init(
                "system:serviceaccount:kube-system:" + controller.account,
                ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
                controller.fieldManager + "/v1.36.2")
        }
    }
    private init(_ name: String, _ groups: [String], _ userAgent: String) {
        user = UserInfo(name: name, groups: groups)
        self.userAgent = userAgent
    }
    static let scheduler = ReplayedIdentity(
        "system:kube-scheduler", ["system:authenticated"], "kube-scheduler/v1.36.2")
    static func node(_ name: String) -> ReplayedIdentity {
        ReplayedIdentity("system:node:" + name, ["system:nodes", "system:authenticated"], "kubelet/v1.36.2")
    }
}

extension Replay {
    /// Decides and applies a loop's request. What is made gets the name and uid that the record has for it.
    mutating func send(_ intent: Intent, as identity: ReplayedIdentity) -> Result<JSON, APIError> {
        guard let type = catalog.resource(apiVersion: intent.apiVersion, intent.resource) else {
            return .failure(
                APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource"))
        }
        drawn &+= 1
        var command = WriteCommand(
            verb: .create, type: type, subresource: intent.subresource, namespace: intent.namespace, name: intent.name,
            body: .null,
            manager: intent.fieldManager.isEmpty
                ? RequestInfo.defaultFieldManager(userAgent: identity.userAgent) : intent.fieldManager,
            user: identity.user,
            now: max(now, state.time), seed: drawn &* 0x9E37_79B9_7F4A_7C15)
        command.fieldValidation = .ignore
        var known: RecordedNames.Drawn?
        do throws(APIError) {
            switch intent.action {
            case .create(let object):
                command.body = object
                if intent.subresource.isEmpty {
                    known = self.known(type, intent, object)
                    if let known { command.body["metadata", "name"] = .string(known.name) }
                }
            case .update(let object): (command.verb, command.body) = (.update, object)
            case .patch(let kind, let patch):
                (command.verb, command.body) = (.patch, patch)
                command.patchType = WriteCommand.PatchType(rawValue: kind.rawValue) ?? .merge
                command.isForced = command.patchType == .apply
            case .delete(let options):
                command.verb = .delete
                command.deletion = try DeleteOptions(Query(), body: options.isNull ? nil : options)
            }
        } catch {
            return .failure(error)
        }
        let decision: Decision
        do throws(Refusal) {
            decision = try decide(
                command, on: DecisionGround(state: state, catalog: catalog, settings: settings))
        } catch {
            return .failure(error.error)
        }
        var (changes, answer) = (decision.changes, decision.answer)
        if let known, let made = changes.first(where: { $0.kind == .created })?.uid {
            for place in changes.indices {
                if changes[place].uid == made { changes[place].uid = known.uid }
                guard var body = try? JSON(parsing: changes[place].body) else { continue }
                Self.replace(made, known.uid, &body)
                changes[place].body = body.encoded()
            }
            Self.replace(made, known.uid, &answer)
        }
        if !changes.isEmpty {
            var random = RandomSequence(seed: command.seed ^ 0x5DEE_CE66)
            var path = type.group.isEmpty ? "/api/" + type.version : "/apis/" + type.apiVersion
            if type.isNamespaced { path += "/namespaces/" + intent.namespace }
            path += "/" + type.resource
            for part in [intent.name, intent.subresource] where !part.isEmpty { path += "/" + part }
            commit(
                EventRecord(
                    stream: .journal, revision: 0, time: now, cause: intent.cause,
                    request: RequestFacts(
                        auditID: random.uuid(), verb: command.verb.rawValue, path: path,
                        userAgent: identity.userAgent + " reckon-replay"),
                    authentication: AuthenticationFacts(authenticator: "internal", user: identity.user),
                    authorization: AuthorizationFacts(verdict: .allowed, authorizer: "Replay"),
                    admission: decision.admission, outcome: Outcome(code: decision.code), changes: changes,
                    decision: intent.decision.isNull ? [] : intent.decision.encoded()))
        }
        return .success(answer)
    }

    private mutating func known(_ type: ResourceType, _ intent: Intent, _ object: JSON) -> RecordedNames.Drawn? {
        let key = ObjectKey(
            group: type.store.group, resource: type.store.resource,
            namespace: type.isNamespaced ? intent.namespace : "", name: object["metadata", "name"]?.string ?? "")
        let (state, store) = (state, type.store)
        return names.next(key, prefix: object["metadata", "generateName"]?.string ?? "") { name in
            state.object(store, key.namespace, name) == nil
        }
    }

    private static func replace(_ old: String, _ new: String, _ value: inout JSON) {
        switch value {
        case .string(let text): if text == old { value = .string(new) }
        case .array: value.modifyElements { _, element in replace(old, new, &element) }
        case .object(let members): for key in members.keys { value.modify(key) { replace(old, new, &$0) } }
        default: break
        }
    }
}
