import Document

/// A Secret of type `bootstrap.kubernetes.io/token`.
struct BootstrapToken {
    static let prefix = "bootstrap-token-"
    let id: String
    let secret: String
    let signs: Bool
    private let expiration: Timestamp?

    init?(_ object: JSON) {
        guard object["type"]?.string == "bootstrap.kubernetes.io/token", !object.isBeingDeleted else { return nil }
        func text(_ key: String) -> String? {
            object["data"]?[key]?.string.flatMap { try? Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
        }
        guard let id = text("token-id"), let secret = text("token-secret"), object.objectName == Self.prefix + id else {
            return nil
        }
        self.id = id
        self.secret = secret
        signs = text("usage-bootstrap-signing") == "true"
        expiration = text("expiration").flatMap(Timestamp.init(rfc3339:))
    }
    func isExpired(_ now: Timestamp) -> Bool { expiration.map { $0 <= now } ?? false }
    func left(_ now: Timestamp) -> Int64? { expiration.map { $0.since(now) } }
}
