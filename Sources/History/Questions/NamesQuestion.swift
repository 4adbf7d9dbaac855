import ClusterState
import Document
import Records
import Requests
import Schema

/// `names`: the names of a kind's objects now, for shells that complete them.
enum NamesQuestion {
    /// Names that one answer holds, at most.
    static let namesMax = 500

    /// `resource`, `namespace`, `prefix`.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let scope = try ground.scope(query)
        guard let store = scope.store else { throw .badRequest("resource: name a kind") }
        let all = ObjectKey(
            group: store.group, resource: store.resource, namespace: scope.namespace ?? "", name: "")
        if let refusal = ground.refusal("list", all) { throw refusal }
        let prefix = query["prefix"] ?? ""
        var names: [JSON] = []
        ground.present.forEach(store, namespace: scope.namespace) { object in
            if object.key.name.hasPrefix(prefix) { names.append(.string(object.key.name)) }
            return names.count < namesMax
        }
        return ["kind": "NameList", "apiVersion": "reckon.dev/v1", "items": .array(names)]
    }
}
