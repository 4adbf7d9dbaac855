/// What a `SortedTree` holds: something that has a key.
protocol SortedElement: Sendable {
    var storedKey: StoredKey { get }
}

extension StoredKey: SortedElement {
    var storedKey: StoredKey { self }
}

/// A persistent B+ tree ordered by namespace and name in byte order. A copy costs nothing; a change copies the nodes from the
/// root to one leaf, or changes them in place when no copy of the tree shares them. Each node knows how many elements are
/// below it, so that counting a range costs no more than finding its ends.
struct SortedTree<Element: SortedElement>: Sendable {
    private var root = SortedNode<Element>(elements: [])

    init() {}

    /// A tree of elements that are in order, each key once.
    init(sorted elements: [Element]) {
        guard elements.count > SortedNode<Element>.leafMax else {
            root = SortedNode(elements: elements)
            return
        }
        var nodes = SortedNode<Element>.parts(elements.count, of: SortedNode<Element>.leafMax).map {
            SortedNode(elements: Array(elements[$0]))
        }
        while nodes.count > 1 {
            nodes = SortedNode<Element>.parts(nodes.count, of: SortedNode<Element>.childrenMax).map { range in
                SortedNode(
                    children: Array(nodes[range]), separators: nodes[range].dropFirst().map(\.leastKey))
            }
        }
        root = nodes[0]
    }

    var count: Int { root.count }

    func find(_ place: Place) -> Element? {
        var node = root
        while !node.isLeaf { node = node.children[node.childIndex(place)] }
        let (i, found) = node.search(place)
        return found ? node.elements[i] : nil
    }

    /// Puts an element in, in place of the one with its key, which is returned.
    @discardableResult mutating func insert(_ element: Element) -> Element? {
        var replaced: Element?
        if let right = SortedNode.insert(element, element.storedKey.place, into: &root, replaced: &replaced) {
            let separator = right.leastKey
            root = SortedNode(children: [root, right], separators: [separator])
        }
        return replaced
    }

    /// Takes the element of that key out and returns it.
    @discardableResult mutating func remove(_ place: Place) -> Element? {
        guard let removed = SortedNode.remove(place, from: &root) else { return nil }
        if !root.isLeaf, root.children.count == 1 { root = root.children[0] }
        return removed
    }

    /// Calls `body` with the elements at and after `start` (or strictly after it), in order, until it returns false.
    func forEach(from start: Place?, excluding: Bool = false, _ body: (Element) -> Bool) {
        _ = root.forEach(from: start, excluding: excluding, body)
    }

    /// How many elements stand before `place`.
    func rank(_ place: Place) -> Int {
        var node = root
        var before = 0
        while !node.isLeaf {
            let i = node.childIndex(place)
            for child in node.children[..<i] { before += child.count }
            node = node.children[i]
        }
        return before + node.search(place).index
    }
}

/// A leaf with elements, or an inner node with children and, between them, the least key of the right one of each pair.
/// Sendable although mutable: a node is changed only while one tree alone refers to it (`isKnownUniquelyReferenced`).
private final class SortedNode<Element: SortedElement>: @unchecked Sendable {
    // Copying a node touches the reference count of everything in it, so leaves are short.
    static var leafMax: Int { 16 }
    static var childrenMax: Int { 32 }

    var elements: [Element]
    var children: [SortedNode]
    var separators: [StoredKey]
    var count: Int

    init(elements: [Element]) {
        self.elements = elements
        children = []
        separators = []
        count = elements.count
    }

    init(children: [SortedNode], separators: [StoredKey]) {
        elements = []
        self.children = children
        self.separators = separators
        count = children.reduce(0) { $0 + $1.count }
    }

    /// `count` things in as few parts as there must be, of about one size and none above `most`.
    static func parts(_ count: Int, of most: Int) -> [Range<Int>] {
        let parts = (count + most - 1) / most
        return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
    }

    private init(copying other: SortedNode) {
        elements = other.elements
        children = other.children
        separators = other.separators
        count = other.count
    }

    var isLeaf: Bool { children.isEmpty }
    private var width: Int { isLeaf ? elements.count : children.count }
    private var isThin: Bool { isLeaf ? elements.count < Self.leafMax / 4 : children.count < Self.childrenMax / 4 }

    var leastKey: StoredKey {
        var node = self
        while !node.isLeaf { node = node.children[0] }
        return node.elements[0].storedKey
    }

