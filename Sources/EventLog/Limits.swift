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
    /// So many of the newest segments are joined into one.
    static let segmentsJoined = 16
    /// Access records between two stored values of their chain.
    static let accessAnchorRecords: UInt64 = 65_536
    /// Bytes of one frame of a checkpoint.
    static let checkpointFrameBytes = 1 << 20
    /// A checkpoint is due after so many events once the journal grew by a share of what the last one takes, and after so many
    /// in any case: that bounds what is written besides the journal, and what is folded after a crash.
    static let checkpointEventsMin = 20_000
    static let checkpointGrowth = 0.25
    static let checkpointEventsMax = 200_000
    /// At an orderly end fewer events than these are folded again at the next start, unless a checkpoint is small anyway.
    static let endEventsMax = 2000
    static let smallCheckpointBytes: UInt64 = 4 << 20
    /// What all checkpoints but the newest two may take, as a share of the journal, and at least so many bytes.
    static let checkpointShare = 0.5
    static let checkpointBytesMin: UInt64 = 256 << 20
    /// What all keyframes may take, as a share of the journal, and at least so many bytes.
    static let keyframeShare = 0.5
    static let keyframeBytesMin: UInt64 = 64 << 20
    /// Keyframes that are kept open.
    static let openKeyframes = 8
    /// Past states kept at hand.
    static let rememberedStates = 4
    /// Objects of all of them, unless there is but one.
    static let rememberedObjectsMax = 150_000
    /// A part of a past state is folded from a state at hand when no more events than these lie between.
    static let excerptFoldEvents: UInt64 = 300
    /// Objects that a list without a limit is read of one by one; a larger one is folded.
    static let excerptObjectsMax = 8000
    /// Objects whose bodies are read in one transaction.
    static let excerptBatch = 256
    /// Bytes of past versions that are kept for the next one who asks for them.
    static let rememberedVersionsBytes = 32 << 20
    /// Bytes of segments that are kept as tables, and for how many objects it is worth to read a whole segment.
    static let tableBytes = 16 << 20
    static let tableObjectsMin = 48
    /// Keys that are walked over in one transaction.
    static let excerptKeysBatch = 4096
    /// Revisions between states of the present that are kept at hand.
    static let presentSpacing: UInt64 = 2000
    /// Pages of each database that are looked over before the file is opened, the newest first.
    static let inspectedPages = 2048
    /// Pages that a commit copies besides what it adds, at most: the ways from the roots, and the free list.
    static let commitPagesMax = 64
    /// Disk space taken ahead of writing: an eighth of the file, within these bounds.
    static let reserveBytesMin = 1 << 20
    static let reserveBytesMax = 16 << 20
    /// Bytes of blocks that are looked over for bodies to forget between two commits.
    static let forgetBytes = 1 << 20
    /// Entries removed in one transaction when pruning.
    static let pruneBatch = 2000
}
