import Document
import Schema

/// What differs between two versions of an object, as sets of places: structured-merge-diff's `Compare`.
struct Comparison {
    /// Added or modified.
    var changed = FieldSet()
    var removed = FieldSet()

    init(_ old: JSON, _ new: JSON, _ type: TypeSchema) {
        let node = Self.compare(old, new, Place(root: type))
        changed = FieldSet(node.changed)
        removed = FieldSet(node.removed)
    }

    typealias Entry = JSONObject.Entry
    /// What changed and what went away at a place and below it; nil for nothing.
    struct Node {
        var changed: JSON?
        var removed: JSON?
        static let modified = Node(changed: FieldSet.leaf)
    }

    static func isBare(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null?: true
        case .object(let o)?: o.isEmpty
        case .array(let a)?: a.isEmpty
        default: false
        }
    }

    static func compare(_ l: JSON?, _ r: JSON?, _ place: Place) -> Node {
        guard let l else { return Node(changed: r.map { all($0, place) }) }
        guard let r else { return Node(removed: all(l, place)) }
        switch place.resolved(l, r) {
        case .leaf, .open:
            return l == r ? Node() : .modified
        case .structure(let type):
            guard !(isBare(l) && isBare(r)), l.object != nil || isBare(l), r.object != nil || isBare(r) else {
                return l == r ? Node() : .modified
            }
            return structure(l.entries, r.entries, type)
        case .map(let element):
            guard !(isBare(l) && isBare(r)), l.object != nil || isBare(l), r.object != nil || isBare(r) else {
                return l == r ? Node() : .modified
            }
            return map(l.entries, r.entries, element)
        case .list(let kind, let keys, let element):
            guard !(isBare(l) && isBare(r)), l.array != nil || isBare(l), r.array != nil || isBare(r) else {
                return l == r ? Node() : .modified
            }
            return list(l.elements, r.elements, kind, keys, element)
        }
    }

    private static func structure(_ l: JSONObject, _ r: JSONObject, _ type: TypeSchema) -> Node {
        var builder = Builder()
        var place = 0
        var i = 0
        var j = 0
        while i < l.storage.count || j < r.storage.count {
            let (left, right, key) = next(l, r, &i, &j)
            if let field = type.field(key, after: &place) {
                if let left, let right, isSameScalar(left, right) { continue }
                builder.add(field.ownedName, compare(left, right, Place(field)))
            } else {
                builder.add("f:" + key, compare(left, right, .open))
            }
        }
        return builder.node
    }

    private static func map(_ l: JSONObject, _ r: JSONObject, _ element: FieldShape) -> Node {
        var builder = Builder()
        let place = Place(element)
        var i = 0
        var j = 0
        while i < l.storage.count || j < r.storage.count {
            let (left, right, key) = next(l, r, &i, &j)
            if let left, let right, isSameScalar(left, right) { continue }
            builder.add("f:" + key, compare(left, right, place))
        }
        return builder.node
    }

    @inline(__always)
    private static func isSameScalar(_ l: JSON, _ r: JSON) -> Bool {
        switch (l, r) {
        case (.string(let a), .string(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        default: false
        }
    }

    /// The next member of either, both when they have it.
    @inline(__always)
    private static func next(_ l: JSONObject, _ r: JSONObject, _ i: inout Int, _ j: inout Int) -> (JSON?, JSON?, String)
    {
        if j == r.storage.count {
            defer { i += 1 }
            return (l.storage[i].value, nil, l.storage[i].key)
        }
        if i == l.storage.count {
            defer { j += 1 }
            return (nil, r.storage[j].value, r.storage[j].key)
        }
        if l.storage[i].key == r.storage[j].key {
            defer {
                i += 1
                j += 1
            }
            return (l.storage[i].value, r.storage[j].value, r.storage[j].key)
        }
        if l.storage[i].key.bytesPrecede(r.storage[j].key) {
            defer { i += 1 }
            return (l.storage[i].value, nil, l.storage[i].key)
        }
        defer { j += 1 }
        return (nil, r.storage[j].value, r.storage[j].key)
    }

    private static func list(_ l: [JSON], _ r: [JSON], _ kind: ListKind, _ keys: [String], _ element: FieldShape)
        -> Node
    {
        if l == r { return Node() }
        let place = Place(element)
        var builder = Builder()
        let left = IndexedElements(l, kind, keys, element)
        let right = IndexedElements(r, kind, keys, element)
        for (name, places) in left.groups {
            let others = right.places(of: name)
            switch (places.count, others.count) {
            case (1, 0): builder.add(name, compare(l[places.first], nil, place))
            case (1, 1): builder.add(name, compare(l[places.first], r[others.first], place))
            case (1, _):
                builder.add(name, compare(l[places.first], nil, place))
                builder.addHere(name, changed: true)
            case (_, 0): builder.addHere(name, changed: false)
            case (_, 1):
                builder.add(name, compare(nil, r[others.first], place))
                builder.addHere(name, changed: false)
            default:
                if places.all.map({ l[$0] }) != others.all.map({ r[$0] }) { builder.addHere(name, changed: true) }
            }
        }
        for (name, places) in right.groups where left.places(of: name).isEmpty {
            if places.count == 1 {
                builder.add(name, compare(nil, r[places.first], place))
            } else {
                builder.addHere(name, changed: true)
            }
        }
        return builder.sortedNode
    }

    /// Every place at and below a value that came or went.
    static func all(_ value: JSON, _ place: Place) -> JSON {
        if isBare(value) { return FieldSet.leaf }
        switch place.resolved(nil, value) {
        case .leaf, .open: return FieldSet.leaf
        case .structure(let type):
            guard case .object(let object) = value else { return FieldSet.leaf }
            var out = JSONObject()
            out.storage.reserveCapacity(object.count + 1)
            out.storage.append(FieldSet.here)
            var at = 0
            for entry in object.storage {
                if let field = type.field(entry.key, after: &at) {
                    out.storage.append(Entry(key: field.ownedName, value: all(entry.value, Place(field))))
                } else {
                    out.storage.append(Entry(key: "f:" + entry.key, value: all(entry.value, .open)))
                }
            }
            return .object(out)
        case .map(let element):
            guard case .object(let object) = value else { return FieldSet.leaf }
            let place = Place(element)
            var out = JSONObject()
            out.storage.reserveCapacity(object.count + 1)
            out.storage.append(FieldSet.here)
            for entry in object.storage {
                out.storage.append(Entry(key: "f:" + entry.key, value: all(entry.value, place)))
            }
            return .object(out)
        case .list(let kind, let keys, let element):
            guard case .array(let elements) = value else { return FieldSet.leaf }
            return .object(JSONObject(unsorted: [FieldSet.here] + named(elements, kind, keys, element)))
        }
    }

    static func named(_ elements: [JSON], _ kind: ListKind, _ keys: [String], _ element: FieldShape) -> [Entry] {
        let place = Place(element)
        if elements.count == 1 {
            guard let name = ElementName.of(elements[0], kind, keys: keys, element) else { return [] }
            return [Entry(key: name, value: all(elements[0], place))]
        }
        return IndexedElements(elements, kind, keys, element).groups.map { name, places in
            Entry(key: name, value: places.count == 1 ? all(elements[places.first], place) : FieldSet.leaf)
        }
    }

    /// Collects the members of one node.
    struct Builder {
        var changed: [Entry] = []
        var removed: [Entry] = []

        @inline(__always)
        mutating func add(_ name: String, _ node: Node) {
            if let value = node.changed { changed.append(Entry(key: name, value: value)) }
            if let value = node.removed { removed.append(Entry(key: name, value: value)) }
        }

        mutating func addHere(_ name: String, changed isChange: Bool) {
            func put(_ entries: inout [Entry]) {
                if let i = entries.lastIndex(where: { $0.key == name }) {
                    entries[i].value = FieldSet(entries[i].value).union(FieldSet()).withHere
                } else {
                    entries.append(Entry(key: name, value: FieldSet.leaf))
                }
            }
            if isChange { put(&changed) } else { put(&removed) }
        }

        var node: Node { Node(changed: Self.object(changed), removed: Self.object(removed)) }
        var sortedNode: Node {
            var out = Node()
            if !changed.isEmpty { out.changed = .object(JSONObject(unsorted: changed)) }
            if !removed.isEmpty { out.removed = .object(JSONObject(unsorted: removed)) }
            return out
        }

        private static func object(_ entries: [Entry]) -> JSON? {
            if entries.isEmpty { return nil }
            var out = JSONObject()
            out.storage = entries
            return .object(out)
        }
    }
}

extension FieldSet {
    /// The tree with its own root as a member.
    fileprivate var withHere: JSON {
        if tree.isEmpty || tree.storage[0].key == "." { return json }
        var out = tree
        out.storage.insert(Self.here, at: 0)
        return .object(out)
    }
}

/// The elements of a list by their names, in the order in which the names are first met.
struct IndexedElements {
    /// Where the elements of one name stand: nearly always there is one.
    struct Places {
        var first = 0
        var others: [Int] = []
        var count = 0
        var isEmpty: Bool { count == 0 }
        var all: [Int] { isEmpty ? [] : [first] + others }
    }
    private(set) var groups: [(name: String, places: Places)] = []
    private var index: [String: Int] = [:]

    init(_ elements: [JSON], _ kind: ListKind, _ keys: [String], _ shape: FieldShape) {
        groups.reserveCapacity(elements.count)
        for (i, element) in elements.enumerated() {
            guard let name = ElementName.of(element, kind, keys: keys, shape) else { continue }
            if let group = find(name) {
                groups[group].places.others.append(i)
                groups[group].places.count += 1
            } else {
                if groups.count >= 8 {
                    if index.isEmpty {
                        index.reserveCapacity(elements.count)
                        for (g, group) in groups.enumerated() { index[group.name] = g }
                    }
                    index[name] = groups.count
                }
                groups.append((name, Places(first: i, count: 1)))
            }
        }
    }

    private func find(_ name: String) -> Int? {
        if !index.isEmpty { return index[name] }
        return groups.firstIndex { $0.name == name }
    }

    func places(of name: String) -> Places {
        groups.isEmpty ? Places() : find(name).map { groups[$0].places } ?? Places()
    }
}
