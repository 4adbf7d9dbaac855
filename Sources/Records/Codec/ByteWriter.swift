/// Bytes as they are put together for the log: numbers take as few as they need.
package struct ByteWriter: Sendable {
    package var bytes: [UInt8] = []
    package init() {}

    /// Seven bits a byte, the least significant first; the top bit says that more follow.
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
    package mutating func count(_ value: Int) { varint(UInt64(value)) }
    /// A number of either sign; near zero is short.
    package mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    package mutating func run(_ other: [UInt8]) {
        count(other.count)
        bytes.append(contentsOf: other)
    }
    package mutating func run(_ other: UnsafeRawBufferPointer) {
        count(other.count)
        bytes.append(contentsOf: other)
    }
    /// Its length, then its UTF-8 bytes.
    package mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { run(UnsafeRawBufferPointer($0)) }
    }
    /// Four bytes, the least significant first.
    package mutating func word(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
