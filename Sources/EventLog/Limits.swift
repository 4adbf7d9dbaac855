/// The log's limits in one place.
enum Limits {
    /// Address space for the map, in bytes: the first that the machine grants. The file grows only as it is used.
    static let mapBytes = [1 << 40, 1 << 38, 1 << 36, 1 << 34]
    /// Read transactions at a time.
    static let readersMax = 1024
    static let databasesMax = 16
    /// A value of this size or less shares a page with others; a larger one takes whole pages.
    static let inlineBlockBytesMax = 2000
    /// From this size on a batch is written as few large values: what the last page wastes no longer counts.
    static let largeBatchBytes = 16 << 10
    static let largeBlockBytesMax = 512 << 10
    /// Versions of an object between two whole copies: a body is found in at most so many steps.
    static let versionsPerWholeCopy: UInt64 = 64
    /// Events of which the index of versions is kept in memory before it is written.
    static let segmentEvents = 4096
    /// Access records between two stored values of their chain.
    static let accessAnchorRecords: UInt64 = 65_536
    /// Bytes of one frame of a checkpoint.
    static let checkpointFrameBytes = 1 << 20
    /// What all checkpoints but the newest two may take, as a share of the journal, and at least so many bytes.
    static let checkpointShare = 0.5
    static let checkpointBytesMin: UInt64 = 256 << 20
    /// Past states kept at hand.
    static let rememberedStates = 4
    /// Objects of all of them, unless there is but one.
    static let rememberedObjectsMax = 150_000
    /// A part of a past state is folded from a state at hand when no more events than these lie between.
    static let excerptFoldEvents: UInt64 = 300
    /// Objects that a part is read of one by one; a larger part is folded.
    static let excerptObjectsMax = 8000
    /// Keys of the past, the deleted ones too, that are looked at for a part.
    static let excerptKeysMax = 40_000
    /// Revisions between states of the present that are kept at hand.
    static let presentSpacing: UInt64 = 2000
    /// Pages of each database that are looked over before the file is opened, the newest first.
    static let inspectedPages = 2048
    /// Pages that a commit copies besides what it adds, at most: the ways from the roots, and the free list.
    static let commitPagesMax = 64
    /// Disk space taken ahead of writing: an eighth of the file, within these bounds.
    static let reserveBytesMin = 1 << 20
    static let reserveBytesMax = 16 << 20
    /// Entries removed in one transaction when pruning.
    static let pruneBatch = 2000
}
