import Admission
import EventLog
import Records
import Requests
import Schema

/// As much of a past state as a request needs before its objects are looked at: a large cluster's other objects stay in the log.
struct PastParts {
    /// nil for the whole state.
    let parts: [StatePart]?

    private static let definitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
    private static let services = GroupResource(group: "apiregistration.k8s.io", resource: "apiservices")
    private static let rules = ["clusterroles", "roles", "clusterrolebindings", "rolebindings"]

    init(_ parts: [StatePart]?) { self.parts = parts }

    /// All that says which kinds were served.
    static let kinds = PastParts([.store(definitions, namespace: ""), .store(services, namespace: "")])

    /// What is served under a path at that time, and of a get the object; lists look for theirs themselves.
    init(for info: RequestInfo) {
        guard info.isResourceRequest else {
            // Discovery and OpenAPI tell of kinds.
            let isOfKinds = ["/api", "/apis", "/openapi", "/version"].contains {
                info.path == $0 || info.path.hasPrefix($0 + "/")
            }
            parts = isOfKinds ? Self.kinds.parts : nil
            return
        }
        if info.group == "authorization.k8s.io" || info.group == "authentication.k8s.io" {
            parts = Self.rules.map {
                .store(GroupResource(group: "rbac.authorization.k8s.io", resource: $0), namespace: "")
            }
            return
        }
        var parts: [StatePart] = []
        var store = GroupResource(group: info.group, resource: info.resource)
        var namespace = info.namespace
        if let type = Catalog.builtin.resource(apiVersion: info.apiVersion, info.resource) {
            store = type.store
            if !type.isNamespaced { namespace = "" }
        } else {
            // How its objects are served, the definition of that time says.
            parts.append(Self.definition(info.resource, info.group))
        }
        if info.verb == "get" { parts.append(Self.object(store, namespace, info.name)) }
        if info.verb == "watch",
            info.query["sendInitialEvents"] == "true" || ["", "0"].contains(info.query["resourceVersion"] ?? "")
        {
            parts.append(.store(store, namespace: namespace))
        }
        self.parts = parts
    }

    /// All objects of a kind, everywhere or in one namespace.
    init(allOf group: String, _ resource: String, namespace: String) {
        guard let type = Catalog.builtin.resources.first(where: { $0.group == group && $0.resource == resource }) else {
            let store = GroupResource(group: group, resource: resource)
            parts = [Self.definition(resource, group), .store(store, namespace: namespace)]
            return
        }
        parts = [.store(type.store, namespace: type.isNamespaced ? namespace : "")]
    }

    /// One object of a kind.
    init(_ type: ResourceType, namespace: String, name: String) {
        parts = Self.definition(of: type) + [Self.object(type.store, type.isNamespaced ? namespace : "", name)]
    }

    /// What says how a kind was served.
    init(definitionOf type: ResourceType) { parts = Self.definition(of: type) }

    private static func definition(of type: ResourceType) -> [StatePart] {
        type.isCustom ? [definition(type.resource, type.group)] : []
    }
    private static func definition(_ resource: String, _ group: String) -> StatePart {
        object(definitions, "", resource + "." + group)
    }
    private static func object(_ store: GroupResource, _ namespace: String, _ name: String) -> StatePart {
        .object(ObjectKey(group: store.group, resource: store.resource, namespace: namespace, name: name))
    }
}

extension StateListing {
    /// What a page of a list holds, and one more object, which tells whether the list goes on.
    init(_ selection: Selection, _ plan: ListPlan) {
        var facts: [ListedFact] = selection.exactLabels.map { .label(key: $0.key, value: $0.value) }
        if let node = selection.nodeName { facts.append(.node(node)) }
        self.init(selection.type.store, namespace: selection.namespace, after: plan.after, facts: facts)
        if let limit = plan.limit, limit < Int.max { self.limit = limit + 1 }
        if !selection.isEverything { matches = { selection.selects($0) } }
    }
}
