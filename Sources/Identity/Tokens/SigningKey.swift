import Crypto
import Document
import FoundationEssentials
import SwiftASN1
import X509
import _CryptoExtras

/// The key that signs service-account tokens: ECDSA P-256 (ES256) when made here, RSA (RS256) when brought along.
public struct SigningKey: Sendable {
    private enum Kind: Sendable {
        case p256(P256.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }
    private let kind: Kind
    /// The public half.
    public let verifying: VerifyingKey

    public init() {
        let key = P256.Signing.PrivateKey()
        kind = .p256(key)
        verifying = VerifyingKey(.p256(key.publicKey))
    }
    public init(pem: String) throws(IdentityError) {
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            kind = .p256(key)
            verifying = VerifyingKey(.p256(key.publicKey))
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) {
            kind = .rsa(key)
            verifying = VerifyingKey(.rsa(key.publicKey))
        } else {
            throw IdentityError("the service-account key is neither an ECDSA P-256 nor an RSA private key in PEM")
        }
    }
    /// PKCS #8 (or the key's own form), PEM. A secret.
    public var pem: String {
        switch kind {
        case .p256(let key): key.pemRepresentation
        case .rsa(let key): key.pemRepresentation
        }
    }
    /// A signature over bytes of any kind. What is no token must begin so that it cannot be taken for one.
    public func sign(_ bytes: [UInt8]) throws(IdentityError) -> [UInt8] {
        do {
            switch kind {
            case .p256(let key): return Array(try key.signature(for: bytes).rawRepresentation)
            case .rsa(let key):
                return Array(
                    try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation)
            }
        } catch { throw IdentityError("cannot sign the token: \(error)") }
    }
}

/// A key that service-account tokens are checked with.
public struct VerifyingKey: Sendable {
    enum Kind: Sendable {
        case p256(P256.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }
    let kind: Kind
    /// The token header's `kid`: the SHA-256 of the key's SubjectPublicKeyInfo, as upstream computes it.
    public let id: String

    init(_ kind: Kind) {
        self.kind = kind
        let der: [UInt8] =
            switch kind {
            case .p256(let key): Array(key.derRepresentation)
            case .rsa(let key): Array(key.derRepresentation)
            }
        id = Base64.url(Array(SHA256.hash(data: der)))
    }
    /// A public key (`--service-account-key-file`), PEM.
    public init(pem: String) throws(IdentityError) {
        if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
            self.init(.p256(key))
        } else if let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem) {
            self.init(.rsa(key))
        } else {
            self = try SigningKey(pem: pem).verifying
        }
    }
    public var pem: String {
        switch kind {
        case .p256(let key): key.pemRepresentation
        case .rsa(let key): key.pemRepresentation
        }
    }
    /// The header's `alg`.
    public var algorithm: String {
        switch kind {
        case .p256: "ES256"
        case .rsa: "RS256"
        }
    }
    /// Whether the signature over these bytes was made with the other half of this key.
    public func verify(_ signature: [UInt8], _ bytes: [UInt8]) -> Bool {
        switch kind {
        case .p256(let key):
            guard let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: bytes)
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: bytes),
                padding: .insecurePKCS1v1_5)
        }
    }

    /// The key as a member of a JSON Web Key Set.
    var jwk: JSON {
        switch kind {
        case .p256(let key):
            let point = Array(key.rawRepresentation)
            return [
                "use": "sig", "kty": "EC", "kid": .string(id), "crv": "P-256", "alg": "ES256",
                "x": .string(Base64.url(Array(point[..<32]))), "y": .string(Base64.url(Array(point[32...]))),
            ]
        case .rsa(let key):
            let parts = try? key.getKeyPrimitives()
            return [
                "use": "sig", "kty": "RSA", "kid": .string(id), "alg": "RS256",
                "n": .string(Base64.url(parts.map { Array($0.modulus) } ?? [])),
                "e": .string(Base64.url(parts.map { Array($0.publicExponent) } ?? [])),
            ]
        }
    }
}
