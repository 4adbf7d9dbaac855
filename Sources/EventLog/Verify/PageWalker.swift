import Records

/// Reads an LMDB file's pages itself, trusting nothing: every number that leads somewhere is checked before it is followed, so that a
/// damaged file gives findings where LMDB would crash or lose its way.
///
///     page:  number u64 · pad u16 · flags u16 · lower u16, upper u16 (or the count of overflow pages, u32) · offsets of nodes…  …nodes
///     node:  low u16 · high u16 · flags u16 · key size u16 · key · data
///     meta pages 0 and 1: magic, version, address, map size, the free list's tree, the main tree, last page, transaction
struct PageWalker {
    struct Problem: Error, Equatable {
        let page: UInt64
        let text: String
        var description: String { "page \(page): \(text)" }
    }
    struct Tree {
        var flags: UInt16
        var depth: UInt16
        var entries: UInt64
        var root: UInt64
    }
    private enum PageFlag {
        static let branch: UInt16 = 1
        static let leaf: UInt16 = 2
        static let overflow: UInt16 = 4
    }
    private enum NodeFlag {
        static let big: UInt16 = 1
        static let tree: UInt16 = 2
    }
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let none = UInt64.max
    private static let headerBytes = 16

    private let bytes: UnsafeRawBufferPointer
    let pageBytes: Int
    let lastPage: UInt64
    /// LMDB keeps two and does without neither.
    let hasBothMetaPages: Bool
    private let main: Tree
    private let free: Tree

    /// Takes the newest meta page that is whole, and not newer than `transaction`.
    init(_ bytes: UnsafeRawBufferPointer, notAfter transaction: UInt64 = .max) throws(Problem) {
        self.bytes = bytes
        var found: (transaction: UInt64, pageBytes: Int, lastPage: UInt64, free: Tree, main: Tree)?
        var size = 4096
        var whole = 0
        for page in [UInt64(0), 1] {
            let start = Int(page) * size
            guard start + 152 <= bytes.count else { continue }
            let at = { (offset: Int) in start + Self.headerBytes + offset }
            guard Self.load(bytes, at(0), UInt32.self) == Self.magic, Self.load(bytes, at(4), UInt32.self) == 1 else {
                continue
            }
            let declared = Int(Self.load(bytes, at(24), UInt32.self))
            guard declared >= 512, declared <= 65536, declared & (declared - 1) == 0 else { continue }
            if page == 0 { size = declared }
            let id = Self.load(bytes, at(128), UInt64.self)
            whole += 1
            guard id <= transaction, found == nil || id > found!.transaction else { continue }
            found = (
                id, declared, Self.load(bytes, at(120), UInt64.self), Self.tree(bytes, at(24)), Self.tree(bytes, at(72))
            )
        }
        guard let found, found.lastPage < 1 << 40 else { throw Problem(page: 0, text: "no meta page is whole") }
        hasBothMetaPages = whole == 2
        pageBytes = found.pageBytes
        lastPage = found.lastPage
        main = found.main
        free = found.free
    }

    /// Whether the file ends before its last page.
    var missingBytes: Int { max(0, Int(clamping: lastPage + 1) * pageBytes - bytes.count) }

