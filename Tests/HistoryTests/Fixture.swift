import ClusterState
import Document
import EventLog
import History
import Records
import Requests
import Schema

/// A cluster whose events are made by hand: each write is one event, and the whole past can be asked.
final class Past: RecordedPast, @unchecked Sendable {
    private(set) var events: [EventRecord] = []
    private(set) var accesses: [EventRecord] = []
    private(set) var states: [ClusterState] = [ClusterState()]
    var time = Timestamp(seconds: 1_800_000_000)
    let floor: UInt64 = 0

    var newest: UInt64 { UInt64(events.count) }
    var newestAccess: UInt64 { UInt64(accesses.count) }
    var state: ClusterState { states[states.count - 1] }

    /// One event. `body` nil deletes; whether it creates or updates follows from the state. Returns its revision.
    @discardableResult
    func write(
        _ user: String, _ key: ObjectKey, _ body: JSON?, verb: String? = nil, path: String? = nil, cause: UInt64? = nil,
        decision: JSON? = nil, uid: String? = nil, admission: [AdmissionFact] = [], agent: String = "kubectl/v1.36.2",
        authorization: AuthorizationFacts = .notAsked, seconds: Int64 = 1
    ) -> UInt64 {
        time = time.adding(seconds: seconds)
        let revision = newest + 1
        let old = state.object(key)
        var document = body ?? old?.document ?? .null
        let id = uid ?? old?.uid ?? "uid-\(revision)"
        document["metadata", "name"] = .string(key.name)
        if !key.namespace.isEmpty { document["metadata", "namespace"] = .string(key.namespace) }
        document["metadata", "uid"] = .string(id)
        document["metadata", "resourceVersion"] = .string(String(revision))
        let kind: Change.Kind = body == nil ? .deleted : (old == nil ? .created : .updated)
        let change = Change(
            kind: kind, key: key, uid: id, previousRevision: old?.revision ?? 0, body: document.encoded())
        let words: [Change.Kind: String] = [.created: "create", .updated: "update", .deleted: "delete"]
        let event = EventRecord(
            stream: .journal, revision: revision, time: time, cause: cause,
            request: RequestFacts(
                auditID: "audit-\(revision)", verb: verb ?? words[kind]!,
                path: path ?? "/api/v1/namespaces/\(key.namespace)/\(key.resource)/\(key.name)", userAgent: agent),
            authentication: AuthenticationFacts(
                authenticator: "x509", user: UserInfo(name: user), fingerprint: "f00d"),
            authorization: authorization, admission: admission, outcome: Outcome(code: 200), changes: [change],
            decision: decision?.encoded() ?? [])
        events.append(event)
        var next = state
        next.apply(event)
        states.append(next)
        return revision
    }

    /// One access record.
    func access(
        _ user: String, _ verb: String, _ path: String, code: Int, reason: String = "",
        authentication: AuthenticationFacts? = nil, authorization: AuthorizationFacts = .notAsked, query: String = "",
        seconds: Int64 = 0
    ) {
        time = time.adding(seconds: seconds)
        let ordinal = newestAccess + 1
        accesses.append(
            EventRecord(
                stream: .access, revision: newest, ordinal: ordinal, time: time,
                request: RequestFacts(
                    auditID: "access-\(ordinal)", verb: verb, path: path, query: query, userAgent: "kubectl/v1"),
                authentication: authentication
                    ?? AuthenticationFacts(authenticator: "token-file", user: UserInfo(name: user)),
                authorization: authorization, outcome: Outcome(code: code, reason: reason)))
    }

    func events(from revision: UInt64, limit: Int) throws(APIError) -> [EventRecord] {
        Array(events.dropFirst(Int(max(revision, 1)) - 1).prefix(limit))
    }
    func outlines(from revision: UInt64, limit: Int) throws(APIError) -> [EventRecord] {
        try events(from: revision, limit: limit).map { event in
            var event = event
            for i in event.changes.indices { event.changes[i].body = [] }
            return event
        }
    }
    func accesses(from ordinal: UInt64, limit: Int) throws(APIError) -> [EventRecord] {
        Array(accesses.dropFirst(Int(max(ordinal, 1)) - 1).prefix(limit))
    }
    func versions(of key: ObjectKey) throws(APIError) -> [VersionMark] {
        events.flatMap { event in
            event.changes.filter { $0.key == key }.map {
                VersionMark(kind: $0.kind, uid: $0.uid, revision: event.revision)
            }
        }
    }
    func object(_ key: ObjectKey, at revision: UInt64) throws(APIError) -> StoredObject? {
        states[Int(revision)].object(key)
    }
    func state(at revision: UInt64) throws(APIError) -> ClusterState { states[Int(revision)] }
    func revision(at time: Timestamp) throws(APIError) -> UInt64 { events.last { $0.time <= time }?.revision ?? 0 }

    /// The answer to a question, as somebody who may see everything, or not those keys.
    func ask(
        _ name: String, _ parameters: [(String, String)],
        hidden: @escaping @Sendable (ObjectKey) -> Bool = { _ in false }
    )
        throws -> JSON
    {
        let ground = Ground(past: self, present: state, catalog: .builtin, now: time) { verb, key in
            hidden(key)
                ? APIError.forbidden(GroupResource(group: key.group, resource: key.resource), key.name, verb) : nil
        }
        return try Questions.answer(name, Query(parameters.map { Query.Parameter(name: $0.0, value: $0.1) }), ground)
            ?? .null
    }
}

let ink = Ink(now: Timestamp(seconds: 1_800_000_100))
func configMap(_ name: String, _ namespace: String = "shop") -> ObjectKey {
    ObjectKey(resource: "configmaps", namespace: namespace, name: name)
}
func pod(_ name: String, _ namespace: String = "shop") -> ObjectKey {
    ObjectKey(resource: "pods", namespace: namespace, name: name)
}
