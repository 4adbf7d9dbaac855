import Access
import Engine
import Records
import Schema

/// Which objects a caller sees in lists of the log: those that the present rules let them list. Remembers its answers for one request.
struct ObjectSight {
    private struct Question: Hashable {
        let verb: String
        let store: GroupResource
        let namespace: String
        let name: String
    }
    private let server: APIServer
    private let user: UserInfo
    private var types: [GroupResource: [ResourceType]] = [:]
    private var answers: [Question: Bool] = [:]

    init(_ server: APIServer, _ user: UserInfo, _ snapshot: Snapshot) {
        self.server = server
        self.user = user
        for type in snapshot.catalog.resources { types[type.store, default: []].append(type) }
    }

    /// Whether the user may list objects of that kind in the namespace, or everywhere.
    mutating func mayList(_ group: String, _ resource: String, in namespace: String) -> Bool {
        let store = GroupResource(group: group, resource: resource)
        return may("list", store, "", "") || (!namespace.isEmpty && may("list", store, namespace, ""))
    }

    /// Whether the user may list objects of that kind in some namespace.
    mutating func mayListSomewhere(_ store: GroupResource) -> Bool {
        if mayList(store.group, store.resource, in: "") { return true }
        let namespaces = server.engine.snapshot.state.objects(GroupResource(resource: "namespaces")).map(\.key.name)
        return namespaces.contains { mayList(store.group, store.resource, in: $0) }
    }

    /// Whether nothing is hidden from the user.
    var mayListEverything: Bool {
        let attributes = AccessAttributes(user: user, verb: "list", group: "*", version: "*", resource: "*")
        return server.allows(attributes).verdict == .allowed
    }

    /// Whether the user may get one object.
    mutating func mayGet(_ key: ObjectKey) -> Bool {
        may("get", key.store, key.namespace, key.name)
    }

    private mutating func may(_ verb: String, _ store: GroupResource, _ namespace: String, _ name: String) -> Bool {
        let question = Question(verb: verb, store: store, namespace: namespace, name: name)
        if let known = answers[question] { return known }
        var answer = false
        // A kind that is served no more is asked for by the names it was stored under.
        let names = types[store]?.map { ($0.group, $0.version, $0.resource) } ?? [(store.group, "v1", store.resource)]
        for (group, version, resource) in names where !answer {
            let attributes = AccessAttributes(
                user: user, verb: verb, group: group, version: version, resource: resource, namespace: namespace,
                name: name)
            answer = server.allows(attributes).verdict == .allowed
        }
        answers[question] = answer
        return answer
    }
}
