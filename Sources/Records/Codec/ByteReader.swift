/// Why bytes are no record.
public struct RecordError: Error, Equatable, Sendable {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// Reads what `ByteWriter` wrote. Every length is checked: damaged bytes give an error, never a wild read.
/// Valid as long as the memory that it looks at.
package struct ByteReader {
    package let bytes: UnsafeRawBufferPointer
    package var at = 0
    @inlinable package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable package var left: Int { bytes.count - at }

    @inline(__always) package mutating func byte() throws(RecordError) -> UInt8 {
        guard at < bytes.count else { throw RecordError("the record ends too early") }
        defer { at += 1 }
        return bytes[at]
    }

    /// Most numbers take one byte or two.
    @inlinable @inline(__always) package mutating func varint() throws(RecordError) -> UInt64 {
        if left >= 2 {
            let (first, second) = (bytes[at], bytes[at + 1])
            if first < 0x80 {
                at += 1
                return UInt64(first)
            }
            if second < 0x80 {
                at += 2
                return UInt64(first & 0x7F) | UInt64(second) << 7
            }
        }
        return try longVarint()
    }
    @usableFromInline mutating func longVarint() throws(RecordError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift == 63, next > 1 { throw RecordError("a number is too large") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
            if shift > 63 { throw RecordError("a number is too long") }
        }
    }
    /// A count of things of which each takes a byte at least.
    package mutating func count() throws(RecordError) -> Int {
        let value = try varint()
        guard value <= UInt64(left) else { throw RecordError("a length goes beyond the record's end") }
        return Int(value)
    }
    package mutating func zigzag() throws(RecordError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
    package mutating func raw(_ count: Int) throws(RecordError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= left else { throw RecordError("a length goes beyond the record's end") }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
    }
    package mutating func run() throws(RecordError) -> UnsafeRawBufferPointer { try raw(try count()) }
    package mutating func text() throws(RecordError) -> String { String(decoding: try run(), as: UTF8.self) }
    package mutating func word() throws(RecordError) -> UInt32 {
        UInt32(littleEndian: try raw(4).loadUnaligned(as: UInt32.self))
    }
}
