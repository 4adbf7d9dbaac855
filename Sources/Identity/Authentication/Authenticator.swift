public import Document
public import Records
import X509

/// Establishes who a request speaks as: a front proxy's word, then client certificate, then bearer token (token file, service account,
/// bootstrap token), then nobody.
///
/// A credential that no authenticator accepts refuses the request: it never falls back to the anonymous user.
public final class Authenticator: Sendable {
    private let authorities: [Certificate]
    private let proxyAuthorities: [Certificate]
    private let proxyNames: [String]
    private let tokenFile: TokenFile?
    private let tokens: ServiceAccountTokens?
    private let bootstrapTokens: BootstrapTokens?
    private let allowsAnonymous: Bool
    private let certificates = CredentialCache<[UInt8], PeerCertificate>(countMax: 2048)
    private let proxies = CredentialCache<[UInt8], PeerCertificate>(countMax: 64)

    /// Whose word counts for whom a request speaks as: proxies that authenticate in front of this server.
    public struct FrontProxy: Sendable {
        /// PEM texts.
        public var authorities: [String]
        /// Common names of the proxies' certificates; empty allows any.
        public var names: [String]
        public init(authorities: [String] = [], names: [String] = []) {
            self.authorities = authorities
            self.names = names
        }
    }

    /// `clientAuthorities` are PEM texts, each with one or more certificates.
    public init(
        clientAuthorities: [String], frontProxy: FrontProxy = FrontProxy(), tokenFile: TokenFile? = nil,
        tokens: ServiceAccountTokens? = nil, bootstrapTokens: BootstrapTokens? = nil,
        allowsAnonymous: Bool = true
    ) throws(IdentityError) {
        do {
            authorities = try clientAuthorities.flatMap { try PEMBlocks.certificates($0) }
            proxyAuthorities = try frontProxy.authorities.flatMap { try PEMBlocks.certificates($0) }
        } catch { throw IdentityError("a client authority's certificate cannot be read: \(error)") }
        proxyNames = frontProxy.names
        self.tokenFile = tokenFile
        self.tokens = tokens
        self.bootstrapTokens = bootstrapTokens
        self.allowsAnonymous = allowsAnonymous
    }

    /// What a request shows about who sent it.
    public struct Credentials: Sendable {
        /// The leaf certificate of the connection, DER.
        public var peerCertificate: [UInt8]?
        /// The `Authorization` header.
        public var authorization: String?
        /// The WebSocket subprotocols offered: a browser hides its token in `base64url.bearer.authorization.k8s.io.TOKEN`.
        public var subprotocols: [String]
        /// Whom the `X-Remote-*` headers name; believed of a front proxy only.
        public var remoteUser: UserInfo?
        public init(
            peerCertificate: [UInt8]? = nil, authorization: String? = nil, subprotocols: [String] = [],
            remoteUser: UserInfo? = nil
        ) {
            self.remoteUser = remoteUser
            self.peerCertificate = peerCertificate
            self.authorization = authorization
            self.subprotocols = subprotocols
        }
    }

    /// Decides. `authenticator` is empty in the answer when the request is refused (401); `verdicts` then tells what every
    /// authenticator that looked had against it.
    public func authenticate(_ credentials: Credentials, now: Timestamp) -> AuthenticationFacts {
        var verdicts: [AuthenticationFacts.Verdict] = []
        var fingerprint = ""
        if let der = credentials.peerCertificate {
            if let user = credentials.remoteUser, !proxyAuthorities.isEmpty {
                switch certificate(der, now, proxyAuthorities, proxies) {
                case .success(let proxy) where proxyNames.isEmpty || proxyNames.contains(proxy.user.name):
                    return AuthenticationFacts(
                        authenticator: "requestheader", user: user, fingerprint: proxy.fingerprint)
                case .success: verdicts.append(.init("requestheader", .wrongUsage))
                case .failure(let refused): verdicts.append(.init("requestheader", refused.refusal))
                }
            }
            switch certificate(der, now, authorities, certificates) {
            case .success(let found):
                return AuthenticationFacts(authenticator: "x509", user: found.user, fingerprint: found.fingerprint)
            case .failure(let refused):
                fingerprint = Hexadecimal.text(Fingerprint.bytes(der))
                verdicts.append(.init("x509", refused.refusal))
            }
        }
        if let token = Self.bearerToken(credentials) {
            let answer = check(token, now: now)
            if let user = answer.user {
                return AuthenticationFacts(
                    authenticator: answer.authenticator, user: user, fingerprint: answer.fingerprint)
            }
            fingerprint = Fingerprint.of(token)
            verdicts.append(contentsOf: answer.verdicts)
        }
        if verdicts.isEmpty {
            if allowsAnonymous { return AuthenticationFacts(authenticator: "anonymous", user: .anonymous) }
            verdicts.append(.init("anonymous", .noCredential))
        }
        return AuthenticationFacts(
            authenticator: "", user: UserInfo(name: ""), fingerprint: fingerprint, verdicts: verdicts)
    }

