import Document

/// A token in three parts, taken apart but not yet believed.
struct JSONWebToken {
    let algorithm: String
    let keyID: String?
    let claims: JSON
    /// What the signature covers: the first two parts as sent.
    let signed: [UInt8]
    let signature: [UInt8]

    /// The longest token that is looked at.
    static let bytesMax = 64 * 1024

    /// nil unless it has the form of a signed token.
    init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64.decodeURL(parts[0]), let body = Base64.decodeURL(parts[1]),
            let signature = Base64.decodeURL(parts[2]), let header = try? JSON(parsing: head),
            let claims = try? JSON(parsing: body),
            let algorithm = header["alg"]?.string, claims.object != nil
        else { return nil }
        // A header parameter that must be understood, and is not.
        if header["crit"] != nil { return nil }
        self.algorithm = algorithm
        keyID = header["kid"]?.string
        self.claims = claims
        self.signature = signature
        signed = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    /// Whether a text has three parts: what is no such token at all is some other authenticator's.
    static func looksLike(_ text: String) -> Bool {
        var dots = 0
        for byte in text.utf8 where byte == UInt8(ascii: ".") { dots += 1 }
        return dots == 2
    }
}
