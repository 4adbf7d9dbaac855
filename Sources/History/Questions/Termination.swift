import ClusterState
import Document
import Records
import Requests
import Schema

/// What keeps something that is being deleted: the finalizers, who set each, and when he was last heard of; for a namespace the objects
/// that it still holds.
struct Termination {
    /// Objects of a namespace that are named.
    private static let namedMax = 20
    /// Records that are looked through for the last sign of a finalizer's owner.
    private static let recordsMax = 20_000

    private let ground: Ground
    private let at: UInt64
    private var owners: Set<String> = []

    init(_ ground: Ground, at revision: UInt64) {
        self.ground = ground
        at = revision
    }

    /// Each finalizer of an object, and who set it.
    mutating func finalizers(_ key: ObjectKey, _ document: JSON) throws(APIError) -> [JSON] {
        let names = document["metadata", "finalizers"]?.strings ?? []
        if names.isEmpty { return [] }
        let blame = try ground.past.blame(of: key, at: at)
        return names.map { name in
            var json: JSON = ["finalizer": .string(name)]
            if let entry = blame.lines(at: "metadata.finalizers[]" + JSON.string(name).text).first?.entry {
                json["setBy"] = .string(entry.user)
                json["revision"] = .int(Int64(entry.revision))
                json["time"] = .string(entry.time.rfc3339Micro)
                owners.insert(entry.user)
            }
            return json
        }
    }

    /// How many objects of each kind a namespace still holds, and those that hold it up: the ones with finalizers first.
    mutating func holding(_ namespace: String) throws(APIError) -> (counts: JSON, objects: [JSON]) {
        let state = try ground.state(at: at)
        var counts = JSONObject()
        var held: [(object: StoredObject, document: JSON, isHeld: Bool)] = []
        for store in state.storesInUse {
            let count = state.count(store, namespace: namespace)
            guard count > 0 else { continue }
            counts[store.description] = .int(Int64(count))
            // Events go with the namespace and hold nothing up.
            if store.resource == "events" || held.count > 5000 { continue }
            for object in state.objects(store, namespace: namespace) where ground.refusal("get", object.key) == nil {
                let document = object.document
                held.append((object, document, !(document["metadata", "finalizers"]?.elements.isEmpty ?? true)))
            }
        }
        held = held.filter(\.isHeld) + held.filter { !$0.isHeld }
        var objects: [JSON] = []
        for (object, document, _) in held.prefix(Self.namedMax) {
            var json: JSON = ["object": ground.reference(object.key, uid: object.uid)]
            json["deletionTimestamp"] = document["metadata", "deletionTimestamp"]
            json["finalizers"] = .array(try finalizers(object.key, document))
            objects.append(json)
        }
        return (.object(counts), objects)
    }

    /// When each owner of a finalizer that was named so far last changed something that may be shown; without the ones that did
    /// not for long.
    func lastSeen() throws(APIError) -> JSON {
        var missing = owners
        var (seen, looked) = (JSONObject(), 0)
        guard !missing.isEmpty else { return .object(seen) }
        try ground.past.eachBackwards(from: at) { event throws(APIError) in
            looked += 1
            let user = event.authentication.user.name
            if missing.contains(user), event.changes.contains(where: { ground.refusal("get", $0.key) == nil }) {
                missing.remove(user)
                seen[user] = [
                    "revision": .int(Int64(event.revision)), "time": .string(event.time.rfc3339Micro),
                    "summary": .string(EventSummary.sentence(event)),
                ]
            }
            return !missing.isEmpty && looked < Self.recordsMax
        }
        return .object(seen)
    }
}
