public import Document
import Records
import Synchronization

/// Makes and checks the tokens of service accounts.
public final class ServiceAccountTokens: Sendable {
    /// The issuer that new tokens carry; tokens of any of `issuers` are accepted.
    public let issuer: String
    public let issuers: [String]
    /// The audiences that a token for this API server carries one of.
    public let audiences: [String]
    private let signingKey: SigningKey
    public let verifyingKeys: [VerifyingKey]
    private let lookup: BoundObjectLookup
    private let cache = CredentialCache<String, Checked>(countMax: 4096)

    private struct Checked: Sendable {
        let claims: TokenClaims
        let fingerprint: String
    }
    /// A year: what a pod's token is stretched to, so that clients which never reload it go on working.
    public static let extendedSeconds: Int64 = 365 * 86400
    /// The lifetime by which the kubelet's own projected tokens are known: an hour and seven seconds.
    public static let projectedSeconds: Int64 = 3607
    /// How much clocks may differ.
    static let leewaySeconds: Int64 = 60

    public init(
        issuer: String, moreIssuers: [String] = [], audiences: [String]? = nil, signingKey: SigningKey,
        moreKeys: [VerifyingKey] = [],
        lookup: @escaping BoundObjectLookup
    ) {
        self.issuer = issuer
        issuers = [issuer] + moreIssuers
        self.audiences = audiences ?? [issuer]
        self.signingKey = signingKey
        verifyingKeys = [signingKey.verifying] + moreKeys
        self.lookup = lookup
    }

    // MARK: Making

    /// A new token, and when the client should take it to expire.
    public struct Minted: Sendable {
        public let token: String
        /// `status.expirationTimestamp`.
        public let expires: Timestamp
        /// The token's `jti`, for the audit trail.
        public let id: String
    }

    /// Answers a TokenRequest. `id` is a fresh UUID. A pod's token of 3607 seconds for this server is stretched to a year and
    /// warns after its hour, as upstream's are.
    public func mint(
        namespace: String, serviceAccount: TokenClaims.Reference, pod: TokenClaims.Reference? = nil,
        secret: TokenClaims.Reference? = nil,
        node: TokenClaims.Reference? = nil, audiences asked: [String] = [], seconds: Int64, id: String, now: Timestamp
    ) throws(IdentityError) -> Minted {
        let targets = asked.isEmpty ? audiences : asked
        let start = now.seconds
        var claims = TokenClaims(
            namespace: namespace, serviceAccount: serviceAccount, pod: pod, secret: secret, node: node,
            audiences: targets, issuer: issuer,
            id: id, issuedAt: start, expires: start + seconds)
        if pod != nil, seconds == Self.projectedSeconds, targets.allSatisfy(audiences.contains) {
            claims.warnAfter = start + seconds
            claims.expires = start + Self.extendedSeconds
        }
        return Minted(
            token: try JSONWebToken.sign(claims.json, with: signingKey), expires: Timestamp(seconds: start + seconds),
            id: id)
    }

    /// The token of a Secret of type `kubernetes.io/service-account-token`: it does not expire, and goes with the Secret.
    public func mintLegacy(
        namespace: String, serviceAccount: TokenClaims.Reference, secretName: String
    ) throws(IdentityError) -> String {
        let prefix = LegacyToken.prefix
        return try JSONWebToken.sign(
            [
                "iss": .string(LegacyToken.issuer),
                "sub": .string("system:serviceaccount:\(namespace):\(serviceAccount.name)"),
                prefix + "namespace": .string(namespace), prefix + "secret.name": .string(secretName),
                prefix + "service-account.name": .string(serviceAccount.name),
                prefix + "service-account.uid": .string(serviceAccount.uid),
            ], with: signingKey)
    }

    // MARK: Checking

    /// A believed token.
    struct Accepted: Sendable {
        let user: UserInfo
        let fingerprint: String
        /// Those of the token's audiences that were asked for.
        let audiences: [String]
    }

