import Access
import Admission
import ClusterState
import Dispatch
import Document
import Engine
import EventLog
import HTTPEdge
import History
import Records
import Requests
import Schema

/// What undo, undelete and rewind share: the rights that their writes need, the way to the log, and how changes are told.
extension APIServer {
    /// Asks for every right that the writes need; the answers are evidence that goes into the event.
    func askRights(_ exchange: Exchange, _ writes: [Amendment.Write], _ catalog: Catalog) throws(APIError) -> (
        rights: Set<Amendment.Right>, evidence: JSON
    ) {
        var rights: Set<Amendment.Right> = []
        var evidence: [JSON] = []
        for write in writes {
            let store = write.key.store
            let type = catalog.stored(store)
            let attributes = AccessAttributes(
                user: exchange.authentication.user, verb: write.verb.rawValue, group: type?.group ?? store.group,
                version: type?.version ?? "v1", resource: type?.resource ?? store.resource,
                subresource: write.subresource, namespace: write.key.namespace,
                name: write.verb == .create ? "" : write.key.name)
            let facts = allows(attributes)
            guard facts.verdict == .allowed else {
                exchange.authorization = facts
                throw attributes.forbidden(facts)
            }
            rights.insert(Amendment.Right(write))
            var line: JSON = [
                "verb": .string(write.verb.rawValue), "object": .string(write.key.description),
                "authorizer": .string(facts.authorizer),
            ]
            if !facts.binding.isEmpty { line["binding"] = .string(facts.binding) }
            if !facts.rule.isEmpty { line["rule"] = .string(facts.rule) }
            evidence.append(line)
        }
        return (rights, .array(evidence))
    }

    func amendment(
        _ exchange: Exchange, _ rights: Set<Amendment.Right>,
        plan: @escaping @Sendable (DecisionGround) throws(APIError) -> [Amendment.Write]
    ) -> Amendment {
        Amendment(
            rights: rights, user: exchange.authentication.user,
            manager: RequestInfo.defaultFieldManager(userAgent: exchange.userAgent),
            seed: UInt64.random(in: .min ... .max), plan: plan)
    }

    /// Decides without writing: what a dry run tells. Blocks while servers outside are asked.
    func trial(_ amendment: Amendment) throws(APIError) -> Decision {
        var rehearsal = amendment
        rehearsal.isDryRun = true
        let said = Awaited<Result<Decision, Refusal>>()
        engine.consult(rehearsal) { said.arrive($0) }
        return try said.wait().mapError(\.error).get()
    }

    /// Writes and waits until it is durable or refused.
    func write(_ exchange: Exchange, _ amendment: Amendment, _ reasons: JSON) throws(APIError) -> (
        decision: Decision, revision: UInt64
    ) {
        let said = Awaited<PendingWrite.Reply>()
        submit(exchange, amendment, reasons: reasons) { said.arrive($0) }
        switch said.wait() {
        case .decided(let decision, let revision): return (decision, revision)
        case .refused(let error, let warnings):
            exchange.warnings += warnings
            throw error
        }
    }

    /// Sends an amendment to the engine. `settled` runs on the publisher's thread and must return at once.
    func submit(
        _ exchange: Exchange, _ amendment: Amendment, reasons: JSON,
        settled: @escaping @Sendable (PendingWrite.Reply) -> Void
    ) {
        engine.submit(
            PendingWrite(
                .amendment(amendment), request: exchange.facts(), authentication: exchange.authentication,
                authorization: exchange.authorization, reasons: reasons.encoded(), reply: settled))
    }

    /// The changes of a decision as `items`: which object, what became of it, which fields. `before` finds a version that was replaced.
    func items(_ changes: [Change], _ catalog: Catalog, before: (Change) throws(APIError) -> JSON?) throws(APIError)
        -> JSON
    {
        var items: [JSON] = []
        for change in changes {
            let after = (try? JSON(parsing: change.body)) ?? .null
            let old = change.kind == .created ? nil : try before(change)
            items.append(Self.item(change, old, after, catalog))
        }
        return .array(items)
    }

    private static func item(_ change: Change, _ before: JSON?, _ after: JSON, _ catalog: Catalog) -> JSON {
        let key = change.key
        let kind = after["kind"]?.string ?? catalog.stored(.init(group: key.group, resource: key.resource))?.kind ?? ""
        var word = change.kind.word
        // Marked for deletion: it goes when its grace period or its finalizers let it.
        let isMarked =
            change.kind == .updated && after["metadata", "deletionTimestamp"] != nil
            && before?["metadata", "deletionTimestamp"] == nil
        if isMarked { word = "deleted" }
        var item: JSON = [
            "object": [
                "group": .string(key.group), "resource": .string(key.resource), "kind": .string(kind),
                "namespace": .string(key.namespace), "name": .string(key.name), "uid": .string(change.uid),
            ],
            "change": .string(word),
        ]
        if isMarked { item["graceful"] = true }
        if word == "updated", let before {
            let fields = Difference.between(Hidden.cleared(before, of: key), Hidden.cleared(after, of: key))
            item["fields"] = .array(
                fields.map { field in
                    var json: JSON = ["path": .string(field.path)]
                    json["old"] = field.before
                    json["new"] = field.after
                    return json
                })
        }
        return item
    }

    /// The version that a durable change replaced.
    func replaced(_ change: Change) throws(APIError) -> JSON? {
        guard change.previousRevision > 0 else { return nil }
        return try engine.reading { log throws(LogError) in
            try log.object(change.key, at: change.previousRevision)?.document
        }
    }

    static func left(_ left: [(key: ObjectKey, why: String)]) -> JSON {
        .array(left.map { ["object": .string($0.key.description), "why": .string($0.why)] })
    }
}

/// A value that another thread brings, once; whoever waits for it blocks, which no event loop may.
final class Awaited<Value: Sendable>: @unchecked Sendable {
    // Written before the signal and read after it.
    private var value: Value?
    private let arrival = DispatchSemaphore(value: 0)

    func arrive(_ value: Value) {
        self.value = value
        arrival.signal()
    }
    func wait() -> Value {
        arrival.wait()
        return value!
    }
}
