import Records

/// Memory that is kept by somebody else, a mapped file for one, until nothing refers to it any more.
/// Sendable: the bytes do not change, and whoever made it sees to that.
package final class SharedBytes: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    private let release: @Sendable (UnsafeRawBufferPointer) -> Void

    /// `release` is called once, when the last part is gone.
    package init(_ bytes: UnsafeRawBufferPointer, release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.bytes = bytes
        self.release = release
    }
    deinit { release(bytes) }

    /// A stretch of it.
    package struct Part: Sendable {
        private let whole: SharedBytes
        private let start: Int
        fileprivate let count: Int
        package init(_ whole: SharedBytes, start: Int, count: Int) {
            precondition(start >= 0 && count >= 0 && start + count <= whole.bytes.count)
            self.whole = whole
            self.start = start
            self.count = count
        }
        fileprivate func with<Result>(_ read: (UnsafeRawBufferPointer) -> Result) -> Result {
            withExtendedLifetime(whole) {
                read(UnsafeRawBufferPointer(rebasing: whole.bytes[start..<start + count]))
            }
        }
    }
}

/// An object's encoding: its own memory, or where it lies in a checkpoint.
enum StoredBody: Sendable {
    case owned([UInt8])
    case shared(SharedBytes.Part)

    var count: Int {
        switch self {
        case .owned(let bytes): bytes.count
        case .shared(let part): part.count
        }
    }
    var bytes: [UInt8] {
        switch self {
        case .owned(let bytes): bytes
        case .shared(let part): part.with { Array($0) }
        }
    }
    func with<Result>(_ read: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .owned(let bytes): bytes.withUnsafeBytes(read)
        case .shared(let part): part.with(read)
        }
    }
}

/// What the indexes know of an object.
package struct StoredFacts: Sendable {
    package var labels: StoredObject.Labels
    package var ownerUIDs: [String]
    package var nodeName: String
    package var claims: [String]
    package init(labels: StoredObject.Labels, ownerUIDs: [String], nodeName: String, claims: [String]) {
        self.labels = labels
        self.ownerUIDs = ownerUIDs
        self.nodeName = nodeName
        self.claims = claims
    }
    /// What the encoding of the object of that key tells.
    init(of key: ObjectKey, _ body: [UInt8]) {
        let isCore = key.group.isEmpty
        let facts = ObjectFacts(
            scanning: body, wantsNode: isCore && key.resource == "pods",
            wantsClaims: isCore && key.resource == "services")
        self.init(
            labels: facts.labels, ownerUIDs: facts.ownerUIDs, nodeName: facts.nodeName, claims: facts.claims)
    }
}
