import Document

/// A set of places in an object, kept as the tree that `fieldsV1` is: `{"f:spec": {"f:replicas": {}}}`. An empty object is a
/// place that belongs to the set, `.` says so of a place that has others below it.
struct FieldSet: Equatable, Sendable {
    typealias Entry = JSONObject.Entry
    static let leaf = JSON.object(JSONObject())
    static let here = Entry(key: ".", value: leaf)

    var tree: JSONObject

    init(_ tree: JSONObject = JSONObject()) { self.tree = tree }
    /// Reads `fieldsV1`; anything that is no object is the empty set.
    init(_ fields: JSON?) { tree = fields?.object ?? JSONObject() }

    var isEmpty: Bool { tree.isEmpty }
    var json: JSON { .object(tree) }

    /// The set below a place, or nil when nothing is there; and whether the place itself belongs to the set.
    static func contains(_ node: JSON) -> Bool {
        guard case .object(let object) = node else { return false }
        return object.isEmpty || object.storage[0].key == "."
    }

    // MARK: Algebra

    func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return FieldSet(Self.union(tree, other.tree))
    }

    /// Without the places of `other`; those below them stay.
    func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return FieldSet(Self.difference(tree, other.tree, deep: false))
    }

    /// Without the places of `other` and all below them.
    func subtractingAllBelow(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return FieldSet(Self.difference(tree, other.tree, deep: true))
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return FieldSet(Self.intersection(tree, other.tree))
    }

    private static func union(_ a: JSONObject, _ b: JSONObject) -> JSONObject {
        if a.isEmpty && b.isEmpty { return a }
        // One of them only names the place itself.
        if a.isEmpty { return withHere(b) }
        if b.isEmpty { return withHere(a) }
        var out = JSONObject()
        out.storage.reserveCapacity(max(a.count, b.count))
        var i = 0
        var j = 0
        while i < a.storage.count || j < b.storage.count {
            if j == b.storage.count {
                out.storage.append(contentsOf: a.storage[i...])
                break
            }
            if i == a.storage.count {
                out.storage.append(contentsOf: b.storage[j...])
                break
            }
            if a.storage[i].key == b.storage[j].key {
                let merged = union(a.storage[i].value.entries, b.storage[j].value.entries)
                out.storage.append(Entry(key: a.storage[i].key, value: .object(merged)))
                i += 1
                j += 1
            } else if a.storage[i].key.bytesPrecede(b.storage[j].key) {
                out.storage.append(a.storage[i])
                i += 1
            } else {
                out.storage.append(b.storage[j])
                j += 1
            }
        }
        return out
    }

    private static func withHere(_ node: JSONObject) -> JSONObject {
        if node.isEmpty || node.storage[0].key == "." { return node }
        var out = node
        out.storage.insert(here, at: 0)
        return out
    }

    /// Puts a node together; nil when nothing is left of it.
    private static func node(isMember: Bool, _ children: [Entry]) -> JSON? {
        if children.isEmpty { return isMember ? Optional(leaf) : Optional.none }
        var out = JSONObject()
        out.storage = isMember ? [here] + children : children
        return .object(out)
    }

    private static func difference(_ a: JSONObject, _ b: JSONObject, deep: Bool) -> JSONObject {
        var out = JSONObject()
        var j = 0
        for entry in a.storage {
            while j < b.storage.count, b.storage[j].key.bytesPrecede(entry.key) { j += 1 }
            guard j < b.storage.count, b.storage[j].key == entry.key, entry.key != "." else {
                if entry.key != "." { out.storage.append(entry) }
                continue
            }
            let isTaken = contains(b.storage[j].value)
            if isTaken && deep { continue }
            let children = difference(entry.value.entries, b.storage[j].value.entries, deep: deep)
            if let rest = node(isMember: contains(entry.value) && !isTaken, children.storage) {
                out.storage.append(Entry(key: entry.key, value: rest))
            }
        }
        return out
    }

    private static func intersection(_ a: JSONObject, _ b: JSONObject) -> JSONObject {
        var out = JSONObject()
        var j = 0
        for entry in a.storage where entry.key != "." {
            while j < b.storage.count, b.storage[j].key.bytesPrecede(entry.key) { j += 1 }
            guard j < b.storage.count else { break }
            guard b.storage[j].key == entry.key else { continue }
            let children = intersection(entry.value.entries, b.storage[j].value.entries)
            if let both = node(isMember: contains(entry.value) && contains(b.storage[j].value), children.storage) {
                out.storage.append(Entry(key: entry.key, value: both))
            }
        }
        return out
    }

    // MARK: Places

    /// Calls with every place of the set, outer ones first, each as its steps from the root.
    func forEach(_ body: ([String]) -> Void) {
        func walk(_ node: JSONObject, _ path: [String]) {
            for entry in node.storage where entry.key != "." {
                if Self.contains(entry.value) { body(path + [entry.key]) }
            }
            for entry in node.storage where entry.key != "." { walk(entry.value.entries, path + [entry.key]) }
        }
        walk(tree, [])
    }

    /// Whether the place at the end of these steps belongs to the set.
    func contains(_ path: [String]) -> Bool {
        var node = json
        for step in path {
            guard let next = node[step] else { return false }
            node = next
        }
        return Self.contains(node)
    }

    /// Steps as upstream prints them: `.spec.containers[name="main"].image`.
    static func text(_ path: [String]) -> String {
        var out = ""
        for step in path {
            let rest = String(step.dropFirst(2))
            switch step.utf8.first {
            case UInt8(ascii: "f"): out += "." + rest
            case UInt8(ascii: "k"):
                let members = (try? JSON(parsing: rest))?.entries ?? JSONObject()
                out += "[" + members.map { "\($0.key)=\($0.value.text)" }.joined(separator: ",") + "]"
            case UInt8(ascii: "v"): out += "[=" + rest + "]"
            default: out += "[" + rest + "]"
            }
        }
        return out
    }
}
