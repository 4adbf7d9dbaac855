package import Records
package import Schema

/// The objects of one resource, in order, with their indexes.
struct ObjectStore: Sendable {
    private var objects = SortedTree<StoredObject>()
    private var index = ObjectIndex()

    init() {}

    /// A store of objects that are in order, each key once.
    init(sorted objects: [StoredObject]) {
        self.objects = SortedTree(sorted: objects)
        index = ObjectIndex(sorted: objects)
    }

    var count: Int { objects.count }

    func count(namespace: String) -> Int {
        // No name of a namespace lies between this one and itself followed by a zero byte.
        objects.rank(Place(namespace: namespace + "\0", name: "")) - objects.rank(Place(namespace: namespace, name: ""))
    }

    /// How many objects stand up to and including a key, of one namespace or of all.
    func count(namespace: String?, through place: Place) -> Int {
        let all = objects.rank(Place(namespace: place.namespace, name: place.name + "\0"))
        guard let namespace else { return all }
        return all - objects.rank(Place(namespace: namespace, name: ""))
    }

    func object(_ place: Place) -> StoredObject? { objects.find(place) }

    mutating func put(_ object: StoredObject) {
        let old = objects.insert(object)
        index.update(object.storedKey, from: old, to: object)
    }

    mutating func remove(_ place: Place) {
        guard let old = objects.remove(place) else { return }
        index.update(old.storedKey, from: old, to: nil)
    }

    /// Calls `body` with the objects in order, until it returns false: from the start of `namespace` when it is given and
    /// not beyond its end, and only those strictly after `after`.
    func forEach(namespace: String?, after: Place?, _ body: (StoredObject) -> Bool) {
        let (start, excluding) = Self.start(namespace, after)
        objects.forEach(from: start, excluding: excluding) { object in
            if let namespace, byteOrder(object.storedKey.key.namespace, namespace) != 0 { return false }
            return body(object)
        }
    }

    /// The same for the objects that have a fact; the cost follows their number.
    func forEach(_ term: IndexTerm, namespace: String?, after: Place?, _ body: (StoredObject) -> Bool) {
        let (start, excluding) = Self.start(namespace, after)
        index.forEach(term, from: start) { key in
            if let namespace, byteOrder(key.key.namespace, namespace) != 0 { return false }
            if excluding, let start, start.order(of: key) == 0 { return true }
            guard let object = objects.find(key.place) else {
                preconditionFailure("the index names an object that is gone")
            }
            return body(object)
        }
    }

    func count(_ term: IndexTerm) -> Int { index.count(term) }

    private static func start(_ namespace: String?, _ after: Place?) -> (Place?, excluding: Bool) {
        if let namespace {
            let first = Place(namespace: namespace, name: "")
            guard let after, byteOrder(after.namespace, namespace) >= 0 else { return (first, false) }
            return (after, true)
        }
        return (after, after != nil)
    }
}

extension ObjectKey {
    /// The store that the object lives in.
    package var store: GroupResource { GroupResource(group: group, resource: resource) }
}
