import Addresses
import Admission
import ClusterState
import Document
import Records
import Schema

/// One amendment on its way to a decision.
struct Amending {
    private var amendment: Amendment
    private var ground: DecisionGround
    private let now: Timestamp
    let writes: [Amendment.Write]
    /// The place of the write that is decided next.
    private(set) var next = 0
    /// What servers outside must be asked about writes that were passed over.
    private(set) var wanted: [(about: Amendment.Right, call: WebhookCall)] = []
    private var changes: [Change?] = []
    /// The place of each key's last change.
    private var places: [ObjectKey: Int] = [:]
    private var warnings: [String] = []
    private var facts: [AdmissionFact] = []
    /// Former uid → the one it has now.
    private var successors: [String: String] = [:]
    private var refused: [(key: ObjectKey, error: APIError)] = []

    init(_ amendment: Amendment, _ ground: DecisionGround, _ now: Timestamp) throws(Refusal) {
        self.amendment = amendment
        self.ground = ground
        self.now = amendment.asked ?? now
        do throws(APIError) {
            writes = try amendment.plan(ground).filter { !Self.isOfService($0, ground.state) }
            for write in writes where !amendment.rights.contains(Amendment.Right(write)) {
                throw APIError(
                    code: 409, reason: "Conflict",
                    message:
                        "\(write.key.description) changed while this was looked at, and would now have to be \(write.verb.rawValue)d: nothing was changed, try again"
                )
            }
        } catch {
            throw Refusal(error: error)
        }
        for write in writes where write.verb == .update && !write.formerUID.isEmpty {
            successors[write.formerUID] = write.uid
        }
    }

    /// Whether something was refused that stops everything.
    var isRefused: Bool { !refused.isEmpty && !amendment.skipsRefused }

    /// Decides the next write, or notes what must be asked about it.
    mutating func advance() {
        let write = writes[next]
        let seed = amendment.seed &+ UInt64(next) &* 0x9E37_79B9_7F4A_7C15
        next += 1
        do throws(APIError) {
            try perform(write, seed)
        } catch {
            if !error.isWaiting { refused.append((write.key, error)) }
        }
    }

    /// From here on it is known what servers outside said.
    mutating func know(_ answers: [Amendment.Right: [WebhookAnswer]]) { amendment.answers = answers }

    /// Passes over the next write.
    mutating func skip() { next += 1 }

    /// What all writes lead to, once each was decided.
    func decision() throws(Refusal) -> Decision {
        if isRefused { throw Refusal(error: refusal(refused[0].error), warnings: warnings, admission: facts) }
        if !wanted.isEmpty { throw Refusal(error: .waiting, warnings: [], wanted: wanted.map(\.call)) }
        var answer: JSON = [:]
        answer["refused"] = .array(
            refused.map { ["object": .string($0.key.description), "message": .string($0.error.message)] })
        var decision = Decision(code: 200, answer: answer)
        decision.changes = changes.compactMap(\.self)
        decision.warnings = warnings
        decision.admission = facts
        return decision
    }

    /// The address of a Service comes and goes with it.
    private static func isOfService(_ write: Amendment.Write, _ state: ClusterState) -> Bool {
        guard write.key.resource == ServiceAddress.resource, write.key.group == ServiceAddress.group else {
            return false
        }
        let object = write.verb == .create ? write.object : state.object(write.key)?.document ?? .null
        return ServiceAddress.isManaged(object)
    }

    /// The first refusal's code, and every refusal's words.
    private func refusal(_ first: APIError) -> APIError {
        var error = first
        let (key, rest) = (refused[0].key.description, refused.count - 1)
        error.message =
            "nothing was changed: \(key): \(first.message)"
            + (rest > 0 ? " (and \(rest) more objects, see the causes)" : "")
        error.causes = refused.flatMap { key, error in
            error.causes.isEmpty
                ? [APIError.Cause(reason: error.reason, message: error.message, field: key.description)]
                : error.causes.map {
                    APIError.Cause(reason: $0.reason, message: $0.message, field: "\(key.description) \($0.field)")
                }
        }
        return error
    }