    private static func load<T: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _: T.Type) -> T {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
    private static func tree(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Tree {
        Tree(
            flags: load(bytes, offset + 4, UInt16.self), depth: load(bytes, offset + 6, UInt16.self),
            entries: load(bytes, offset + 32, UInt64.self), root: load(bytes, offset + 40, UInt64.self))
    }

    /// The named database; nil when there is none of that name.
    func database(_ name: String) throws(Problem) -> Tree? {
        var found: Tree?
        let wanted = Array(name.utf8)
        try walk(main) { key, value, flags throws(Problem) in
            guard key.elementsEqual(wanted) else { return true }
            guard flags & NodeFlag.tree != 0, value.count >= 48 else {
                throw Problem(page: main.root, text: "\(name) is no database")
            }
            found = Self.tree(value, 0)
            return false
        }
        return found
    }

    /// Calls `body` with every entry in order, until it returns false. Stops at the first thing that is wrong.
    func forEach(
        _ tree: Tree, integerKeys: Bool,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(Problem) -> Bool
    ) throws(Problem) {
        var previous: [UInt8]?
        var count: UInt64 = 0
        var stopped = false
        try walk(tree) { key, value, flags throws(Problem) in
            guard flags & NodeFlag.tree == 0 else { throw Problem(page: tree.root, text: "a tree inside a database") }
            if integerKeys, key.count != 8 { throw Problem(page: tree.root, text: "a key of \(key.count) bytes") }
            if let previous {
                let inOrder =
                    integerKeys
                    ? Self.number(previous) < UInt64(littleEndian: key.loadUnaligned(as: UInt64.self))
                    : previous.lexicographicallyPrecedes(key)
                guard inOrder else { throw Problem(page: tree.root, text: "keys out of order") }
            }
            previous = Array(key)
            count += 1
            stopped = !(try body(key, value))
            return !stopped
        }
        if !stopped, count != tree.entries {
            throw Problem(page: tree.root, text: "\(count) entries instead of \(tree.entries)")
        }
    }

    private static func number(_ key: [UInt8]) -> UInt64 {
        key.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    private typealias Visit = (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UInt16) throws(Problem) -> Bool

    private func walk(_ tree: Tree, _ visit: Visit) throws(Problem) {
        guard tree.root != Self.none else { return }
        guard tree.depth >= 1, tree.depth <= 32 else {
            throw Problem(page: tree.root, text: "a depth of \(tree.depth)")
        }
        _ = try walk(tree.root, Int(tree.depth), visit)
    }

    private func page(_ number: UInt64, pages: Int = 1) throws(Problem) -> UnsafeRawBufferPointer {
        guard number > 1, number <= lastPage else { throw Problem(page: number, text: "not a page of this file") }
        let start = Int(number) * pageBytes
        guard start + pages * pageBytes <= bytes.count else {
            throw Problem(page: number, text: "beyond the file's end: the file was cut")
        }
        let page = UnsafeRawBufferPointer(rebasing: bytes[start..<start + pages * pageBytes])
        guard Self.load(page, 0, UInt64.self) == number else {
            throw Problem(page: number, text: "it has another page's number or none")
        }
        return page
    }

    private struct Node {
        let flags: UInt16
        /// In a branch: the page below. In a leaf: the size of the value.
        let number: UInt64
        let key: UnsafeRawBufferPointer
        /// Where the value, or the number of its pages, begins.
        let valueAt: Int
    }

    /// A page of a tree, with what its head says checked, and how many nodes it has.
    private func treePage(_ number: UInt64, _ depth: Int) throws(Problem) -> (page: UnsafeRawBufferPointer, count: Int)
    {
        let page = try page(number)
        let flags = Self.load(page, 10, UInt16.self)
        let (lower, upper) = (Int(Self.load(page, 12, UInt16.self)), Int(Self.load(page, 14, UInt16.self)))
        guard lower >= Self.headerBytes, lower <= upper, upper <= pageBytes, lower % 2 == 0 else {
            throw Problem(page: number, text: "its bounds are wrong")
        }
        guard flags & 0x1F == (depth > 1 ? PageFlag.branch : PageFlag.leaf) else {
            throw Problem(page: number, text: "its kind is wrong")
        }
        guard lower > Self.headerBytes else { throw Problem(page: number, text: "it is empty") }
        return (page, (lower - Self.headerBytes) / 2)
    }

    private func node(_ page: UnsafeRawBufferPointer, _ number: UInt64, _ i: Int, _ depth: Int) throws(Problem) -> Node
    {
        let at = Int(Self.load(page, Self.headerBytes + i * 2, UInt16.self))
        guard at >= Int(Self.load(page, 14, UInt16.self)), at + 8 <= pageBytes else {
            throw Problem(page: number, text: "a node is out of bounds")
        }
        let low = UInt64(Self.load(page, at, UInt16.self))
        let high = UInt64(Self.load(page, at + 2, UInt16.self))
        let flags = Self.load(page, at + 4, UInt16.self)
        let keyBytes = Int(Self.load(page, at + 6, UInt16.self))
        guard at + 8 + keyBytes <= pageBytes else { throw Problem(page: number, text: "a key is out of bounds") }
        let key = UnsafeRawBufferPointer(rebasing: page[at + 8..<at + 8 + keyBytes])
        let target = low | high << 16 | (depth > 1 ? UInt64(flags) << 32 : 0)
        return Node(flags: flags, number: target, key: key, valueAt: at + 8 + keyBytes)
    }

    private func value(_ node: Node, _ page: UnsafeRawBufferPointer, _ number: UInt64) throws(Problem)
        -> UnsafeRawBufferPointer
    {
        let size = Int(node.number)
        if node.flags & NodeFlag.big != 0 {
            guard node.valueAt + 8 <= pageBytes else { throw Problem(page: number, text: "a value is out of bounds") }
            return try overflow(Self.load(page, node.valueAt, UInt64.self), size)
        }
        guard node.valueAt + size <= pageBytes else { throw Problem(page: number, text: "a value is out of bounds") }
        return UnsafeRawBufferPointer(rebasing: page[node.valueAt..<node.valueAt + size])
    }

    private func walk(_ number: UInt64, _ depth: Int, _ visit: Visit) throws(Problem) -> Bool {
        let (page, count) = try treePage(number, depth)
        for i in 0..<count {
            let node = try node(page, number, i, depth)
            if depth > 1 {
                if !(try walk(node.number, depth - 1, visit)) { return false }
            } else if !(try visit(node.key, try value(node, page, number), node.flags)) {
                return false
            }
        }
        return true
    }

    /// Looks over the newest pages of every tree, at most so many of each: those that a start and new writes touch. Whatever would
    /// lead LMDB out of the file is found.
    func checkNewest(pagesOfEachTree most: Int) throws(Problem) {
        var trees = [main, free]
        try walk(main) { key, value, flags throws(Problem) in
            if flags & NodeFlag.tree != 0, value.count >= 48 { trees.append(Self.tree(value, 0)) }
            return true
        }
        for tree in trees where tree.root != Self.none {
            guard tree.depth >= 1, tree.depth <= 32 else {
                throw Problem(page: tree.root, text: "a depth of \(tree.depth)")
            }
            var left = most
            try checkNewest(tree.root, Int(tree.depth), &left)
        }
    }

    private func checkNewest(_ number: UInt64, _ depth: Int, _ left: inout Int) throws(Problem) {
        left -= 1
        let (page, count) = try treePage(number, depth)
        for i in stride(from: count - 1, through: 0, by: -1) {
            let node = try node(page, number, i, depth)
            if depth == 1 {
                _ = try value(node, page, number)
            } else if left > 0 {
                try checkNewest(node.number, depth - 1, &left)
            }
        }
    }

    /// Checks the list of free pages: all of them must be in the file.
    func checkFreeList() throws(Problem) {
        try walk(free) { _, value, _ throws(Problem) in
            let count = value.count >= 8 ? Int(clamping: Self.load(value, 0, UInt64.self)) : 0
            guard value.count >= 8, count <= value.count / 8 - 1 else {
                throw Problem(page: free.root, text: "a list of free pages is cut short")
            }
            for i in 0..<count {
                let page = Self.load(value, 8 + i * 8, UInt64.self)
                guard page > 1, page <= lastPage else {
                    throw Problem(page: free.root, text: "page \(page) cannot be free")
                }
            }
            return true
        }
    }

    private func overflow(_ number: UInt64, _ size: Int) throws(Problem) -> UnsafeRawBufferPointer {
        let head = try page(number)
        guard Self.load(head, 10, UInt16.self) & 0x1F == PageFlag.overflow else {
            throw Problem(page: number, text: "its kind is wrong")
        }
        let pages = Int(Self.load(head, 12, UInt32.self))
        guard pages * pageBytes >= Self.headerBytes + size, number + UInt64(pages) - 1 <= lastPage else {
            throw Problem(page: number, text: "a value's pages are too few")
        }
        let all = try page(number, pages: pages)
        return UnsafeRawBufferPointer(rebasing: all[Self.headerBytes..<Self.headerBytes + size])
    }
}
