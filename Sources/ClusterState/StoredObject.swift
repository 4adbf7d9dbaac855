public import Document
public import Records

/// One object at one revision: its encoding, and the few facts that indexes need. Never changes once made.
public final class StoredObject: Sendable {
    /// Label names and values.
    public typealias Labels = [(key: String, value: String)]

    public let uid: String
    /// The revision that wrote this version: its resourceVersion.
    public let revision: UInt64
    private let encoding: StoredBody
    /// What indexes know of it; nil when that is read from the body each time, as of versions that are shown once.
    private let known: StoredFacts?
    /// In the byte order of the names.
    public var labels: Labels { known?.labels ?? ObjectFacts(labelsOf: body).labels }
    /// The uids in `metadata.ownerReferences`, in their order.
    public var ownerUIDs: [String] { known?.ownerUIDs ?? facts.ownerUIDs }
    /// `spec.nodeName` of a pod; empty for one that has none and for every other kind.
    public var nodeName: String { known?.nodeName ?? facts.nodeName }
    /// The cluster address and node ports that a Service holds, as text; empty for every other kind.
    public var claims: [String] { known?.claims ?? facts.claims }
    /// How many versions of this object there were before this one.
    package let version: UInt64
    let storedKey: StoredKey

    public var key: ObjectKey { storedKey.key }
    /// The whole JSON encoding, resourceVersion included, in the storage version. Copied on each call when it lies in a file.
    public var body: [UInt8] { encoding.bytes }
    /// The encoding's length in bytes.
    public var bodyCount: Int { encoding.count }
    /// Calls `read` with the encoding where it lies.
    public func withBody<Result>(_ read: (UnsafeRawBufferPointer) -> Result) -> Result { encoding.with(read) }
    /// How many objects had been created in the cluster when this one was, itself included; 0 for one that is in no state.
    package var number: UInt64 { storedKey.number }

    /// `document` is the tree of `body` when the caller has it at hand; the facts are read from the body either way.
    public convenience init(key: ObjectKey, uid: String, revision: UInt64, body: [UInt8], document: JSON? = nil) {
        self.init(StoredKey(key), uid: uid, revision: revision, version: 0, body: body)
    }

    /// An object as a checkpoint or the log holds it.
    package convenience init(
        key: ObjectKey, number: UInt64, uid: String, revision: UInt64, version: UInt64, body: [UInt8]
    ) {
        self.init(StoredKey(key, number: number), uid: uid, revision: revision, version: version, body: body)
    }

    init(_ key: StoredKey, uid: String, revision: UInt64, version: UInt64, body: [UInt8]) {
        storedKey = key
        self.version = version
        self.uid = uid
        self.revision = revision
        encoding = .owned(body)
        known = StoredFacts(of: key.key, body)
    }

    /// A version that is shown and then let go of. `other` is another version of the same object, when one is at hand.
    package init(
        shown key: ObjectKey, number: UInt64, uid: String, revision: UInt64, body: [UInt8], like other: StoredObject?
    ) {
        storedKey = other?.storedKey ?? StoredKey(key, number: number)
        version = 0
        self.uid = uid
        self.revision = revision
        encoding = .owned(body)
        known = nil
    }

    /// An object whose encoding lies in memory that is kept elsewhere, with its facts, as a checkpoint has both.
    package init(
        key: ObjectKey, number: UInt64, uid: String, revision: UInt64, version: UInt64, body: SharedBytes.Part,
        facts: StoredFacts
    ) {
        storedKey = StoredKey(key, number: number)
        self.version = version
        self.uid = uid
        self.revision = revision
        encoding = .shared(body)
        known = facts
    }

    /// What the indexes know of this object.
    package var facts: StoredFacts { known ?? StoredFacts(of: key, body) }

    /// The object tree, read from the body on each call (some microseconds): keep it while you work on it.
    public var document: JSON { (try? JSON(parsing: body)) ?? .null }

    /// The value of a label.
    public func label(_ name: String) -> String? {
        for label in labels where label.key.sameBytes(as: name) { return label.value }
        return nil
    }
}

extension StoredObject: SortedElement {}
