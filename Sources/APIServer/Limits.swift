/// The API server's own limits; those of connections are in `EdgeLimits`, those of the writer in `Engine.Limits`.
enum Limits {
    /// Seats of all limited priority levels: upstream's `--max-requests-inflight` (400) and `--max-mutating-requests-inflight` (200).
    static let serverSeats = 600
    /// A request waits in a queue of its level for so long at most: a quarter of `requestSeconds`.
    static let queueWaitMicrosecondsMax: Int64 = 15_000_000
    /// Refusals for load that leave in a second: some hundredths of what one processor can do.
    static let refusalsPerSecond = 1000
    /// Refusals for load that are held at once; each takes a few kilobytes.
    static let heldRefusalsMax = 20_000
    /// A refusal for load is held for so long at most.
    static let refusalHeldMicrosecondsMax: Int64 = 15_000_000
    /// Objects of a list that count for one seat.
    static let listObjectsPerSeat = 100
    /// A request that is no watch and no stream is answered within this time; also the most that `timeout=` can ask for.
    static let requestSeconds: Int64 = 60
    /// A watch without `timeoutSeconds` ends after a random time from this range.
    static let watchSeconds: ClosedRange<Int64> = 1800...3600
    /// What `timeoutSeconds` can ask for at most.
    static let watchSecondsMax: Int64 = 86_400
    /// A watcher that leaves more than this unread is dropped: it can come back and go on where it was.
    static let watchBacklogBytesMax = 16 << 20
    /// While more than this of what there is at a watch's beginning waits for its client, no more of it is made.
    static let watchPresentBytesMax = 1 << 20
    /// Answers from this size on are compressed for clients that take gzip.
    static let gzipBytesMin = 128 * 1024
    /// Lists up to so many objects are answered in one piece.
    static let wholeListObjectsMax = 500
    /// The size of the pieces that longer lists are sent in.
    static let listPieceBytes = 128 * 1024
    /// Objects of a long list of the past that are looked up together; they are held until they are sent.
    static let pastPieceObjects = 8192
    /// The log counts as stuck when it has not taken a record for so long.
    static let stuckWriterSeconds: Int64 = 10
    /// A proxied answer up to this size is passed on whole, with its length.
    static let proxyWholeBytesMax = 256 * 1024
    /// A proxied page up to this size has its links rewritten.
    static let proxyPageBytesMax = 4 << 20
    /// Bytes of an Audit-Id that is taken from the request.
    static let auditIDBytesMax = 64
}
