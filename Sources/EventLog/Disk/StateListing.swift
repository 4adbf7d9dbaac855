public import ClusterState
import Document
public import Records
public import Schema

/// Which objects of a past state are wanted.
public enum StatePart: Sendable {
    case object(ObjectKey)
    case listing(StateListing)

    /// All objects of a store; with a namespace, those in it alone.
    public static func store(_ store: GroupResource, namespace: String) -> StatePart {
        .listing(StateListing(store, namespace: namespace))
    }

    /// The store that it is in.
    var kind: GroupResource {
        switch self {
        case .object(let key): key.store
        case .listing(let listing): listing.store
        }
    }
}

/// Objects of one store in the order of lists: what a page of a list holds.
public struct StateListing: Sendable {
    public var store: GroupResource
    /// "" for all namespaces or cluster scope.
    public var namespace: String
    /// The last key of the page before.
    public var after: (namespace: String, name: String)?
    /// At most so many; nil for all.
    public var limit: Int?
    /// What all of them have: narrows what is read, when there is an index of it.
    public var facts: [ListedFact]
    /// Whether an object belongs to the list; nil when all do.
    public var matches: (@Sendable (StoredObject) -> Bool)?

    public init(
        _ store: GroupResource, namespace: String, after: (namespace: String, name: String)? = nil, limit: Int? = nil,
        facts: [ListedFact] = [], matches: (@Sendable (StoredObject) -> Bool)? = nil
    ) {
        self.store = store
        self.namespace = namespace
        self.after = after
        self.limit = limit
        self.facts = facts
        self.matches = matches
    }

    /// Whether the key lies where the list goes on.
    func covers(_ key: ObjectKey) -> Bool {
        guard namespace.isEmpty || key.namespace.sameBytes(as: namespace) else { return false }
        guard let after else { return true }
        return ListOrder.isBefore(after.namespace, after.name, key)
    }
}

/// The order of lists: by namespace, then by name, in bytes.
enum ListOrder {
    static func isBefore(_ a: ObjectKey, _ b: ObjectKey) -> Bool { isBefore(a.namespace, a.name, b) }
    static func isBefore(_ namespace: String, _ name: String, _ key: ObjectKey) -> Bool {
        if namespace.sameBytes(as: key.namespace) { return name.bytesPrecede(key.name) }
        return namespace.bytesPrecede(key.namespace)
    }
}
