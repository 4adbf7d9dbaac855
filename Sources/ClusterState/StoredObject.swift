public import Document
public import Records

/// One object at one revision: its encoding, and the few facts that indexes need. Never changes once made.
public final class StoredObject: Sendable {
    public let key: ObjectKey
    public let uid: String
    /// The revision that wrote this version: its resourceVersion.
    public let revision: UInt64
    /// The whole JSON encoding, resourceVersion included, in the storage version.
    public let body: [UInt8]
    /// In the byte order of the names.
    public let labels: [(key: String, value: String)]

    /// `document` is the tree of `body` when the caller has it at hand; it is read from the body otherwise.
    public init(key: ObjectKey, uid: String, revision: UInt64, body: [UInt8], document: JSON? = nil) {
        self.key = key
        self.uid = uid
        self.revision = revision
        self.body = body
        let tree = document ?? ((try? JSON(parsing: body)) ?? .null)
        labels = tree["metadata", "labels"]?.entries.stringPairs ?? []
    }

    /// The object tree, read from the body on each call (some microseconds): keep it while you work on it.
    public var document: JSON { (try? JSON(parsing: body)) ?? .null }
}
