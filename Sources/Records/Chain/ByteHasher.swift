/// A cryptographic hash that is fed bytes and answers with a digest. Pure targets get one as a type (SHA-256 in the program),
/// since they import no cryptography themselves.
public protocol ByteHasher: Sendable {
    init()
    mutating func update(_ bytes: UnsafeRawBufferPointer)
    /// The digest of everything fed so far: 32 bytes. The hasher is used up.
    mutating func finish() -> [UInt8]
}

extension ByteHasher {
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
    /// The text's UTF-8 bytes.
    public mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }
    /// Eight bytes, the least significant first.
    public mutating func update(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { update($0) } }

    /// The digest of one run of bytes.
    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var hasher = Self()
        hasher.update(bytes)
        return hasher.finish()
    }
}
