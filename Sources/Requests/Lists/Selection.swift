public import ClusterState
import Document
public import Records
public import Schema

/// Which objects a list, a watch or a deletecollection is about: store, namespace, name, labels and fields.
public struct Selection: Sendable {
    public let type: ResourceType
    /// "" for all namespaces or cluster scope.
    public let namespace: String
    /// "" for every name.
    public let name: String
    public let labels: LabelSelector
    public let fields: FieldSelector
    /// Terms besides `metadata.name` and `metadata.namespace`, with their places in the stored object.
    private let deepTerms: [(term: FieldSelector.Term, path: [String])]

    /// `name` is the one in the path, "" for none. 400 for a field that the kind cannot be selected by.
    public init(
        _ type: ResourceType, namespace: String, name: String = "", options: ListOptions, state: ClusterState
    ) throws(APIError) {
        self.type = type
        self.namespace = type.isNamespaced ? namespace : ""
        labels = options.labelSelector
        fields = options.fieldSelector
        if fields.isEmpty {
            deepTerms = []
            self.name = name
            return
        }
        let known = SelectableFields(type, definition: Selection.definition(of: type, in: state))
        try known.check(fields)
        let wanted = fields.requiredValue("metadata.name")
        if !name.isEmpty, wanted != name {
            throw .badRequest("fieldSelector metadata.name doesn't match requested name")
        }
        self.name = name.isEmpty ? wanted ?? "" : name
        deepTerms = fields.terms.compactMap { term in
            term.field.hasPrefix("metadata.") ? nil : known.paths[term.field].map { (term, $0) }
        }
    }

    /// The CustomResourceDefinition behind a custom resource.
    static func definition(of type: ResourceType, in state: ClusterState) -> JSON? {
        guard type.isCustom else { return nil }
        let store = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
        return state.object(store, "", type.resource + "." + type.group)?.document
    }

    /// Whether everything in the namespace is selected.
    public var isEverything: Bool { name.isEmpty && labels.isEmpty && fields.isEmpty }

    /// Label values that every selected object has.
    public var exactLabels: [(key: String, value: String)] {
        labels.requirements.compactMap { requirement in
            guard requirement.values.count == 1 else { return nil }
            switch requirement.op {
            case .equals, .doubleEquals, .in: return (requirement.key, requirement.values[0])
            default: return nil
            }
        }
    }

    /// The node that every selected pod is bound to; nil when it does not matter.
    public var nodeName: String? {
        guard type.store.resource == "pods", type.store.group.isEmpty else { return nil }
        return deepTerms.first {
            !$0.term.isNegated && $0.path == ["spec", "nodeName"] && !$0.term.value.isEmpty
        }?.term.value
    }

    /// Whether an object is selected.
    public func selects(_ object: StoredObject) -> Bool { covers(object.key) && matches(object) }

    /// Whether an object of that key can be selected at all.
    public func covers(_ key: ObjectKey) -> Bool {
        key.resource == type.store.resource && key.group == type.store.group
            && (namespace.isEmpty || key.namespace == namespace) && (name.isEmpty || key.name == name)
    }

    /// Whether an object that is covered satisfies the selectors.
    public func matches(_ object: StoredObject) -> Bool {
        if !labels.isEmpty, !labels.matches(object.labels) { return false }
        if fields.isEmpty { return true }
        for term in fields.terms {
            if term.field == "metadata.name", (object.key.name == term.value) == term.isNegated { return false }
            if term.field == "metadata.namespace", (object.key.namespace == term.value) == term.isNegated {
                return false
            }
        }
        for (term, path) in deepTerms {
            let value: String
            if path == ["spec", "nodeName"], type.store.resource == "pods" {
                value = object.nodeName
            } else {
                value = BodyLayout.text(object.body, path) ?? SelectableFields.zero(term.field)
            }
            if (value == term.value) == term.isNegated { return false }
        }
        return true
    }

    /// The selected objects of a state in order, after a key, at most `limit`, through the cheapest index there is.
    public func objects(
        in state: ClusterState, after: (namespace: String, name: String)? = nil, limit: Int = .max
    ) -> [StoredObject] {
        let store = type.store
        let space: String? = namespace.isEmpty ? nil : namespace
        guard limit > 0 else { return [] }
        if !name.isEmpty, !namespace.isEmpty || !type.isNamespaced {
            guard let object = state.object(store, namespace, name), matches(object), follows(object, after) else {
                return []
            }
            return [object]
        }
        if isEverything { return state.objects(store, namespace: space, after: after, limit: limit) }
        if let candidates = indexed(state, space) {
            var out: [StoredObject] = []
            for object in candidates where covers(object.key) && follows(object, after) && matches(object) {
                out.append(object)
                if out.count == limit { break }
            }
            return out
        }
        var out: [StoredObject] = []
        state.forEach(store, namespace: space, after: after) { object in
            if (name.isEmpty || object.key.name == name) && matches(object) { out.append(object) }
            return out.count < limit
        }
        return out
    }

    private func follows(_ object: StoredObject, _ after: (namespace: String, name: String)?) -> Bool {
        guard let after else { return true }
        if object.key.namespace == after.namespace || !after.namespace.bytesPrecede(object.key.namespace) {
            return object.key.namespace == after.namespace && after.name.bytesPrecede(object.key.name)
        }
        return true
    }

    /// Candidates from the index with the fewest, when a selector asks for exact values.
    private func indexed(_ state: ClusterState, _ space: String?) -> [StoredObject]? {
        if let nodeName { return state.pods(onNode: nodeName, namespace: space) }
        var best: (key: String, value: String, count: Int)?
        for (key, value) in exactLabels {
            let count = state.count(type.store, label: (key, value))
            if best.map({ count < $0.count }) ?? true { best = (key, value, count) }
        }
        guard let best else { return nil }
        return state.objects(type.store, namespace: space, label: (best.key, best.value))
    }
}