    /// Checks a token for one of the audiences (this server's when none are given). nil: not one of ours, another authenticator
    /// may know it.
    func check(_ token: String, audiences asked: [String] = [], now: Timestamp) -> Result<Accepted, TokenRefusal>? {
        let checked: Checked
        if let known = cache[token] {
            checked = known
        } else {
            guard JSONWebToken.looksLike(token) else { return nil }
            switch verify(token) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let claims):
                checked = Checked(claims: claims, fingerprint: Fingerprint.of(token))
                cache[token] = checked
            }
        }
        let claims = checked.claims
        let targets = asked.isEmpty ? audiences : asked
        let isLegacy = claims.issuer == LegacyToken.issuer
        // A Secret's token has no audience: it is for the API server.
        let held = isLegacy ? audiences : claims.audiences
        let common = targets.filter(held.contains)
        guard !common.isEmpty else {
            return .failure(
                TokenRefusal(
                    .wrongAudience,
                    "token audiences \(Self.quoted(held)) is invalid for the target audiences \(Self.quoted(targets))"))
        }
        if !isLegacy {
            let second = now.seconds
            if second > claims.expires + Self.leewaySeconds {
                return .failure(TokenRefusal(.expired, "service account token has expired"))
            }
            if second < claims.notBefore - Self.leewaySeconds || second < claims.issuedAt - Self.leewaySeconds {
                return .failure(TokenRefusal(.notYetValid, "service account token is not valid yet"))
            }
        }
        if let refusal = checkBound(claims, now) { return .failure(refusal) }
        return .success(Accepted(user: user(claims), fingerprint: checked.fingerprint, audiences: common))
    }

    /// What never changes about a token: its form, issuer and signature.
    private func verify(_ token: String) -> Result<TokenClaims, TokenRefusal> {
        guard let parsed = JSONWebToken(token) else {
            return .failure(TokenRefusal(.malformed, "the token cannot be read"))
        }
        let issuer = parsed.claims["iss"]?.string ?? ""
        let isLegacy = issuer == LegacyToken.issuer
        guard isLegacy || issuers.contains(issuer) else {
            return .failure(TokenRefusal(.wrongIssuer, "the token is of another issuer"))
        }
        var keys = verifyingKeys
        if let id = parsed.keyID {
            keys = keys.filter { $0.id == id }
            guard !keys.isEmpty else {
                return .failure(TokenRefusal(.unknownKey, "the token is signed with a key that is not known here"))
            }
        }
        // The key decides which algorithm is right, never the token.
        guard keys.contains(where: { $0.algorithm == parsed.algorithm && $0.verify(parsed.signature, parsed.signed) })
        else {
            return .failure(TokenRefusal(.badSignature, "the token's signature is wrong"))
        }
        guard let claims = isLegacy ? LegacyToken.claims(parsed.claims) : TokenClaims(parsed.claims) else {
            return .failure(TokenRefusal(.malformed, "the token lacks a claim that service-account tokens have"))
        }
        return .success(claims)
    }

    /// The account, and the pod, Secret or node that the token is bound to, must still be the ones that it was made for.
    private func checkBound(_ claims: TokenClaims, _ now: Timestamp) -> TokenRefusal? {
        let latest = Timestamp(seconds: now.seconds - Self.leewaySeconds)
        func gone(_ kind: BoundObject.Kind, _ name: TokenClaims.Reference, _ namespace: String) -> Bool {
            guard let live = lookup(BoundObject(kind: kind, namespace: namespace, name: name.name)) else { return true }
            if !name.uid.isEmpty, live.uid != name.uid { return true }
            if let deleted = live.deletionTime, deleted < latest { return true }
            return false
        }
        if gone(.serviceAccount, claims.serviceAccount, claims.namespace) {
            return TokenRefusal(
                .boundObjectGone, "service account \(claims.namespace)/\(claims.serviceAccount.name) has been deleted")
        }
        if let secret = claims.secret, gone(.secret, secret, claims.namespace) {
            return TokenRefusal(.boundObjectGone, "service account token has been invalidated")
        }
        if let pod = claims.pod, gone(.pod, pod, claims.namespace) {
            return TokenRefusal(.boundObjectGone, "service account token has been invalidated")
        }
        // A pod's token names its node for information only.
        if claims.pod == nil, let node = claims.node, gone(.node, node, "") {
            return TokenRefusal(.boundObjectGone, "service account token has been invalidated")
        }
        return nil
    }

    private func user(_ claims: TokenClaims) -> UserInfo {
        var extra: [UserInfo.Extra] = []
        if !claims.id.isEmpty {
            extra.append(.init(key: "authentication.kubernetes.io/credential-id", values: ["JTI=" + claims.id]))
        }
        if let node = claims.node {
            extra.append(.init(key: "authentication.kubernetes.io/node-name", values: [node.name]))
            if !node.uid.isEmpty {
                extra.append(.init(key: "authentication.kubernetes.io/node-uid", values: [node.uid]))
            }
        }
        if let pod = claims.pod {
            extra.append(.init(key: "authentication.kubernetes.io/pod-name", values: [pod.name]))
            extra.append(.init(key: "authentication.kubernetes.io/pod-uid", values: [pod.uid]))
        }
        return UserInfo(
            name: claims.subject, uid: claims.serviceAccount.uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:" + claims.namespace, "system:authenticated"],
            extra: extra)
    }

    private static func quoted(_ names: [String]) -> String {
        "[" + names.map { JSON.string($0).text }.joined(separator: " ") + "]"
    }
}

/// A token of a Secret, from before tokens were bound and expired.
enum LegacyToken {
    static let issuer = "kubernetes/serviceaccount"
    static let prefix = "kubernetes.io/serviceaccount/"

    static func claims(_ json: JSON) -> TokenClaims? {
        guard let namespace = json[prefix + "namespace"]?.string, let secret = json[prefix + "secret.name"]?.string,
            let name = json[prefix + "service-account.name"]?.string,
            let uid = json[prefix + "service-account.uid"]?.string,
            !namespace.isEmpty, !name.isEmpty, !uid.isEmpty,
            json["sub"]?.string == "system:serviceaccount:\(namespace):\(name)"
        else { return nil }
        return TokenClaims(
            namespace: namespace, serviceAccount: .init(name: name, uid: uid), secret: .init(name: secret, uid: ""),
            audiences: [],
            issuer: issuer, id: "", issuedAt: 0, expires: Int64.max)
    }
}
