import Crypto
import Document
import FoundationEssentials
import Identity
import Records
import Synchronization

/// Base64url without padding, written a second time on purpose: the tests do not take the code's own word.
func base64url(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

/// A cluster with one service account, one pod and one Secret, at a fixed time.
final class Fixture: Sendable {
    static let now = Timestamp(seconds: 1_800_000_000)
    let key = P256.Signing.PrivateKey()
    let otherKey = P256.Signing.PrivateKey()
    let objects: Mutex<[BoundObject: LiveObject]>
    let tokens: ServiceAccountTokens
    let authority: CertificateAuthority
    let otherAuthority: CertificateAuthority
    let authenticator: Authenticator

    init() throws {
        let account = BoundObject(kind: .serviceAccount, namespace: "shop", name: "web")
        let pod = BoundObject(kind: .pod, namespace: "shop", name: "web-1")
        let secret = BoundObject(kind: .secret, namespace: "shop", name: "web-token")
        let node = BoundObject(kind: .node, namespace: "", name: "n1")
        objects = Mutex([
            account: LiveObject(uid: "sa-uid"), pod: LiveObject(uid: "pod-uid"), secret: LiveObject(uid: "secret-uid"),
            node: LiveObject(uid: "node-uid"),
        ])
        let box = Box()
        tokens = ServiceAccountTokens(
            issuer: "https://kubernetes.default.svc", signingKey: try SigningKey(pem: key.pemRepresentation),
            lookup: { box.find?($0) })
        authority = try CertificateAuthority.make("kubernetes", now: Self.now)
        otherAuthority = try CertificateAuthority.make("elsewhere", now: Self.now)
        authenticator = try Authenticator(
            clientAuthorities: [authority.pair.certificate],
            tokenFile: try TokenFile(
                parsing: "admintoken,admin,admin-uid,\"system:masters\"\nalicetoken,alice,alice-uid,\"devs\"\n"),
            tokens: tokens)
        box.find = { [unowned self] in self.find($0) }
    }
    private final class Box: @unchecked Sendable { var find: ((BoundObject) -> LiveObject?)? }
    private func find(_ object: BoundObject) -> LiveObject? { objects.withLock { $0[object] } }

    /// Signs any header and claims with any key.
    func token(
        _ claims: JSON? = nil, key: P256.Signing.PrivateKey? = nil, header: JSON? = nil,
        change: (inout JSON) -> Void = { _ in }
    ) throws -> String {
        var claims = claims ?? Self.claims
        change(&claims)
        let header = header ?? ["alg": "ES256", "kid": .string(tokens.verifyingKeys[0].id)]
        let head = base64url(header.encoded()) + "." + base64url(claims.encoded())
        return head + "." + base64url(Array(try (key ?? self.key).signature(for: Data(head.utf8)).rawRepresentation))
    }
    /// The claims of a good token, bound to the pod.
    static let claims: JSON = [
        "aud": ["https://kubernetes.default.svc"], "exp": .int(now.seconds + 600), "iat": .int(now.seconds - 10),
        "nbf": .int(now.seconds - 10),
        "iss": "https://kubernetes.default.svc", "jti": "token-id", "sub": "system:serviceaccount:shop:web",
        "kubernetes.io": [
            "namespace": "shop", "serviceaccount": ["name": "web", "uid": "sa-uid"],
            "pod": ["name": "web-1", "uid": "pod-uid"],
            "node": ["name": "n1", "uid": "node-uid"],
        ],
    ]
    func bearer(_ token: String, at now: Timestamp = now) -> AuthenticationFacts {
        authenticator.authenticate(.init(authorization: "Bearer " + token), now: now)
    }
    func der(_ pem: String) -> [UInt8] {
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        return Array(Data(base64Encoded: body) ?? Data())
    }
    func certificate(_ pair: KeyPair, at now: Timestamp = now) -> AuthenticationFacts {
        authenticator.authenticate(.init(peerCertificate: der(pair.certificate)), now: now)
    }
}
