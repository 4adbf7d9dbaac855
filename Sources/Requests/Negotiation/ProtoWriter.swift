import Document

/// Writes protobuf fields into growing bytes.
struct ProtoWriter {
    private(set) var bytes: [UInt8] = []

    mutating func string(_ number: Int, _ text: String) {
        key(number, 2)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
    mutating func data(_ number: Int, _ content: [UInt8]) {
        key(number, 2)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }
    /// A string when there is one.
    mutating func text(_ number: Int, _ value: JSON?) {
        if let text = value?.string, !text.isEmpty { string(number, text) }
    }
    mutating func flag(_ number: Int, _ value: JSON?) {
        guard value?.bool == true else { return }
        key(number, 0)
        bytes.append(1)
    }
    mutating func integer(_ number: Int, _ value: JSON?) {
        guard let value = value?.int, value != 0 else { return }
        key(number, 0)
        varint(UInt64(bitPattern: value))
    }
    /// A double.
    mutating func number(_ number: Int, _ value: JSON?) {
        guard let value = value?.number, value != 0 else { return }
        present(number, number: value)
    }
    /// A value of a `oneof`: one that is zero says that it is there.
    mutating func present(_ number: Int, flag: Bool) {
        key(number, 0)
        bytes.append(flag ? 1 : 0)
    }
    mutating func present(_ number: Int, number value: Double) {
        key(number, 1)
        var bits = value.bitPattern
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
        }
    }
    /// A nested message: written behind room for a five-byte length, so that nothing is copied twice.
    mutating func message(_ number: Int, _ body: (inout ProtoWriter) -> Void) {
        key(number, 2)
        let place = bytes.count
        bytes.append(contentsOf: [0, 0, 0, 0, 0])
        body(&self)
        var length = UInt64(bytes.count - place - 5)
        for i in 0..<5 {
            bytes[place + i] = UInt8(length & 0x7F) | (i < 4 ? 0x80 : 0)
            length >>= 7
        }
    }

    private mutating func key(_ number: Int, _ wire: Int) { varint(UInt64(number << 3 | wire)) }
    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
