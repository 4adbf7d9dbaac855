package import Document

/// A Secret of type `bootstrap.kubernetes.io/token`: with it a machine that joins speaks to the server, and the server proves itself.
package struct BootstrapToken: Sendable {
    package static let prefix = "bootstrap-token-"
    package static let namespace = "kube-system"
    /// Six letters and digits, known to everybody.
    package let id: String
    /// Sixteen letters and digits, known to who joins.
    package let secret: String
    /// May sign `kube-public/cluster-info`.
    package let signs: Bool
    /// May be shown to the server as a bearer token.
    package let authenticates: Bool
    /// Beside `system:bootstrappers`.
    package let extraGroups: [String]
    private let expiration: Timestamp?
    /// There is an expiration, and it cannot be read: such a token is for nothing.
    private let isUnreadable: Bool

    /// nil when the object is no such Secret, or is being deleted.
    package init?(_ object: JSON) {
        let metadata = object["metadata"] ?? .null
        guard object["type"]?.string == "bootstrap.kubernetes.io/token", metadata["deletionTimestamp"]?.string == nil
        else { return nil }
        func text(_ key: String) -> String? {
            object["data"]?[key]?.string.flatMap { try? Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
        }
        guard let id = text("token-id"), let secret = text("token-secret"),
            metadata["name"]?.string == Self.prefix + id
        else { return nil }
        self.id = id
        self.secret = secret
        signs = text("usage-bootstrap-signing") == "true"
        authenticates = text("usage-bootstrap-authentication") == "true"
        extraGroups = (text("auth-extra-groups") ?? "").split(separator: ",").map(String.init)
        let end = text("expiration")
        expiration = end.flatMap(Timestamp.init(rfc3339:))
        isUnreadable = end.map { !$0.isEmpty } ?? false && expiration == nil
    }

    package func isExpired(_ now: Timestamp) -> Bool { isUnreadable || expiration.map { $0 <= now } ?? false }
    /// Microseconds until it expires; nil when it never does.
    package func left(_ now: Timestamp) -> Int64? { isUnreadable ? 0 : expiration.map { $0.since(now) } }
}
