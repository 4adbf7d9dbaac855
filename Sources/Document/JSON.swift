/// One JSON value: the object tree that every part of Reckon reads and writes.
///
/// Integers that fit keep 64 bits; every other number is a double, as Kubernetes' own decoder does.
/// Strings compare by their bytes, never by Unicode equivalence: a change of normal form is a change.
public enum JSON: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON: Equatable {
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.int(let x), .int(let y)): x == y
        case (.double(let x), .double(let y)): x == y
        case (.int(let x), .double(let y)), (.double(let y), .int(let x)): Double(x) == y
        case (.string(let x), .string(let y)): x.sameBytes(as: y)
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)): x == y
        default: false
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
    public init(nilLiteral: ()) { self = .null }
}

extension JSON {
    /// The string, or nil when this is something else. Likewise below.
    public var string: String? { if case .string(let s) = self { s } else { nil } }
    public var int: Int64? { if case .int(let i) = self { i } else { nil } }
    public var bool: Bool? { if case .bool(let b) = self { b } else { nil } }
    public var array: [JSON]? { if case .array(let a) = self { a } else { nil } }
    public var object: JSONObject? { if case .object(let o) = self { o } else { nil } }
    /// An integer or a double as a double.
    public var number: Double? {
        switch self {
        case .int(let i): Double(i)
        case .double(let d): d
        default: nil
        }
    }
    public var isNull: Bool { if case .null = self { true } else { false } }
    /// The elements of an array; nothing for any other value.
    public var elements: [JSON] { if case .array(let a) = self { a } else { [] } }
    /// The entries of an object; nothing for any other value.
    public var entries: JSONObject { if case .object(let o) = self { o } else { JSONObject() } }
    /// The strings of an array of strings.
    public var strings: [String] { elements.compactMap(\.string) }

    /// The member of that name: nil when this is no object or has no such member. Setting nil removes the member; setting
    /// a value on something that is no object makes it an object first.
    public subscript(key: String) -> JSON? {
        get { if case .object(let o) = self { o[key] } else { nil } }
        set {
            guard case .object(var o) = self else {
                if let newValue { self = .object(JSONObject([(key, newValue)])) }
                return
            }
            self = .null  // let go of the storage so that the change is made in place
            o[key] = newValue
            self = .object(o)
        }
    }

    /// The value at the end of a path of member names: `pod["spec", "nodeName"]`.
    public subscript(path: String...) -> JSON? {
        get { self[path] }
        set { self[path] = newValue }
    }
    public subscript(path: [String]) -> JSON? {
        get {
            var value = self
            for key in path {
                guard let next = value[key] else { return nil }
                value = next
            }
            return value
        }
        set { set(newValue, at: path[...]) }
    }

    private mutating func set(_ value: JSON?, at path: ArraySlice<String>) {
        guard let first = path.first else { return }
        if path.count == 1 {
            self[first] = value
            return
        }
        var child = self[first] ?? .null
        if value == nil, child.object == nil { return }
        self[first] = .null
        child.set(value, at: path.dropFirst())
        self[first] = child
    }

    /// The element at that place of an array.
    public subscript(index: Int) -> JSON? {
        get { if case .array(let a) = self, a.indices.contains(index) { a[index] } else { nil } }
    }

    /// Changes the member of that name in place; does nothing when it is absent.
    public mutating func modify(_ key: String, _ change: (inout JSON) throws -> Void) rethrows {
        guard case .object(var o) = self, let i = o.index(of: key) else { return }
        self = .null
        defer { self = .object(o) }
        try change(&o.storage[i].value)
    }

    /// Changes every element of an array in place; does nothing to any other value.
    public mutating func modifyElements(_ change: (Int, inout JSON) throws -> Void) rethrows {
        guard case .array(var a) = self else { return }
        self = .null
        defer { self = .array(a) }
        for i in a.indices { try change(i, &a[i]) }
    }

    /// Whether there are more objects in it than that, itself included.
    public func holdsObjects(moreThan count: Int) -> Bool {
        var left = count
        return !countDown(&left)
    }

    private func countDown(_ left: inout Int) -> Bool {
        switch self {
        case .array(let elements):
            for element in elements where !element.countDown(&left) { return false }
        case .object(let object):
            left -= 1
            if left < 0 { return false }
            for entry in object.storage where !entry.value.countDown(&left) { return false }
        default: break
        }
        return true
    }

    /// Whether objects and arrays stand in each other more than so many deep.
    public func nests(deeperThan depth: Int) -> Bool {
        switch self {
        case .array(let elements): depth == 0 || elements.contains { $0.nests(deeperThan: depth - 1) }
        case .object(let object): depth == 0 || object.storage.contains { $0.value.nests(deeperThan: depth - 1) }
        default: false
        }
    }

    /// Whether this is absent by Go's `omitempty`: null, false, zero, "", [] or {}.
    public var isEmptyValue: Bool {
        switch self {
        case .null: true
        case .bool(let b): !b
        case .int(let i): i == 0
        case .double(let d): d == 0
        case .string(let s): s.isEmpty
        case .array(let a): a.isEmpty
        case .object(let o): o.isEmpty
        }
    }
}

extension String {
    /// Equality of the UTF-8 bytes.
    @inlinable public func sameBytes(as other: String) -> Bool {
        guard self == other else { return false }
        return utf8.count == other.utf8.count && (utf8.elementsEqual(other.utf8))
    }

    /// Order of the UTF-8 bytes: the order of keys in an object and of names in a list.
    @inlinable public func bytesPrecede(_ other: String) -> Bool {
        let answer = utf8.withContiguousStorageIfAvailable { a in
            other.utf8.withContiguousStorageIfAvailable { b in
                let n = Swift.min(a.count, b.count)
                for i in 0..<n where a[i] != b[i] { return a[i] < b[i] }
                return a.count < b.count
            }
        }
        if let answer, let answer { return answer }
        return utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// The first eight bytes as a number that sorts as they do.
    @inlinable package var bytePrefix: UInt64 {
        let quick = utf8.withContiguousStorageIfAvailable { bytes -> UInt64 in
            if bytes.count >= 8 {
                return UInt64(bigEndian: UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(as: UInt64.self))
            }
            var value: UInt64 = 0
            for b in bytes { value = value << 8 | UInt64(b) }
            return bytes.isEmpty ? 0 : value << (64 &- 8 &* UInt64(bytes.count))
        }
        if let quick { return quick }
        var value: UInt64 = 0
        var shift: UInt64 = 56
        for b in utf8 {
            value |= UInt64(b) << shift
            if shift == 0 { break }
            shift &-= 8
        }
        return value
    }
}
