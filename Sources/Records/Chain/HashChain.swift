/// The chain of hashes through one stream: each block's value covers its bytes, the names defined with it, and the value
/// before. Two logs with the same value at a place are the same up to it.
package enum HashChain {
    /// The value before the first block.
    package static let origin = [UInt8](repeating: 0, count: 32)
    /// How many bytes of the value stand at a block's end.
    package static let tailBytes = 8

    package static func next<Hasher: ByteHasher>(
        _: Hasher.Type, after previous: [UInt8], names: [[UInt8]], block: UnsafeRawBufferPointer
    ) -> [UInt8] {
        var hasher = Hasher()
        hasher.update(previous)
        hasher.update(UInt64(names.count))
        for name in names {
            hasher.update(UInt64(name.count))
            hasher.update(name)
        }
        hasher.update(block)
        return hasher.finish()
    }
}
