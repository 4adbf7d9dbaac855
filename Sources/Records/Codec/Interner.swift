/// Gives numbers to byte strings that come again and again (users, agents, paths, rules), so that records hold two or three
/// bytes for them. A string gets its number when it is seen the second time; the log stores the definitions, in the
/// order of their numbers, in the transaction that first uses them.
package struct Interner: Sendable {
    private struct Key: Hashable {
        let bytes: [UInt8]
        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }
    /// Strings that are remembered at most; when there are more all are forgotten and numbered anew as they come.
    package static let namesMax = 1 << 16
    /// Strings up to this length are written out: a number would be no shorter.
    package static let literalBytesMax = 3
    private static let recentSlots = 1 << 12

    private var numbers: [Key: UInt64] = [:]
    /// Hashes of strings that were seen once, lately.
    private var recent = [Int](repeating: 0, count: recentSlots)
    /// The next number to give.
    package private(set) var next: UInt64
    private var definitions: [[UInt8]] = []

    package init(next: UInt64) { self.next = next }

    /// The number of `bytes`, or nil when they must be written out.
    package mutating func number(of bytes: [UInt8]) -> UInt64? {
        guard bytes.count > Self.literalBytesMax else { return nil }
        let key = Key(bytes: bytes)
        if let known = numbers[key] { return known }
        let hash = key.hashValue
        let slot = hash & (Self.recentSlots - 1)
        guard recent[slot] == hash else {
            recent[slot] = hash
            return nil
        }
        if numbers.count >= Self.namesMax { numbers.removeAll(keepingCapacity: true) }
        let number = next
        next += 1
        numbers[key] = number
        definitions.append(bytes)
        return number
    }

    /// The strings numbered since the last call; the last one's number is `next - 1`.
    package mutating func takeDefinitions() -> [[UInt8]] {
        defer { definitions.removeAll() }
        return definitions
    }
}

extension ByteWriter {
    /// A string through the interner: its number plus one, or zero and the string itself.
    mutating func name(_ bytes: [UInt8], _ interner: inout Interner) {
        if let number = interner.number(of: bytes) {
            varint(number + 1)
        } else {
            self.bytes.append(0)
            run(bytes)
        }
    }
    mutating func name(_ text: String, _ interner: inout Interner) {
        if text.utf8.count <= Interner.literalBytesMax {
            bytes.append(0)
            self.text(text)
        } else {
            name(Array(text.utf8), &interner)
        }
    }
}

extension ByteWriter {
    /// Which names a block defines: their count, then the first one's number.
    mutating func names(_ count: Int, from first: UInt64) {
        self.count(count)
        if count > 0 { varint(first) }
    }
}

extension ByteReader {
    mutating func names() throws(RecordError) -> Range<UInt64> {
        let count = try varint()
        if count == 0 { return 0..<0 }
        let first = try varint()
        guard count <= UInt32.max, first <= UInt64(Int64.max) else {
            throw RecordError("an impossible number of names")
        }
        return first..<first + count
    }
}