    private mutating func perform(_ write: Amendment.Write, _ seed: UInt64) throws(APIError) {
        let store = write.key.store
        guard let type = ground.catalog.stored(store) else {
            throw APIError(code: 404, reason: "NotFound", message: "\(store.description) is not served now")
        }
        var object = write.object
        if !successors.isEmpty { Self.replaceUIDs(&object, successors) }
        var command = WriteCommand(
            verb: .update, type: type, subresource: write.subresource, namespace: write.key.namespace,
            name: write.key.name, body: object, manager: amendment.manager, user: amendment.user, now: now, seed: seed)
        command.fieldValidation = .ignore
        command.isRehearsal = amendment.isDryRun
        switch write.verb {
        case .create:
            let owners = object["metadata", "managedFields"]
            object["metadata", "managedFields"] = Optional.none
            dropVanishedOwners(&object)
            command.verb = .create
            command.name = ""
            command.body = object
            try settle(command, Amendment.Right(write)) { created in created["metadata", "managedFields"] = owners }
            guard let made = ground.state.object(write.key) else { return }
            if !write.formerUID.isEmpty { successors[write.formerUID] = made.uid }
            if !write.status.isNull { try restoreStatus(write.status, made, command, Amendment.Right(write).ofStatus) }
        case .update: try settle(command, Amendment.Right(write))
        case .delete:
            command.verb = .delete
            command.body = .null
            command.deletion.uid = write.uid
            command.deletion.propagation = .background
            try settle(command, Amendment.Right(write))
        }
    }

    private mutating func restoreStatus(
        _ status: JSON, _ made: StoredObject, _ command: WriteCommand, _ right: Amendment.Right
    ) throws(APIError) {
        var command = command
        command.verb = .update
        command.subresource = "status"
        command.name = made.key.name
        command.body = made.document
        command.body["status"] = status
        try settle(command, right)
    }

    /// Decides one write on what those before it left, and keeps its changes.
    private mutating func settle(
        _ wish: WriteCommand, _ right: Amendment.Right, _ finish: (inout JSON) -> Void = { _ in }
    ) throws(APIError) {
        var command = wish
        command.answers = amendment.answers[right] ?? []
        let decision: Decision
        do throws(Refusal) {
            decision = try Requests.decide(command, on: ground)
        } catch {
            if !error.wanted.isEmpty {
                wanted += error.wanted.map { (right, $0) }
                throw .waiting
            }
            warnings += error.warnings
            facts += error.admission.map { Self.told($0, of: right.key) }
            throw error.error
        }
        warnings += decision.warnings
        facts += decision.admission.map { Self.told($0, of: right.key) }
        var made = decision.changes
        if command.verb == .create, let place = made.firstIndex(where: { $0.key == right.key }),
            var document = try? JSON(parsing: made[place].body)
        {
            finish(&document)
            made[place].body = document.encoded()
        }
        ground.state = ground.state.provisional(made)
        for change in made { keep(change) }
    }

    /// A webhook's answer, with the object that it was about: an event of many writes holds many answers.
    private static func told(_ fact: AdmissionFact, of key: ObjectKey) -> AdmissionFact {
        guard fact.effect == .answered, var detail = try? JSON(parsing: Array(fact.detail.utf8)) else { return fact }
        detail["object"] = .string(key.description)
        return AdmissionFact(plugin: fact.plugin, effect: fact.effect, detail: detail.text)
    }

    /// Joins a change with what happened to the same object before: an event names an object once, unless it goes and another comes.
    private mutating func keep(_ change: Change) {
        guard let place = places[change.key], let old = changes[place] else {
            places[change.key] = changes.count
            changes.append(change)
            return
        }
        var joined = change
        joined.previousRevision = old.previousRevision
        switch (old.kind, change.kind) {
        case (.created, .deleted):
            changes[place] = nil
            places[change.key] = nil
        case (.created, _):
            joined.kind = .created
            changes[place] = joined
        case (.updated, _): changes[place] = joined
        case (.deleted, _):
            places[change.key] = changes.count
            changes.append(change)
        }
    }

    /// The garbage collector would take away at once what is owned by something that is not there.
    private func dropVanishedOwners(_ object: inout JSON) {
        guard let references = object["metadata", "ownerReferences"]?.array else { return }
        let namespace = object["metadata", "namespace"]?.string ?? ""
        let kept = references.filter { reference in
            let kind = GroupVersionKind(
                apiVersion: reference["apiVersion"]?.string ?? "", kind: reference["kind"]?.string ?? "")
            guard let type = ground.catalog.resource(for: kind) else { return true }
            let owner = ground.state.object(
                type.store, type.isNamespaced ? namespace : "", reference["name"]?.string ?? "")
            return owner?.uid == reference["uid"]?.string
        }
        if kept.count < references.count {
            object["metadata", "ownerReferences"] = kept.isEmpty ? Optional.none : .array(kept)
        }
    }

    /// A uid is a name that nothing else has: wherever it stands, it means that object.
    private static func replaceUIDs(_ value: inout JSON, _ successors: [String: String]) {
        switch value {
        case .string(let text):
            if text.utf8.count == 36, let successor = successors[text] { value = .string(successor) }
        case .array: value.modifyElements { _, element in replaceUIDs(&element, successors) }
        case .object(let members):
            for key in members.keys { value.modify(key) { replaceUIDs(&$0, successors) } }
        default: break
        }
    }
}
