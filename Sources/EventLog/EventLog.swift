public import ClusterState
public import Document
public import Records
public import Schema

/// The append-only log of a cluster: two streams of event records, and everything that can be computed from them again.
/// One thread appends; any thread reads.
public protocol EventLog: AnyObject, Sendable {
    /// The newest state and the log's end: the newest checkpoint with the events after it applied. Called once, first.
    func recover() throws(LogError) -> Recovery

    /// Appends journal and access records in one durable transaction and returns when they are on the disk, all or none.
    /// Journal records continue at `head.revision + 1`. The log numbers access records itself: their `ordinal` is given here.
    /// `state` is the cluster after the last journal record before this batch: bodies are stored as differences from it.
    func append(_ batch: [EventRecord], after state: ClusterState) throws(LogError)

    /// Where the log ends now.
    var head: LogHead { get }
    /// The oldest revision that can still be read; 0 when nothing was pruned.
    var floor: UInt64 { get }
    /// When the revision at the floor was made: of moments before it nothing is known any more. nil when nothing was pruned.
    var floorTime: Timestamp? { get }

    /// The kinds of which less is kept than of the rest, with the oldest revision at which their objects are known.
    var kindFloors: [GroupResource: UInt64] { get }
    /// The oldest revision at which objects of a store are known. Cheap.
    func floor(of store: GroupResource) -> UInt64

    /// The journal's records from `revision` on, in order, at most `limit`. A body that is forgotten is empty.
    func events(from revision: UInt64, limit: Int) throws(LogError) -> [EventRecord]
    /// The same without the bodies of what changed, which costs a fraction. Without `facts` only revision, time, cause and the
    /// objects are there. Unlike `events`, what was pruned is left out rather than refused.
    func outlines(from revision: UInt64, limit: Int, facts: Bool) throws(LogError) -> [EventRecord]
    /// The access stream's records from `ordinal` on, in order, at most `limit`.
    func accesses(from ordinal: UInt64, limit: Int) throws(LogError) -> [EventRecord]

    /// Every version of every object that ever had this key, in order, deletions included, after the floor of its kind. Bodies are
    /// left out.
    func versions(of key: ObjectKey) throws(LogError) -> [ObjectVersion]
    /// The object of that key as it was when `revision` was the newest; nil when there was none.
    func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject?
    /// The whole state when `revision` was the newest, without the kinds that are forgotten there.
    func state(at revision: UInt64) throws(LogError) -> ClusterState
    /// A state with the objects of some parts alone, as they were when `revision` was the newest; it may hold others too.
    /// Costs what the parts hold, not what the cluster does.
    func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState
    /// The objects of a list as they were when `revision` was the newest, some at a time. Costs what is taken.
    func listing(_ listing: StateListing, at revision: UInt64) throws(LogError) -> PastListing
    /// How many objects a store, or a namespace of it, held when `revision` was the newest; nil when that is not known without
    /// reading them all.
    func population(of store: GroupResource, namespace: String, at revision: UInt64) throws(LogError) -> Int?
    /// The last revision at or before a moment; 0 before the first.
    func revision(at time: Timestamp) throws(LogError) -> UInt64
    /// When a revision was made; nil outside of what the log keeps.
    func time(of revision: UInt64) throws(LogError) -> Timestamp?

    /// Whether a checkpoint of the state at `revision` is worth its bytes; `isEnd` at an orderly end, after which the next start
    /// folds what no checkpoint holds. Cheap.
    func isCheckpointDue(at revision: UInt64, isEnd: Bool) -> Bool
    /// Writes a checkpoint of a state that is in the log. Safe on another thread than the one that appends; slow for large states.
    func writeCheckpoint(_ state: ClusterState) throws(LogError)
    /// Forgets what is older: journal events below `revision`, access records before `time`. nil leaves a stream alone. What a fork
    /// goes on from is kept, and all after it.
    func prune(journalBefore revision: UInt64?, accessBefore time: Timestamp?) throws(LogError)

    /// What the log's file takes on the disk. Cheap, unlike `statistics`.
    var usedBytes: UInt64 { get }
    /// Sizes and counts.
    func statistics() throws(LogError) -> LogStatistics
    /// Reads everything, recomputes the chain and the states, and says what is wrong. `progress` is called with the share done.
    func verify(_ progress: (Double) -> Void) -> VerifyReport
    /// Ends writing; reads fail from then on.
    func close()
}

extension EventLog {
    public func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState {
        try state(at: revision)
    }

