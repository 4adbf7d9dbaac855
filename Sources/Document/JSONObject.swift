/// The members of a JSON object, kept in the byte order of their names: one value has one encoding.
public struct JSONObject: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let key: String
        public var value: JSON
        @inlinable public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }
        public static func == (a: Entry, b: Entry) -> Bool { a.key.sameBytes(as: b.key) && a.value == b.value }
    }

    @usableFromInline package var storage: [Entry]

    @inlinable public init() { storage = [] }

    /// Takes members in any order; the last of several with one name wins.
    public init(_ members: [(String, JSON)]) {
        storage = []
        storage.reserveCapacity(members.count)
        for (key, value) in members { self[key] = value }
    }

    /// Takes entries in any order. `duplicates` is called with each name given more than once; the last one wins.
    package init(unsorted entries: consuming [Entry], duplicates: (String) -> Void = { _ in }) {
        var sorted = true
        var i = 1
        while i < entries.count {
            if !entries[i - 1].key.bytesPrecede(entries[i].key) {
                sorted = false
                break
            }
            i += 1
        }
        if sorted {
            storage = entries
            return
        }
        let order = Self.order(of: entries)
        var out: [Entry] = []
        out.reserveCapacity(entries.count)
        for place in order {
            if let last = out.last, last.key.sameBytes(as: entries[place].key) {
                duplicates(last.key)
                out[out.count - 1] = entries[place]
            } else {
                out.append(entries[place])
            }
        }
        storage = out
    }

    /// The places of entries in the byte order of their names, those of one name as they were given.
    private static func order(of entries: [Entry]) -> [Int] {
        let keyed = entries.map(\.key.bytePrefix)
        func precedes(_ a: Int, _ b: Int) -> Bool {
            if keyed[a] != keyed[b] { return keyed[a] < keyed[b] }
            let (x, y) = (entries[a].key, entries[b].key)
            return x.bytesPrecede(y) || (a < b && !y.bytesPrecede(x))
        }
        var order = Array(entries.indices)
        if order.count > 24 {
            order.sort(by: precedes)
            return order
        }
        for i in 1..<order.count {
            let moved = order[i]
            var j = i
            while j > 0, precedes(moved, order[j - 1]) {
                order[j] = order[j - 1]
                j -= 1
            }
            order[j] = moved
        }
        return order
    }

    public var count: Int { storage.count }
    public var isEmpty: Bool { storage.isEmpty }
    public var keys: [String] { storage.map(\.key) }
    public var values: [JSON] { storage.map(\.value) }

    package func index(of key: String) -> Int? {
        if storage.count <= 8 {
            for i in storage.indices where storage[i].key == key { return i }
            return nil
        }
        let i = insertionPoint(key)
        return i < storage.count && storage[i].key == key ? i : nil
    }

    private func insertionPoint(_ key: String) -> Int {
        var low = 0
        var high = storage.count
        while low < high {
            let middle = (low + high) / 2
            if storage[middle].key.bytesPrecede(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    public subscript(key: String) -> JSON? {
        get { index(of: key).map { storage[$0].value } }
        set {
            if let newValue {
                let i = insertionPoint(key)
                if i < storage.count, storage[i].key == key {
                    storage[i].value = newValue
                } else {
                    storage.insert(Entry(key: key, value: newValue), at: i)
                }
            } else if let i = index(of: key) {
                storage.remove(at: i)
            }
        }
    }

    /// Keeps the members for which the condition holds.
    public mutating func removeAll(where condition: (String, JSON) -> Bool) {
        storage.removeAll { condition($0.key, $0.value) }
    }

    /// Members whose value is a string, as pairs: labels, annotations, data.
    public var stringPairs: [(key: String, value: String)] {
        storage.compactMap { entry in entry.value.string.map { (entry.key, $0) } }
    }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.count }
    public subscript(position: Int) -> (key: String, value: JSON) { (storage[position].key, storage[position].value) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
