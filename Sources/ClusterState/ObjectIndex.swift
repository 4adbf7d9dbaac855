import HashTreeCollections

/// From a fact about objects of one store to the objects that have it: labels, owners, a pod's node, and what a Service holds.
struct ObjectIndex: Sendable {
    private var terms: TreeDictionary<IndexTerm, KeySet> = [:]

    init() {}

    /// The index of objects that are in order.
    init(sorted objects: [StoredObject]) {
        var keys: [IndexTerm: [StoredKey]] = [:]
        func append(_ key: StoredKey, to list: inout [StoredKey]) {
            // An object may name one owner twice.
            if list.last !== key { list.append(key) }
        }
        func add(_ term: IndexTerm, _ key: StoredKey) { append(key, to: &keys[term, default: []]) }
        for object in objects {
            let key = object.storedKey
            let facts = object.facts
            for label in facts.labels { add(.label(label.key, label.value), key) }
            for uid in facts.ownerUIDs { add(.owner(uid), key) }
            for claim in facts.claims { add(.claim(claim), key) }
            if !facts.nodeName.isEmpty { add(.node(facts.nodeName), key) }
        }
        terms = TreeDictionary(
            uniqueKeysWithValues: keys.map { ($0, $1.count == 1 ? .one($1[0]) : .many(SortedTree(sorted: $1))) })
    }

    /// Calls `body` with the keys of the objects that have the fact, in order, until it returns false.
    func forEach(_ term: IndexTerm, from start: Place?, _ body: (StoredKey) -> Bool) {
        terms[term]?.forEach(from: start, body)
    }
    func count(_ term: IndexTerm) -> Int { terms[term]?.count ?? 0 }

    /// Follows one object from its version before (nil for a creation) to the one after (nil for a deletion).
    mutating func update(_ key: StoredKey, from old: StoredObject?, to new: StoredObject?) {
        updateLabels(key, old?.labels ?? [], new?.labels ?? [])
        let (before, after) = (old?.ownerUIDs ?? [], new?.ownerUIDs ?? [])
        if before != after {
            for uid in before where !after.contains(uid) { remove(.owner(uid), key) }
            for uid in after where !before.contains(uid) { add(.owner(uid), key) }
        }
        let (held, holds) = (old?.claims ?? [], new?.claims ?? [])
        if held != holds {
            for claim in held where !holds.contains(claim) { remove(.claim(claim), key) }
            for claim in holds where !held.contains(claim) { add(.claim(claim), key) }
        }
        let (nodeBefore, nodeAfter) = (old?.nodeName ?? "", new?.nodeName ?? "")
        if nodeBefore != nodeAfter {
            if !nodeBefore.isEmpty { remove(.node(nodeBefore), key) }
            if !nodeAfter.isEmpty { add(.node(nodeAfter), key) }
        }
    }

    private mutating func updateLabels(_ key: StoredKey, _ old: StoredObject.Labels, _ new: StoredObject.Labels) {
        // Both are sorted by name: one walk along the two finds what came and what went.
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            let order = i == old.count ? 1 : (j == new.count ? -1 : byteOrder(old[i].key, new[j].key))
            if order == 0 {
                if old[i].value != new[j].value {
                    remove(.label(old[i].key, old[i].value), key)
                    add(.label(new[j].key, new[j].value), key)
                }
                i += 1
                j += 1
            } else if order < 0 {
                remove(.label(old[i].key, old[i].value), key)
                i += 1
            } else {
                add(.label(new[j].key, new[j].value), key)
                j += 1
            }
        }
    }

    private mutating func add(_ term: IndexTerm, _ key: StoredKey) { terms[term, default: .none].insert(key) }

    private mutating func remove(_ term: IndexTerm, _ key: StoredKey) {
        terms[term, default: .none].remove(key)
        if terms[term]?.count == 0 { terms.removeValue(forKey: term) }
    }
}

/// A fact that objects are found by.
struct IndexTerm: Hashable, Sendable {
    private enum Kind: UInt8 { case label, owner, node, claim }
    private let kind: Kind
    private let name: String
    private let value: String
    static func label(_ name: String, _ value: String) -> IndexTerm {
        IndexTerm(kind: .label, name: name, value: value)
    }
    /// The uid in an entry of `metadata.ownerReferences`.
    static func owner(_ uid: String) -> IndexTerm { IndexTerm(kind: .owner, name: "", value: uid) }
    /// `spec.nodeName` of a pod.
    static func node(_ name: String) -> IndexTerm { IndexTerm(kind: .node, name: "", value: name) }
    /// A Service's cluster address or one of its node ports.
    static func claim(_ text: String) -> IndexTerm { IndexTerm(kind: .claim, name: "", value: text) }
}

/// Keys in order. Most facts belong to one object alone, which costs no tree.
enum KeySet: Sendable {
    case none
    case one(StoredKey)
    case many(SortedTree<StoredKey>)

    var count: Int {
        switch self {
        case .none: 0
        case .one: 1
        case .many(let tree): tree.count
        }
    }

    mutating func insert(_ key: StoredKey) {
        switch self {
        case .none: self = .one(key)
        case .one(let first):
            var tree = SortedTree<StoredKey>()
            tree.insert(first)
            tree.insert(key)
            self = .many(tree)
        case .many(var tree):
            self = .none  // let go of the storage so that the change is made in place
            tree.insert(key)
            self = .many(tree)
        }
    }

    mutating func remove(_ key: StoredKey) {
        switch self {
        case .none: break
        case .one(let only): if key.place.order(of: only) == 0 { self = .none }
        case .many(var tree):
            self = .none
            tree.remove(key.place)
            if tree.count == 1 {
                tree.forEach(from: nil) {
                    self = .one($0)
                    return false
                }
            } else {
                self = .many(tree)
            }
        }
    }

    func forEach(from start: Place?, _ body: (StoredKey) -> Bool) {
        switch self {
        case .none: break
        case .one(let key): if start.map({ $0.order(of: key) >= 0 }) ?? true { _ = body(key) }
        case .many(let tree): tree.forEach(from: start, body)
        }
    }
}