    public func listing(_ listing: StateListing, at revision: UInt64) throws(LogError) -> PastListing {
        PastListing(listing, of: try state(at: revision))
    }

    public func population(of store: GroupResource, namespace: String, at revision: UInt64) throws(LogError) -> Int? {
        try state(at: revision).count(store, namespace: namespace.isEmpty ? nil : namespace)
    }

    public func isCheckpointDue(at revision: UInt64, isEnd: Bool) -> Bool { true }

    public var floorTime: Timestamp? { nil }
    public var kindFloors: [GroupResource: UInt64] { [:] }

    public func floor(of store: GroupResource) -> UInt64 { max(floor, kindFloors[store] ?? 0) }
}

/// The end of a log.
public struct LogHead: Equatable, Sendable {
    /// The newest journal record; 0 for an empty log.
    public var revision: UInt64
    /// The ordinal of the newest access record; 0 when there is none.
    public var ordinal: UInt64
    /// When the newest record of either stream was made.
    public var time: Timestamp
    /// The hash chain's value after the newest journal record.
    public var chain: [UInt8]
    public init(
        revision: UInt64 = 0, ordinal: UInt64 = 0, time: Timestamp = Timestamp(microseconds: 0), chain: [UInt8] = []
    ) {
        self.revision = revision
        self.ordinal = ordinal
        self.time = time
        self.chain = chain
    }
}

/// What a log says when it is opened.
public struct Recovery: Sendable {
    public let state: ClusterState
    public let head: LogHead
    /// How many events were applied after the checkpoint.
    public let eventsReplayed: Int
    public init(state: ClusterState, head: LogHead, eventsReplayed: Int) {
        self.state = state
        self.head = head
        self.eventsReplayed = eventsReplayed
    }
}

/// One version of one object, without its body.
public struct ObjectVersion: Equatable, Sendable {
    public let kind: Change.Kind
    public let uid: String
    public let revision: UInt64
    public init(kind: Change.Kind, uid: String, revision: UInt64) {
        self.kind = kind
        self.uid = uid
        self.revision = revision
    }
}

/// Sizes and counts of a log.
public struct LogStatistics: Equatable, Sendable {
    public struct PerKind: Equatable, Sendable {
        public var events: UInt64 = 0
        public var bytes: UInt64 = 0
        public init() {}
    }
    public var head = LogHead()
    public var floor: UInt64 = 0
    /// What the databases inside the file take; the rest of the file is free and used again.
    public var liveBytes: UInt64 = 0
    /// When the oldest journal record was made.
    public var oldest = Timestamp(microseconds: 0)
    /// Journal events and their bytes in the log, by `verb resource` (`update leases.coordination.k8s.io`), in the order of the names.
    public var journal: [(kind: String, size: PerKind)] = []
    /// Access records and their bytes, by verb.
    public var access: [(kind: String, size: PerKind)] = []
    /// What the files take on the disk.
    public var fileBytes: UInt64 = 0
    public var checkpoints: [UInt64] = []
    public var checkpointBytes: UInt64 = 0
    /// Moments of which all bodies are at hand without a fold, and what that takes.
    public var keyframes: [UInt64] = []
    public var keyframeBytes: UInt64 = 0
    public init() {}

    public static func == (a: Self, b: Self) -> Bool {
        a.head == b.head && a.floor == b.floor && a.oldest == b.oldest && a.fileBytes == b.fileBytes
            && a.checkpoints == b.checkpoints && a.checkpointBytes == b.checkpointBytes
            && a.keyframes == b.keyframes && a.keyframeBytes == b.keyframeBytes
            && a.journal.elementsEqual(b.journal, by: ==) && a.access.elementsEqual(b.access, by: ==)
    }
}

/// The answer of `verify`.
public struct VerifyReport: Equatable, Sendable {
    public struct Finding: Equatable, Sendable {
        /// The first revision that is bad, when one can be named.
        public let revision: UInt64?
        public let text: String
        public init(revision: UInt64?, text: String) {
            self.revision = revision
            self.text = text
        }
    }
    public var findings: [Finding] = []
    public var events: UInt64 = 0
    public var accesses: UInt64 = 0
    public var checkpoints = 0
    public var keyframes = 0
    public var floor: UInt64 = 0
    /// The chain's value after the revision that was asked for, when a block ends there.
    public var markedChain: [UInt8]?
    /// The recomputed end of the log.
    public var head = LogHead()
    /// The digest of the recomputed newest state.
    public var stateDigest: [UInt8] = []
    public var isSound: Bool { findings.isEmpty }
    public init() {}
}
