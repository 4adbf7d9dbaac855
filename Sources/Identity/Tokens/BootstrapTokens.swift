import Access
public import Document
import Records

/// Authenticates bootstrap tokens, `ID.SECRET`, against the Secrets that hold them (upstream: `--enable-bootstrap-token-auth`).
public struct BootstrapTokens: Sendable {
    private let secret: @Sendable (_ namespace: String, _ name: String) -> JSON?

    /// `secret` gives a Secret as it is now; nil when there is none.
    public init(secret: @escaping @Sendable (_ namespace: String, _ name: String) -> JSON?) { self.secret = secret }

    /// Who the token speaks as, or why nobody; nil when it has not the form of a bootstrap token.
    func check(_ token: String, now: Timestamp) -> Result<UserInfo, BootstrapTokenRefused>? {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 6, parts[1].count == 16,
            parts.allSatisfy({ $0.allSatisfy(Self.isAllowed) })
        else { return nil }
        let id = String(decoding: parts[0], as: UTF8.self)
        guard let object = secret(BootstrapToken.namespace, BootstrapToken.prefix + id),
            let known = BootstrapToken(object), Self.isEqual(Array(known.secret.utf8), Array(parts[1]))
        else { return .failure(.init(refusal: .unknownToken)) }
        if known.isExpired(now) { return .failure(.init(refusal: .expired)) }
        guard known.authenticates, known.extraGroups.allSatisfy(Self.isBootstrapGroup) else {
            return .failure(.init(refusal: .wrongUsage))
        }
        let groups = Set(known.extraGroups + ["system:bootstrappers"]).sorted()
        return .success(
            UserInfo(name: "system:bootstrap:" + id, groups: Authenticator.withAuthenticated(groups)))
    }

    private static func isAllowed(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }

    /// `system:bootstrappers:` and up to 256 letters, digits, colons and dashes, the last no punctuation.
    private static func isBootstrapGroup(_ name: String) -> Bool {
        let prefix = "system:bootstrappers:"
        guard name.hasPrefix(prefix), let last = name.utf8.last else { return false }
        let rest = name.utf8.dropFirst(prefix.utf8.count)
        return (1...256).contains(rest.count) && isAllowed(last)
            && rest.allSatisfy { isAllowed($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
    }

    /// Takes as long for any wrong secret.
    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

struct BootstrapTokenRefused: Error {
    let refusal: AuthenticationFacts.Refusal
}
