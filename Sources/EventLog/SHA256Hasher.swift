internal import Crypto
public import Records

/// SHA-256 for the chain and for state digests.
public struct SHA256Hasher: ByteHasher {
    private var hash = SHA256()
    public init() {}
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
    public mutating func finish() -> [UInt8] { Array(hash.finalize()) }
}
