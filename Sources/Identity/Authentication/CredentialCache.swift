import Crypto
import Synchronization

/// Remembers what was learned about credentials, so that checking one again costs no cryptography. Bounded: when full, a
/// quarter of the entries makes room.
final class CredentialCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let countMax: Int
    private let table: Mutex<[Key: Value]>

    init(countMax: Int) {
        self.countMax = countMax
        table = Mutex([:])
    }
    subscript(key: Key) -> Value? {
        get { table.withLock { $0[key] } }
        set {
            table.withLock { table in
                if table.count >= countMax, table[key] == nil {
                    for old in Array(table.keys.prefix(countMax / 4)) { table[old] = nil }
                }
                table[key] = newValue
            }
        }
    }
    var count: Int { table.withLock { $0.count } }
}

/// What is kept of a credential in the log.
enum Fingerprint {
    /// The first 16 hexadecimal digits of the SHA-256.
    static func of(_ token: String) -> String { Hexadecimal.text(bytes(Array(token.utf8))) }
    static func bytes(_ credential: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: credential).prefix(8)) }
}