    /// The child that holds `place` if any does.
    func childIndex(_ place: Place) -> Int {
        var low = 0
        var high = separators.count
        while low < high {
            let middle = (low + high) / 2
            if place.order(of: separators[middle]) <= 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// In a leaf: the first element not before `place`, and whether it is there.
    func search(_ place: Place) -> (index: Int, found: Bool) {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            let order = place.order(of: elements[middle].storedKey)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    /// Returns the right half when the node had to be split.
    static func insert(_ element: Element, _ place: Place, into node: inout SortedNode, replaced: inout Element?)
        -> SortedNode?
    {
        if !isKnownUniquelyReferenced(&node) { node = SortedNode(copying: node) }
        if node.isLeaf {
            let (i, found) = node.search(place)
            if found {
                replaced = node.elements[i]
                node.elements[i] = element
                return nil
            }
            node.elements.insert(element, at: i)
            node.count += 1
            guard node.elements.count > leafMax else { return nil }
            // Names that arrive in order fill their leaves instead of leaving them half empty.
            let middle = i == node.elements.count - 1 ? node.elements.count - 1 : node.elements.count / 2
            let right = SortedNode(elements: Array(node.elements[middle...]))
            node.elements.removeSubrange(middle...)
            node.count = node.elements.count
            return right
        }
        let i = node.childIndex(place)
        let split = insert(element, place, into: &node.children[i], replaced: &replaced)
        if replaced == nil { node.count += 1 }
        guard let split else { return nil }
        node.separators.insert(split.leastKey, at: i)
        node.children.insert(split, at: i + 1)
        guard node.children.count > childrenMax else { return nil }
        let middle = i + 1 == node.children.count - 1 ? node.children.count - 2 : node.children.count / 2
        let right = SortedNode(children: Array(node.children[middle...]), separators: Array(node.separators[middle...]))
        node.children.removeSubrange(middle...)
        node.separators.removeSubrange((middle - 1)...)
        node.count -= right.count
        return right
    }

    static func remove(_ place: Place, from node: inout SortedNode) -> Element? {
        if node.isLeaf {
            let (i, found) = node.search(place)
            guard found else { return nil }
            if !isKnownUniquelyReferenced(&node) { node = SortedNode(copying: node) }
            node.count -= 1
            return node.elements.remove(at: i)
        }
        if !isKnownUniquelyReferenced(&node) { node = SortedNode(copying: node) }
        let i = node.childIndex(place)
        guard let removed = remove(place, from: &node.children[i]) else { return nil }
        node.count -= 1
        if node.children[i].isThin, node.children.count > 1 { node.join(i) }
        return removed
    }

    /// Joins the thin child at `i` with a neighbour, and parts them evenly when they are too many for one.
    private func join(_ i: Int) {
        let left = i == 0 ? 0 : i - 1
        let (a, b) = (children[left], children[left + 1])
        var joined: [SortedNode]
        if a.isLeaf {
            let all = a.elements + b.elements
            joined =
                all.count <= Self.leafMax
                ? [SortedNode(elements: all)] : Self.halves(all).map { SortedNode(elements: $0) }
        } else {
            let all = a.children + b.children
            let between = a.separators + [separators[left]] + b.separators
            if all.count <= Self.childrenMax {
                joined = [SortedNode(children: all, separators: between)]
            } else {
                let middle = all.count / 2
                joined = [
                    SortedNode(children: Array(all[..<middle]), separators: Array(between[..<(middle - 1)])),
                    SortedNode(children: Array(all[middle...]), separators: Array(between[middle...])),
                ]
            }
        }
        joined.removeAll { $0.width == 0 }
        separators.remove(at: left)
        children.replaceSubrange(left...left + 1, with: joined)
        if joined.count == 2 { separators.insert(joined[1].leastKey, at: left) }
    }

    private static func halves(_ all: [Element]) -> [[Element]] {
        [Array(all[..<(all.count / 2)]), Array(all[(all.count / 2)...])]
    }

    func forEach(from start: Place?, excluding: Bool, _ body: (Element) -> Bool) -> Bool {
        if isLeaf {
            var i = 0
            if let start {
                let (index, found) = search(start)
                i = found && excluding ? index + 1 : index
            }
            while i < elements.count {
                if !body(elements[i]) { return false }
                i += 1
            }
            return true
        }
        var i = 0
        if let start {
            i = childIndex(start)
            if !children[i].forEach(from: start, excluding: excluding, body) { return false }
            i += 1
        }
        while i < children.count {
            if !children[i].forEach(from: nil, excluding: false, body) { return false }
            i += 1
        }
        return true
    }
}
