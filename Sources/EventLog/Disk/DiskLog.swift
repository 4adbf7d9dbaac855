import ClusterState
public import Document
import Glibc
import Records
import Schema
import Synchronization

/// The log in a directory: `log.mdb` (LMDB), its lock files, and checkpoints as files beside it.
///
/// One process writes; others may open the directory for reading at the same time. Inside a process one thread appends and any
/// thread reads; a read sees everything that was durable when it began.
public final class DiskLog: EventLog {
    /// What appending knows of the end of the log.
    struct Writer {
        var encoder: RecordEncoder
        var end: Anchor
        /// The last access record whose chain value is in `anchors`.
        var anchoredOrdinal: UInt64
        /// Set by a failure after which nothing may be written.
        var failure: LogError?
    }
    /// What readers need to know.
    struct Shared {
        var head = LogHead(chain: HashChain.origin)
        var floor: UInt64 = 0
        var floorTime: Timestamp?
        /// The kinds of which less is kept than of the rest.
        var kindFloors: [GroupResource: KindFloor] = [:]
        /// The state at the floor, once somebody needed it: objects that have not changed since are found there.
        var floorState: ClusterState?
        var index = VersionIndex()
        /// Past states at hand, the last used one last.
        var remembered: [ClusterState] = []
        /// States of the present, now and then, the newest last.
        var recent: [ClusterState] = []
        /// The newest checkpoint and its size in bytes, and what the journal grew by since it was written or the log was opened.
        var newestCheckpoint: (revision: UInt64, bytes: UInt64) = (0, 0)
        var bytesSinceCheckpoint: UInt64 = 0
        var activeReads = 0
        var isClosed = false
    }

    public let directory: String
    let environment: Environment
    let databases: Databases
    let writer: Mutex<Writer>
    let shared = Mutex(Shared())
    /// What was read of the past lately.
    let pastVersions = Mutex(PastVersions(bytesMax: Limits.rememberedVersionsBytes))
    let segmentTables = Mutex(SegmentTables())
    let keyframes = Mutex(Keyframes())
    private let lock: Mutex<Int32>

    /// Opens the log of a directory, which is made when it does not exist. With `isReadOnly` nothing is made or written, and a
    /// process that writes may be running; the log is seen as it is at this moment.
    public convenience init(directory: String, isReadOnly: Bool = false) throws(LogError) {
        try self.init(directory: directory, isReadOnly: isReadOnly, isIndexed: true)
    }

    /// The log of a fork, which begins after its base.
    convenience init(directory: String, base: LogBase) throws(LogError) {
        try self.init(directory: directory, isReadOnly: false, isIndexed: true, base: base)
    }

    /// Without `isIndexed` the index is not looked at: `buildIndex` must make it before anything is read or appended.
    init(directory: String, isReadOnly: Bool, isIndexed: Bool, base: LogBase? = nil) throws(LogError) {
        self.directory = directory
        var descriptor: Int32 = -1
        if !isReadOnly {
            try DirectoryLock.make(directory)
            descriptor = try DirectoryLock.take(directory)
        }
        do throws(LogError) {
            // Nobody writes at this moment, so what is read holds still.
            if !isReadOnly { try Self.inspect(directory + "/log.mdb") }
            let environment = try Environment(
                path: directory + "/log.mdb", isReadOnly: isReadOnly, databasesMax: Limits.databasesMax,
                readersMax: Limits.readersMax,
                mapBytes: Limits.mapBytes)
            var databases = try Self.openDatabases(environment, directory)
            databases.inherited = base
            if let base { try Self.begin(environment, databases, base) }
            self.environment = environment
            self.databases = databases
            let (end, floor, nextName) = try environment.read { transaction throws(LogError) in
                try Self.readEnd(transaction, databases)
            }
            let floorTime = try environment.read { transaction throws(LogError) in
                try Self.readFloorTime(transaction, databases)
            }
            let kindFloors = try environment.read { transaction throws(LogError) in
                try Self.readKindFloors(transaction, databases)
            }
            writer = Mutex(
                Writer(
                    encoder: RecordEncoder(firstName: nextName), end: end.anchor, anchoredOrdinal: end.anchoredOrdinal,
                    failure: nil))
            shared.withLock {
                $0.head = LogHead(
                    revision: end.anchor.revision, ordinal: end.anchor.ordinal, time: end.time, chain: end.anchor.chain)
                $0.floor = floor
                $0.floorTime = floorTime
                $0.kindFloors = kindFloors
                if let base { $0.head.time = max($0.head.time, base.state.time) }
            }
        } catch {
            if descriptor >= 0 { Glibc.close(descriptor) }
            throw error
        }
        lock = Mutex(descriptor)
        if !isReadOnly { removeDrafts() }
        if let newest = checkpointRevisions().last {
            let bytes = fileBytes(checkpointPath(newest))
            shared.withLock { $0.newestCheckpoint = (newest, bytes) }
        }
        findKeyframes()
        var index = VersionIndex()
        if isIndexed { index = try loadIndex() } else { index.begin(at: floor + 1) }
        shared.withLock { $0.index = index }
    }

