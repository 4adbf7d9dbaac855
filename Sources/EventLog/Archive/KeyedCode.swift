internal import Crypto

/// A short code of a text under a key: the same for the same text, and no help in guessing it without the key.
public enum KeyedCode {
    /// Twelve hexadecimal digits of an HMAC with SHA-256.
    public static func of(_ text: String, key: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key))
        return Hex.text(Array(code.prefix(6)))
    }
}
