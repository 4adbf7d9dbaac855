import ClusterState
import Document
import Records
import Schema

/// A state made by events, one a call.
struct Cluster {
    var state = ClusterState()

    @discardableResult mutating func put(_ type: ResourceType, _ text: String) -> (
        change: Change, before: StoredObject?, after: StoredObject?
    ) {
        var object = try! JSON(parsing: text)
        let key = ObjectKey(
            group: type.store.group, resource: type.store.resource,
            namespace: object["metadata", "namespace"]?.string ?? "",
            name: object["metadata", "name"]!.string!)
        object["apiVersion"] = .string(type.storageVersion)
        object["kind"] = .string(type.kind)
        object["metadata", "resourceVersion"] = .string(String(state.revision + 1))
        object["metadata", "uid"] = .string("uid-" + key.name)
        let before = state.object(key)
        return apply(
            Change(
                kind: before == nil ? .created : .updated, key: key, uid: "uid-" + key.name,
                previousRevision: before?.revision ?? 0,
                body: object.encoded()), before)
    }

    @discardableResult mutating func delete(_ key: ObjectKey) -> (
        change: Change, before: StoredObject?, after: StoredObject?
    ) {
        let before = state.object(key)!
        return apply(
            Change(kind: .deleted, key: key, uid: before.uid, previousRevision: before.revision, body: before.body),
            before)
    }

    private mutating func apply(_ change: Change, _ before: StoredObject?) -> (
        change: Change, before: StoredObject?, after: StoredObject?
    ) {
        let event = EventRecord(
            stream: .journal, revision: state.revision + 1,
            time: Timestamp(seconds: 1_700_000_000 + Int64(state.revision)),
            request: RequestFacts(verb: "create", path: "/"),
            authentication: AuthenticationFacts(authenticator: "test", user: .anonymous),
            authorization: .notAsked, outcome: Outcome(code: 200), changes: [change])
        state.apply(event)
        return (change, before, state.object(change.key))
    }
}

let configMaps = Catalog.builtin.resource(apiVersion: "v1", "configmaps")!
let pods = Catalog.builtin.resource(apiVersion: "v1", "pods")!

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
