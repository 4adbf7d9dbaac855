import Document

extension JSONWebToken {
    /// The token that says the claims, signed.
    static func sign(_ claims: JSON, with key: SigningKey) throws(IdentityError) -> String {
        let header: JSON = ["alg": .string(key.verifying.algorithm), "kid": .string(key.verifying.id)]
        let head = Base64.url(header.encoded()) + "." + Base64.url(claims.encoded())
        return head + "." + Base64.url(try key.sign(Array(head.utf8)))
    }
}