    /// What the token authenticators say to a token.
    struct TokenAnswer {
        var authenticator = ""
        var user: UserInfo?
        var fingerprint = ""
        var audiences: [String] = []
        var verdicts: [AuthenticationFacts.Verdict] = []
        var messages: [String] = []
    }

    func check(_ token: String, audiences: [String] = [], now: Timestamp) -> TokenAnswer {
        var answer = TokenAnswer()
        if let tokenFile {
            if let found = tokenFile.user(token) {
                answer.authenticator = "token-file"
                answer.user = found.user
                answer.fingerprint = found.fingerprint
                return answer
            }
            answer.verdicts.append(.init("token-file", .unknownToken))
        }
        if let tokens {
            switch tokens.check(token, audiences: audiences, now: now) {
            case .success(let accepted)?:
                answer.authenticator = "service-account"
                answer.user = accepted.user
                answer.fingerprint = accepted.fingerprint
                answer.audiences = accepted.audiences
                answer.verdicts = []
                return answer
            case .failure(let refusal)?:
                answer.verdicts.append(.init("service-account", refusal.refusal))
                // A token of another issuer is not this server's to explain.
                if refusal.refusal != .wrongIssuer && refusal.refusal != .malformed {
                    answer.messages.append(refusal.message)
                }
            case nil: answer.verdicts.append(.init("service-account", .malformed))
            }
        }
        switch bootstrapTokens?.check(token, now: now) {
        case .success(let user)?:
            return TokenAnswer(authenticator: "bootstrap-token", user: user, fingerprint: Fingerprint.of(token))
        case .failure(let refused)?: answer.verdicts.append(.init("bootstrap-token", refused.refusal))
        case nil: break
        }
        if answer.verdicts.isEmpty { answer.verdicts.append(.init("token-file", .unknownToken)) }
        return answer
    }

    private func certificate(
        _ der: [UInt8], _ now: Timestamp, _ authorities: [Certificate],
        _ cache: CredentialCache<[UInt8], PeerCertificate>
    ) -> Result<PeerCertificate, PeerCertificate.Refused> {
        do throws(PeerCertificate.Refused) {
            if let known = cache[der] {
                try known.check(now: now)
                return .success(known)
            }
            let found = try PeerCertificate(der: der, authorities: authorities, now: now)
            cache[der] = found
            return .success(found)
        } catch { return .failure(error) }
    }

    /// The token of `Authorization: Bearer TOKEN`, or of a WebSocket's subprotocol; nil when there is none.
    static func bearerToken(_ credentials: Credentials) -> String? {
        if let header = credentials.authorization {
            let bytes = header.utf8
            if let space = bytes.firstIndex(of: UInt8(ascii: " ")), isBearer(bytes[..<space]) {
                let rest = bytes[bytes.index(after: space)...]
                let token = rest.prefix { $0 != UInt8(ascii: " ") }
                if !token.isEmpty { return String(Substring(token)) }
            }
        }
        for name in credentials.subprotocols where name.hasPrefix(webSocketPrefix) {
            guard let bytes = Base64.decodeURL(name.utf8.dropFirst(webSocketPrefix.utf8.count)[...]) else { continue }
            return String(decoding: bytes, as: UTF8.self)
        }
        return nil
    }
    private static func isBearer(_ scheme: Substring.UTF8View) -> Bool {
        // In an ASCII letter the bit tells its case; no other byte becomes one of these letters by it.
        scheme.count == 6 && zip(scheme, "bearer".utf8).allSatisfy { $0 | 0x20 == $1 }
    }
    /// The subprotocol that carries a token; it is not to be chosen as the answer's.
    public static let webSocketPrefix = "base64url.bearer.authorization.k8s.io."

    /// The groups, and `system:authenticated` at their end unless it is among them.
    static func withAuthenticated(_ groups: [String]) -> [String] {
        groups.contains("system:authenticated") ? groups : groups + ["system:authenticated"]
    }
}
