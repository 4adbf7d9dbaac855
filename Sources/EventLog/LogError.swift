public import Schema

/// What can go wrong with a log. `code` is LMDB's or the system's own number, kept as it came.
public enum LogError: Error, Equatable, Sendable {
    /// The disk or the map is full: nothing of the batch was written. Refuse writes, go on reading, try again later.
    case full(code: Int32)
    /// A read, write or flush failed; after a failed flush nobody knows what is on the disk. Stop the process, and verify the
    /// log at the next start.
    case failed(operation: String, code: Int32)
    /// Another process has this directory open.
    case inUse(directory: String)
    /// The directory cannot be used; the text says what to do.
    case unusable(String)
    /// The log was written by a newer Reckon.
    case newerFormat(found: Int, known: Int)
    /// Stored bytes are not what was written. `revision` is the first that is known to be bad, when one can be named.
    case damaged(revision: UInt64?, String)
    /// The revision is older than what the log still keeps.
    case belowFloor(floor: UInt64)
    /// What the kind's objects were then is forgotten, though the log goes further back.
    case belowKindFloor(GroupResource, floor: UInt64)
    /// The revision has not happened yet.
    case beyondHead(head: UInt64)
    /// The batch does not continue the log: a mistake of the caller. Nothing was written.
    case outOfOrder(String)
    case closed

    /// Whether the process must stop: going on could answer from or build on bytes that are not on the disk.
    public var isFatal: Bool {
        switch self {
        case .failed, .damaged: true
        default: false
        }
    }
}

extension LogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full(let code): "the log's disk is full (code \(code)): free some space, then write again; reads go on"
        case .failed(let operation, let code):
            "the log's \(operation) failed (code \(code)): check the disk, then start again"
        case .inUse(let directory):
            "\(directory) is in use by another reckon process: stop it, or give another --data directory"
        case .unusable(let text): text
        case .newerFormat(let found, let known):
            "the log has format \(found), this reckon reads up to \(known): use the reckon that wrote it, or a newer one"
        case .damaged(let revision?, let text): "the log is damaged at revision \(revision): \(text)"
        case .damaged(nil, let text): "the log is damaged: \(text)"
        case .belowFloor(let floor): "the log begins at revision \(floor)"
        case .belowKindFloor(let store, let floor):
            "what \(store.description) were before revision \(floor) is no longer kept"
        case .beyondHead(let head): "the newest revision is \(head)"
        case .outOfOrder(let text): "the batch does not continue the log: \(text)"
        case .closed: "the log is closed"
        }
    }
}
