import Document

/// The documents by which others learn to check service-account tokens.
public enum OpenIDDocuments {
    /// `/.well-known/openid-configuration`, `application/json`. `jwksURI` is where `/openid/v1/jwks` is served.
    public static func configuration(issuer: String, jwksURI: String, keys: [VerifyingKey]) -> [UInt8] {
        var algorithms: [String] = []
        for key in keys where !algorithms.contains(key.algorithm) { algorithms.append(key.algorithm) }
        let document: JSON = [
            "issuer": .string(issuer), "jwks_uri": .string(jwksURI), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": .array(algorithms.sorted().map { .string($0) }),
        ]
        return document.encoded()
    }

    /// `/openid/v1/jwks`, `application/jwk-set+json`.
    public static func keySet(_ keys: [VerifyingKey]) -> [UInt8] {
        let document: JSON = ["keys": .array(keys.map(\.jwk))]
        return document.encoded()
    }
}
