import ClusterState
import Document
import Engine
import History
import Records
import Requests
import Schema

/// `/reckon/v1/inventory[?at=WHEN&namespace=NAME]`: which kinds and namespaces there were at a moment and how many objects of each, as
/// far as the caller may list them. What a reader of a whole cluster would otherwise ask in a hundred requests.
extension APIServer {
    func inventory(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let wanted = exchange.info.query["namespace"].flatMap { $0.isEmpty ? nil : $0 }
        inPast { [self] in
            do throws(APIError) {
                var then = snapshot
                if let revision = try momentRevision(exchange, "at", isExact: true), revision != snapshot.revision {
                    then = Snapshot(of: try engine.pastState(at: revision))
                }
                exchange.shownRevision = then.revision
                var sight = ObjectSight(self, exchange.authentication.user, snapshot)
                let namespaces = Self.namespaces(then.state, &sight)
                var kinds: [JSON] = []
                for type in Self.kinds(then) {
                    kinds.append(Self.kind(type, then.state, namespaces.names, wanted, &sight))
                }
                var answer: JSON = [
                    "kind": "Inventory", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(then.revision)),
                    "time": .string(then.state.time.rfc3339Micro), "kinds": .array(kinds),
                    "namespaces": .array(namespaces.names.map { .string($0) }),
                    "allNamespacesVisible": .bool(namespaces.areAll),
                ]
                answer["unknown"] = LogPast(engine.wholeLog).unknownKinds(at: then.revision)
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// Every namespace for those who may list them, otherwise those in which some binding names somebody.
    private static func namespaces(_ state: ClusterState, _ sight: inout ObjectSight) -> (
        names: [String], areAll: Bool
    ) {
        let all = state.objects(GroupResource(resource: "namespaces"), namespace: nil).map(\.key.name)
        if sight.mayList("", "namespaces", in: "") { return (all, true) }
        let bindings = GroupResource(group: "rbac.authorization.k8s.io", resource: "rolebindings")
        let bound = all.filter { state.count(bindings, namespace: $0) > 0 }
        let names = bound.filter { name in
            state.storesInUse.contains { sight.mayList($0.group, $0.resource, in: name) }
        }
        return (names, false)
    }

    /// One version of each kind that can be listed: the one it is stored in, where that is served.
    private static func kinds(_ snapshot: Snapshot) -> [ResourceType] {
        var chosen: [GroupResource: ResourceType] = [:]
        for type in snapshot.catalog.resources where type.verbs.contains("list") {
            guard let known = chosen[type.store] else {
                chosen[type.store] = type
                continue
            }
            let isBetter =
                type.group == type.store.group
                && (known.group != type.store.group
                    || (type.apiVersion == type.storageVersion && known.apiVersion != known.storageVersion))
            if isBetter { chosen[type.store] = type }
        }
        return chosen.keys.sorted().compactMap { chosen[$0] }
    }

    private static func kind(
        _ type: ResourceType, _ state: ClusterState, _ namespaces: [String], _ wanted: String?,
        _ sight: inout ObjectSight
    ) -> JSON {
        let seesAll = sight.mayList(type.store.group, type.store.resource, in: "")
        var count = 0
        var isVisible = seesAll
        if seesAll {
            count = state.count(type.store, namespace: type.isNamespaced ? wanted : nil)
        } else if type.isNamespaced {
            for name in namespaces where wanted == nil || wanted == name {
                guard sight.mayList(type.store.group, type.store.resource, in: name) else { continue }
                isVisible = true
                count += state.count(type.store, namespace: name)
            }
        }
        var json: JSON = [
            "group": .string(type.group), "version": .string(type.version), "resource": .string(type.resource),
            "kind": .string(type.kind), "namespaced": .bool(type.isNamespaced),
            "visible": .string(seesAll ? "all" : isVisible ? "some" : "none"),
            "shortNames": .array(type.shortNames.map { .string($0) }),
        ]
        if isVisible { json["count"] = .int(Int64(count)) }
        if type.isCustom { json["custom"] = .bool(true) }
        return json
    }
}
