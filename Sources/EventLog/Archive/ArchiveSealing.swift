internal import Crypto
internal import Document
internal import LogArchive
internal import Records
internal import _CryptoExtras

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What an archive is encrypted with: the content of a key file, a long random key or a phrase that a person remembers.
public struct ArchiveSecret: Sendable {
    let bytes: [UInt8]
    /// White space around it does not count. Nil for an empty one.
    public init?(_ content: [UInt8]) {
        let blank: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09]
        guard let first = content.firstIndex(where: { !blank.contains($0) }),
            let last = content.lastIndex(where: { !blank.contains($0) })
        else { return nil }
        bytes = Array(content[first...last])
    }
}

/// Encrypts the batches of one archive: ChaCha20-Poly1305 under a key made from the secret with scrypt, bound to the place of each
/// frame so that none can be moved.
struct ArchiveSealing: Sendable {
    private let key: SymmetricKey
    /// What the head says of it.
    let description: JSON

    init(_ secret: ArchiveSecret) throws(LogError) {
        let salt = (0..<16).map { _ in UInt8.random(in: 0...255) }
        try self.init(secret, salt: salt, rounds: 1 << 15)
    }

    /// As the head of an archive describes it.
    init(_ secret: ArchiveSecret, described head: JSON) throws(LogError) {
        guard head["cipher"]?.string == "chacha20-poly1305", head["kdf"]?.string == "scrypt",
            let salt = head["salt"]?.string.flatMap(Hex.bytes), let rounds = head["rounds"]?.int,
            (1...(1 << 22)).contains(rounds)
        else { throw .unusable("the archive is encrypted in a way that this reckon does not know") }
        try self.init(secret, salt: salt, rounds: Int(rounds))
    }

    private init(_ secret: ArchiveSecret, salt: [UInt8], rounds: Int) throws(LogError) {
        do {
            key = try KDF.Scrypt.deriveKey(
                from: secret.bytes, salt: salt, outputByteCount: 32, rounds: rounds, blockSize: 8, parallelism: 1)
        } catch { throw .unusable("no key can be made from the secret: \(error)") }
        description = [
            "cipher": "chacha20-poly1305", "kdf": "scrypt", "salt": .string(Hex.text(salt)),
            "rounds": .int(Int64(rounds)),
        ]
    }

    func seal(_ content: [UInt8], _ head: ArchiveHead, frame: Int) throws(LogError) -> [UInt8] {
        do {
            return Array(try ChaChaPoly.seal(content, using: key, authenticating: Self.place(head, frame)).combined)
        } catch { throw .unusable("the archive cannot be encrypted: \(error)") }
    }

    func open(_ content: [UInt8], _ head: ArchiveHead, frame: Int) throws(RecordError) -> [UInt8] {
        do {
            let box = try ChaChaPoly.SealedBox(combined: content)
            return Array(try ChaChaPoly.open(box, using: key, authenticating: Self.place(head, frame)))
        } catch { throw RecordError("it cannot be decrypted: the key is another one, or it was changed") }
    }

    private static func place(_ head: ArchiveHead, _ frame: Int) -> [UInt8] {
        Array("\(head.archive)/\(head.number)/\(frame)".utf8)
    }
}

enum Hex {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var out: [UInt8] = []
        for i in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[i..<i + 2], as: UTF8.self), radix: 16) else { return nil }
            out.append(byte)
        }
        return out
    }
}
