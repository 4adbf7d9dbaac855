public import Document
public import Records

/// An object that a token's life hangs on.
public struct BoundObject: Sendable, Hashable {
    public enum Kind: Sendable { case serviceAccount, pod, secret, node }
    public let kind: Kind
    public let namespace: String
    public let name: String
    public init(kind: Kind, namespace: String, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

/// An object as it is in the cluster now.
public struct LiveObject: Sendable {
    public let uid: String
    /// `metadata.deletionTimestamp`.
    public let deletionTime: Timestamp?
    public init(uid: String, deletionTime: Timestamp? = nil) {
        self.uid = uid
        self.deletionTime = deletionTime
    }
}

/// Finds an object in the newest state; nil when there is none of that name. Called for every request by token: answer in a microsecond.
public typealias BoundObjectLookup = @Sendable (BoundObject) -> LiveObject?

/// Why a token was not believed.
public struct TokenRefusal: Error, Sendable, Equatable {
    public let refusal: AuthenticationFacts.Refusal
    /// Words for a TokenReview's `status.error`.
    public let message: String
    init(_ refusal: AuthenticationFacts.Refusal, _ message: String) {
        self.refusal = refusal
        self.message = message
    }
}
