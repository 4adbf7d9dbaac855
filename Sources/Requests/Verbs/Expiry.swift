public import ClusterState
import Document
public import Records
public import Schema

/// Objects whose time to live is over leave the present, many in one event, as keys do with an etcd lease: nobody is asked, and
/// finalizers hold nothing back.
public struct Expiry: Sendable {
    public let store: GroupResource
    /// The keys, and the newest revision at which each had not been written again.
    public let keys: [ObjectKey]
    public let through: UInt64

    /// Of the objects of a store that were last written at `through` or before, the `limit` that were so first; those written by one
    /// event stay together. nil when there are none.
    public init?(of store: GroupResource, in state: ClusterState, through: UInt64, limit: Int) {
        var found: [(revision: UInt64, key: ObjectKey)] = []
        state.forEach(store) { object in
            if object.revision <= through { found.append((object.revision, object.key)) }
            return true
        }
        if found.isEmpty { return nil }
        found.sort { $0.revision < $1.revision }
        let last = found[min(found.count, max(limit, 1)) - 1].revision
        self.store = store
        self.through = last
        keys = found.prefix { $0.revision <= last }.map(\.key)
    }

    /// Takes away those that nobody has written or deleted since.
    public func decide(on ground: DecisionGround) -> Decision {
        let version = JSON.string(String(ground.state.revision + 1))
        var decision = Decision(code: 200, answer: ["kind": "Status", "apiVersion": "v1", "status": "Success"])
        for key in keys {
            guard let object = ground.state.object(key), object.revision <= through else { continue }
            var document = object.document
            document["metadata", "resourceVersion"] = version
            decision.changes.append(
                Change(
                    kind: .deleted, key: key, uid: object.uid, previousRevision: object.revision,
                    body: document.encoded()))
            decision.documents.append(document)
        }
        return decision
    }
}
