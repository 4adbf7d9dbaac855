package import Document

/// The hash that tells a Deployment's ReplicaSets apart: FNV-1a over the template, as `ComputeHash` writes it.
package enum PodTemplateHash {
    private static let letters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

    package static func of(_ template: JSON, collisions: Int64?) -> String {
        var hash: UInt32 = 2_166_136_261
        func mix(_ bytes: [UInt8]) {
            for byte in bytes {
                hash ^= UInt32(byte)
                hash = hash &* 16_777_619
            }
        }
        mix(template.encoded())
        if let collisions {
            var count = UInt32(truncatingIfNeeded: collisions)
            for _ in 0..<8 {
                mix([UInt8(truncatingIfNeeded: count)])
                count >>= 8
            }
        }
        return safe(String(hash))
    }
    /// Digits as letters that spell no words: `rand.SafeEncodeString`.
    package static func safe(_ text: String) -> String {
        String(decoding: text.utf8.map { letters[Int($0) % letters.count] }, as: UTF8.self)
    }
}