    deinit { finish() }

    public func close() {
        try? writeSegment()
        shared.withLock { $0.isClosed = true }
        finish()
    }

    /// Ends without writing the index that is in memory.
    func abandon() {
        shared.withLock { $0.isClosed = true }
        finish()
    }

    private func finish() {
        let descriptor = lock.withLock { descriptor in
            defer { descriptor = -2 }
            return descriptor
        }
        guard descriptor != -2 else { return }
        // Those who read at this moment finish first: the map must not go away under them.
        while shared.withLock({ $0.activeReads > 0 }) { usleep(500) }
        environment.close()
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    public var head: LogHead { shared.withLock { $0.head } }
    public var floor: UInt64 { shared.withLock { $0.floor } }
    public var floorTime: Timestamp? { shared.withLock { $0.floorTime } }

    /// Runs `body` on a snapshot of the file.
    func read<T>(_ body: (Transaction) throws(LogError) -> T) throws(LogError) -> T {
        let isOpen = shared.withLock { shared in
            if !shared.isClosed { shared.activeReads += 1 }
            return !shared.isClosed
        }
        guard isOpen else { throw .closed }
        defer { shared.withLock { $0.activeReads -= 1 } }
        return try environment.read(body)
    }

    /// A fork's log begins where its base ends: with that floor, and a chain that goes on from the other log's.
    private static func begin(_ environment: Environment, _ databases: Databases, _ base: LogBase) throws(LogError) {
        let hasBegun = try environment.read { transaction throws(LogError) in
            let anchors = try transaction.size(databases.anchors).entries
            return try readFloor(transaction, databases) == base.revision && anchors > 0
        }
        if hasBegun { return }
        let anchor = Anchor(
            revision: base.revision, chain: try base.chain(), ordinal: 0, accessChain: HashChain.origin)
        try environment.write(growth: 1 << 16) { transaction throws(LogError) in
            try transaction.put(databases.anchors, base.revision, anchor.encoded())
            try transaction.put(databases.meta, floorKey, Array("\(base.revision)".utf8))
        }
    }

    private static func openDatabases(_ environment: Environment, _ directory: String) throws(LogError) -> Databases {
        if environment.isReadOnly {
            let found = try environment.read { transaction throws(LogError) in
                guard let databases = try Databases(transaction, create: false) else { return nil as Databases? }
                try LogFormat.check(try transaction.get(databases.meta, LogFormat.key))
                return databases
            }
            guard let found else { throw .unusable("\(directory) holds no log") }
            return found
        }
        return try environment.write(growth: 0) { transaction throws(LogError) in
            let databases = try Databases(transaction, create: true)!
            let format = try transaction.get(databases.meta, LogFormat.key)
            if format == nil, try transaction.size(databases.journal).entries == 0 {
                try transaction.put(databases.meta, LogFormat.key, LogFormat.current)
            } else {
                try LogFormat.check(format)
            }
            return databases
        }
    }
}

/// The version of the file's layout.
enum LogFormat {
    static let key = Array("format".utf8)
    static let known = 1
    static let current: [UInt8] = Array("\(known)".utf8)

    static func check(_ found: [UInt8]?) throws(LogError) {
        guard let found, let format = Int(String(decoding: found, as: UTF8.self)) else {
            throw .damaged(revision: nil, "the log has no format version")
        }
        guard format <= known else { throw .newerFormat(found: format, known: known) }
    }
}
