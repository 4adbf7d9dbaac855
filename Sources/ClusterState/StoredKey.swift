import Records

/// An object's key, made once and shared by all its versions and by every index entry that names it: eight bytes each.
final class StoredKey: Sendable {
    let key: ObjectKey
    /// How many objects had been created in the cluster when this one was, itself included: tells an object from its
    /// namesakes before and after it. 0 for an object that is in no state.
    let number: UInt64
    init(_ key: ObjectKey, number: UInt64 = 0) {
        self.key = key
        self.number = number
    }
    var place: Place { Place(namespace: key.namespace, name: key.name) }
}

/// Where an object stands inside its store: the order of lists.
struct Place {
    var namespace: String
    var name: String

    /// Negative when `key` stands before this, 0 when it is this, positive when after.
    @inline(__always) func order(of key: StoredKey) -> Int {
        let first = byteOrder(key.key.namespace, namespace)
        return first != 0 ? first : byteOrder(key.key.name, name)
    }
}

/// Three-way comparison by UTF-8 bytes, eight at a time.
@inline(__always) func byteOrder(_ a: String, _ b: String) -> Int {
    let answer = a.utf8.withContiguousStorageIfAvailable { x in
        b.utf8.withContiguousStorageIfAvailable { y in byteOrder(UnsafeRawBufferPointer(x), UnsafeRawBufferPointer(y)) }
    }
    if let answer, let answer { return answer }
    return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : (a.utf8.elementsEqual(b.utf8) ? 0 : 1)
}

@inline(__always) func byteOrder(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let shared = min(a.count, b.count)
    var i = 0
    while i + 8 <= shared {
        let x = UInt64(bigEndian: a.loadUnaligned(fromByteOffset: i, as: UInt64.self))
        let y = UInt64(bigEndian: b.loadUnaligned(fromByteOffset: i, as: UInt64.self))
        if x != y { return x < y ? -1 : 1 }
        i += 8
    }
    while i < shared {
        if a[i] != b[i] { return Int(a[i]) - Int(b[i]) }
        i += 1
    }
    return a.count - b.count
}
