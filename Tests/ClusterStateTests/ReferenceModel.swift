import ClusterState
import Document
import Records
import Schema

/// The slow, obvious cluster: a dictionary, sorted and searched from end to end for every question.
struct ReferenceModel {
    struct Object: Equatable {
        var key: ObjectKey
        var uid: String
        var revision: UInt64
        var body: [UInt8]
    }
    var objects: [ObjectKey: Object] = [:]

    mutating func apply(_ event: EventRecord) {
        for change in event.changes {
            if change.kind == .deleted {
                objects[change.key] = nil
            } else {
                objects[change.key] = Object(
                    key: change.key, uid: change.uid, revision: event.revision, body: change.body)
            }
        }
    }

    func list(_ store: GroupResource, namespace: String?) -> [Object] {
        objects.values.filter {
            $0.key.group == store.group && $0.key.resource == store.resource
                && (namespace == nil || $0.key.namespace == namespace)
        }.sorted { ($0.key.namespace, $0.key.name) < ($1.key.namespace, $1.key.name) }
    }

    func list(_ store: GroupResource, namespace: String?, where condition: (JSON) -> Bool) -> [Object] {
        list(store, namespace: namespace).filter { condition((try? JSON(parsing: $0.body)) ?? .null) }
    }
}

/// Random histories of a small cluster, the same for the same seed.
struct RandomHistory {
    var random: SeededGenerator
    var model = ReferenceModel()
    var revision: UInt64 = 0
    static let stores = [
        GroupResource(resource: "pods"), GroupResource(group: "apps", resource: "deployments"),
        GroupResource(resource: "nodes"),
    ]

    init(seed: UInt64) { random = SeededGenerator(state: seed) }

    mutating func next() -> EventRecord {
        revision += 1
        var changes: [Change] = []
        for _ in 0..<(random.next() % 16 == 0 ? 3 : 1) {
            if let change = change(except: changes.map(\.key)) { changes.append(change) }
        }
        let event = EventRecord(
            stream: .journal, revision: revision, time: Timestamp(microseconds: Int64(revision) * 1000),
            request: RequestFacts(verb: "create", path: "/"),
            authentication: AuthenticationFacts(authenticator: "internal", user: .anonymous), authorization: .notAsked,
            outcome: Outcome(code: 200), changes: changes)
        model.apply(event)
        return event
    }

    private mutating func change(except taken: [ObjectKey]) -> Change? {
        let store = Self.stores.randomElement(using: &random)!
        let namespace = store.resource == "nodes" ? "" : ["a", "a-b", "b", "default"].randomElement(using: &random)!
        let key = ObjectKey(
            group: store.group, resource: store.resource, namespace: namespace,
            name: "o\(random.next() % 40)" + String(repeating: "x", count: Int(random.next() % 3)))
        guard !taken.contains(key) else { return nil }
        let old = model.objects[key]
        if let old, random.next() % 3 == 0 {
            return Change(kind: .deleted, key: key, uid: old.uid, previousRevision: old.revision, body: old.body)
        }
        let uid = old?.uid ?? "uid-\(random.next())"
        var metadata: JSON = [
            "name": .string(key.name), "uid": .string(uid), "resourceVersion": .string("\(revision)"),
        ]
        var labels: JSON = [:]
        for label in ["app", "tier", "zone"] where random.next() % 2 == 0 {
            labels[label] = .string("v\(random.next() % 4)")
        }
        if labels.entries.count > 0 { metadata["labels"] = labels }
        if random.next() % 3 == 0 {
            metadata["ownerReferences"] = [["kind": "X", "uid": .string("owner-\(random.next() % 5)")]]
        }
        var body: JSON = ["kind": "X", "apiVersion": "v1", "metadata": metadata, "status": ["note": "a\"b\\ {[}"]]
        if random.next() % 2 == 0 { body["spec", "nodeName"] = .string("n\(random.next() % 4)") }
        return Change(
            kind: old == nil ? .created : .updated, key: key, uid: uid, previousRevision: old?.revision ?? 0,
            body: body.encoded())
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
