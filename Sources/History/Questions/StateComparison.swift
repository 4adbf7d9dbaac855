import ClusterState
import Document
import Records
import Requests
import Schema

/// `diff`: what is otherwise at one moment than at another.
enum StateComparison {
    /// from, to, and a scope; `all` shows bookkeeping, leases and events too; `limit` objects at most.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        guard query["from"] != nil else { throw .badRequest("from: say since when, a revision, a time or -15m") }
        let from = try ground.revision(query, "from")
        let to = try ground.revision(query, "to")
        let scope = try ground.scope(query, at: min(from, to))
        let unknown = ground.past.kindsUnknown(at: min(from, to))
        if let store = scope.store { try ground.past.requireKnown(store, at: min(from, to)) }
        return try compare(
            query, ground, scope, try ground.state(at: from), try ground.state(at: to), unknown: unknown)
    }

    /// The same of two states, whichever logs they are from, but for the kinds that are `unknown` in one of them.
    static func compare(
        _ query: Query, _ ground: Ground, _ scope: Scope, _ before: ClusterState, _ after: ClusterState,
        unknown: [GroupResource] = []
    ) throws(APIError) -> JSON {
        let all = query.flag("all") ?? false
        let limit = try ground.count(query, "limit", default: 1000, most: 100_000)
        var visibility = Visibility(ground)
        var items: [JSON] = []
        var hidden: [String: Int] = [:]
        var more = 0
        for (key, old, new) in changed(before, after, scope) where visibility.shows(key) {
            if unknown.contains(key.store) { continue }
            if !all, scope.store == nil, Noise.isNoisy(key) {
                hidden[key.resource, default: 0] += 1
                continue
            }
            guard let item = item(key, old, new, all, ground) else { continue }
            if items.count < limit { items.append(item) } else { more += 1 }
        }
        var answer: JSON = [
            "kind": "StateDifference", "apiVersion": "reckon.dev/v1", "from": side(before), "to": side(after),
            "items": .array(items),
        ]
        if !unknown.isEmpty { answer["unknown"] = .array(unknown.map { .string($0.description) }) }
        if more > 0 { answer["remaining"] = .int(Int64(more)) }
        if !hidden.isEmpty {
            answer["hidden"] = .object(JSONObject(hidden.map { ($0.key, .int(Int64($0.value))) }))
        }
        return answer
    }

    private static func side(_ state: ClusterState) -> JSON {
        ["revision": .int(Int64(state.revision)), "time": .string(state.time.rfc3339Micro)]
    }

    /// Every key of the scope whose object is another or another version, in the order of stores, namespaces and names.
    static func changed(_ before: ClusterState, _ after: ClusterState, _ scope: Scope) -> [(
        key: ObjectKey, old: StoredObject?, new: StoredObject?
    )] {
        var found: [(key: ObjectKey, old: StoredObject?, new: StoredObject?)] = []
        let stores = scope.store.map { [$0] } ?? Set(before.storesInUse).union(after.storesInUse).sorted()
        for store in stores {
            let (x, y) = (objects(before, store, scope), objects(after, store, scope))
            var (i, j) = (0, 0)
            while i < x.count || j < y.count {
                let order: Int
                if i == x.count {
                    order = 1
                } else if j == y.count {
                    order = -1
                } else if x[i].key == y[j].key {
                    order = 0
                } else {
                    order = precedes(x[i].key, y[j].key) ? -1 : 1
                }
                let (old, new) = (order <= 0 ? x[i] : nil, order >= 0 ? y[j] : nil)
                if order <= 0 { i += 1 }
                if order >= 0 { j += 1 }
                if let old, let new, old.revision == new.revision, old.uid == new.uid, old.body == new.body {
                    continue
                }
                if let labels = scope.labels,
                    ![old, new].contains(where: { $0.map { labels.matches($0.labels) } ?? false })
                {
                    continue
                }
                found.append(((old ?? new)!.key, old, new))
            }
        }
        return found
    }

    private static func objects(_ state: ClusterState, _ store: GroupResource, _ scope: Scope) -> [StoredObject] {
        guard let name = scope.name, let namespace = scope.namespace else {
            let all = state.objects(store, namespace: scope.namespace)
            return scope.name.map { name in all.filter { $0.key.name == name } } ?? all
        }
        return state.object(store, namespace, name).map { [$0] } ?? []
    }

    private static func precedes(_ a: ObjectKey, _ b: ObjectKey) -> Bool {
        a.namespace.sameBytes(as: b.namespace) ? a.name.bytesPrecede(b.name) : a.namespace.bytesPrecede(b.namespace)
    }

    private static func item(
        _ key: ObjectKey, _ old: StoredObject?, _ new: StoredObject?, _ all: Bool, _ ground: Ground
    ) -> JSON? {
        let before = old.map { Hidden.cleared($0.document, of: key) }
        let after = new.map { Hidden.cleared($0.document, of: key) }
        let change: String
        var fields: [FieldChange]
        var patch: [JSON]
        switch (before, after) {
        case (nil, let after?):
            change = "created"
            fields = Noise.difference(.object(JSONObject()), after, all: all)
            patch = [["op": "add", "path": "", "value": all ? after : Noise.patchable(after)]]
        case (_?, nil):
            change = "deleted"
            fields = []
            patch = [["op": "remove", "path": ""]]
        case (let before?, let after?):
            change = old!.uid == new!.uid ? "updated" : "recreated"
            fields = Noise.difference(before, after, all: all).filter {
                all || !["metadata.uid", "metadata.creationTimestamp"].contains($0.path)
            }
            patch = PatchWriting.patch(
                from: all ? before : Noise.patchable(before), to: all ? after : Noise.patchable(after))
            if fields.isEmpty, change == "updated" { return nil }
        case (nil, nil): return nil
        }
        // A Secret's values cannot be put back from an answer that hides them.
        if key.resource == "secrets", key.group.isEmpty { patch = [] }
        return [
            "object": ground.reference(key, uid: (new ?? old)!.uid), "change": .string(change),
            "fields": .array(fields.map(\.comparison)), "patch": .array(patch),
        ]
    }
}

extension FieldChange {
    /// The field with its value on either side, as comparisons give it.
    var comparison: JSON {
        var json: JSON = ["path": .string(path)]
        json["old"] = before
        json["new"] = after
        return json
    }
}
