/// A quick checksum against accidents: any change inside one aligned run of eight bytes alters the 64-bit state for certain,
/// any other with all but one chance in four thousand million. The hash chain is what guards against intent.
package enum Checksum {
    package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt32 {
        let prime: UInt64 = 0x9E37_79B9_7F4A_7C15
        var hash = (seed ^ UInt64(bytes.count)) &* prime
        hash ^= hash >> 32
        var i = 0
        let whole = bytes.count & ~7
        while i < whole {
            hash = (hash ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))) &* prime
            hash ^= hash >> 32
            i += 8
        }
        var tail: UInt64 = 0
        while i < bytes.count {
            tail = tail << 8 | UInt64(bytes[i])
            i += 1
        }
        hash = (hash ^ tail) &* prime
        hash ^= hash >> 29
        hash = hash &* 0xBF58_476D_1CE4_E5B9
        return UInt32(truncatingIfNeeded: hash >> 32)
    }
    package static func of(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt32 {
        bytes.withUnsafeBytes { of($0, seed: seed) }
    }
}
