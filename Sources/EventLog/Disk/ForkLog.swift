public import ClusterState
public import Document
import Glibc
public import Records
public import Schema
import Synchronization

/// Where a log begins that goes on from a moment of another one.
struct LogBase: Sendable {
    let revision: UInt64
    /// What the hash chain begins with: it names the other log's chain.
    let chain: @Sendable () throws(LogError) -> [UInt8]
    /// The other log's state there.
    let state: ClusterState
    /// The other log's objects by number.
    let identity: @Sendable (UInt64) throws(LogError) -> ObjectIdentity
}

/// A log that goes on from a moment of another one: what was before is read from there, what comes after lies in a directory of its own.
/// Making it takes the same time and space however large the other log is.
public final class ForkLog: EventLog {
    public let base: UInt64
    private let parent: DiskLog
    private let own: DiskLog
    private let baseTime: Timestamp

    /// The file in a fork's directory that holds the revision it begins after, as text. As long as it is there the parent keeps that
    /// revision: see `DiskLog.forkBases`.
    static let baseFile = "base"

    /// Claims a revision of a log for a fork in `directory`, which is made. Constant in time and space.
    public static func claim(_ base: UInt64, in directory: String) throws(LogError) {
        try DirectoryLock.make(directory)
        let file = open(directory + "/" + baseFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw .unusable("\(directory)/\(baseFile) cannot be made: \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(file) }
        let bytes = Array("\(base)\n".utf8)
        guard bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count, fsync(file) == 0 else {
            throw errno == ENOSPC ? .full(code: errno) : .failed(operation: "fork", code: errno)
        }
    }

    /// The revision that a fork's directory claims.
    static func base(in directory: String) -> UInt64? {
        let file = open(directory + "/" + baseFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { Glibc.close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        guard count > 0 else { return nil }
        return UInt64(String(decoding: bytes.prefix(count).filter { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }

    /// Opens a claimed directory over the log that it goes on from. Reads the parent's state at the base.
    public init(over parent: DiskLog, directory: String) throws(LogError) {
        guard let base = Self.base(in: directory) else { throw .unusable("\(directory) holds no fork") }
        self.parent = parent
        self.base = base
        let state = try parent.state(at: base)
        baseTime = state.time
        own = try DiskLog(
            directory: directory,
            base: LogBase(
                revision: base, chain: { () throws(LogError) in try parent.forkChain(at: base) }, state: state,
                identity: { number throws(LogError) in try parent.identity(of: number) }))
    }

    public func recover() throws(LogError) -> Recovery { try own.recover() }

    public func append(_ batch: [EventRecord], after state: ClusterState) throws(LogError) {
        try own.append(batch, after: state)
    }

    public var head: LogHead { own.head }
    public var floor: UInt64 { min(parent.floor, base) }
    public var floorTime: Timestamp? { parent.floorTime }
    /// What a fork itself saw is kept.
    public var kindFloors: [GroupResource: UInt64] { parent.kindFloors.mapValues { min($0, base + 1) } }

    public func events(from revision: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        try joined(from: revision, limit: limit) { log, revision, limit throws(LogError) in
            try log.events(from: revision, limit: limit)
        }
    }

    public func outlines(from revision: UInt64, limit: Int, facts: Bool) throws(LogError) -> [EventRecord] {
        try joined(from: revision, limit: limit) { log, revision, limit throws(LogError) in
            try log.outlines(from: revision, limit: limit, facts: facts)
        }
    }

    /// The parent's records up to the base, then the fork's own.
    private func joined(
        from revision: UInt64, limit: Int,
        _ read: (DiskLog, UInt64, Int) throws(LogError) -> [EventRecord]
    ) throws(LogError) -> [EventRecord] {
        guard revision <= base else { return try read(own, revision, limit) }
        let first = max(revision, 1)
        let shared = Int(min(base - first + 1, UInt64(max(0, limit))))
        let records = shared > 0 ? try read(parent, first, shared) : []
        guard records.count == shared, records.count < limit else { return records }
        return records + (try read(own, base + 1, limit - records.count))
    }

    public func accesses(from ordinal: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        try own.accesses(from: ordinal, limit: limit)
    }

    public func versions(of key: ObjectKey) throws(LogError) -> [ObjectVersion] {
        try parent.versions(of: key).filter { $0.revision <= base } + (try own.versions(of: key))
    }

    public func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject? {
        revision <= base ? try parent.object(key, at: revision) : try own.object(key, at: revision)
    }

    public func state(at revision: UInt64) throws(LogError) -> ClusterState {
        revision <= base ? try parent.state(at: revision) : try own.state(at: revision)
    }

    public func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState {
        revision <= base
            ? try parent.excerpt(of: parts, at: revision) : try own.excerpt(of: parts, at: revision)
    }

    public func listing(_ listing: StateListing, at revision: UInt64) throws(LogError) -> PastListing {
        try (revision <= base ? parent : own).listing(listing, at: revision)
    }

    public func population(of store: GroupResource, namespace: String, at revision: UInt64) throws(LogError) -> Int? {
        let log = revision <= base ? parent : own
        return try log.population(of: store, namespace: namespace, at: revision)
    }

    public func revision(at time: Timestamp) throws(LogError) -> UInt64 {
        time >= baseTime ? try own.revision(at: time) : min(try parent.revision(at: time), base)
    }

    public func time(of revision: UInt64) throws(LogError) -> Timestamp? {
        revision <= base ? try parent.time(of: revision) : try own.time(of: revision)
    }

    public func isCheckpointDue(at revision: UInt64, isEnd: Bool) -> Bool {
        revision > base && own.isCheckpointDue(at: revision, isEnd: isEnd)
    }

    public func writeCheckpoint(_ state: ClusterState) throws(LogError) {
        if state.revision > base { try own.writeCheckpoint(state) }
    }

    public func prune(journalBefore revision: UInt64?, accessBefore time: Timestamp?) throws(LogError) {
        if revision != nil { throw .unusable("a fork keeps its journal whole: delete the fork") }
        try own.prune(journalBefore: nil, accessBefore: time)
    }

    public var usedBytes: UInt64 { own.usedBytes }
    public func statistics() throws(LogError) -> LogStatistics { try own.statistics() }

    /// Folds the fork's own events anew over the parent's state.
    public func verify(_ progress: (Double) -> Void) -> VerifyReport {
        var report = VerifyReport()
        do throws(LogError) {
            var state = try parent.state(at: base)
            while state.revision < own.head.revision {
                for event in try own.events(from: state.revision + 1, limit: 1024) {
                    if let problem = state.problem(with: event) {
                        throw LogError.damaged(revision: event.revision, problem)
                    }
                    state.apply(event)
                    report.events += 1
                }
                progress(Double(state.revision - base) / Double(max(1, own.head.revision - base)))
            }
            report.head = own.head
            report.accesses = own.head.ordinal
            report.stateDigest = state.digest(SHA256Hasher.self)
        } catch {
            report.findings.append(.init(revision: nil, text: error.description))
        }
        progress(1)
        return report
    }

    /// Closes the fork's own files; the parent stays open.
    public func close() { own.close() }
}

extension DiskLog {
    /// The object of that number.
    func identity(of number: UInt64) throws(LogError) -> ObjectIdentity {
        try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            return try damage(nil, "object \(number)") { () throws(RecordError) in try names.object(number) }
        }
    }

    /// What the chain of a fork at that revision begins with: a hash over this log's chain up to the record there.
    func forkChain(at revision: UInt64) throws(LogError) -> [UInt8] {
        let floor = floor
        let chain = try read { transaction throws(LogError) in
            var anchor = Anchor.origin
            var anchors = try transaction.cursor(databases.anchors)
            if revision > 0, try anchors.seekBack(revision) {
                let (number, value) = (anchors.number, anchors.value)
                anchor = try damage(number) { () throws(RecordError) in try Anchor(decoding: value, revision: number) }
            }
            let names = LogNames(transaction, databases)
            var journal = try transaction.cursor(databases.journal)
            var more = try journal.seek(anchor.revision + 1)
            while more, anchor.revision < revision {
                let (first, value) = (journal.number, journal.value)
                guard first == anchor.revision + 1 || floor >= revision else {
                    throw .damaged(revision: anchor.revision + 1, "records are missing before revision \(first)")
                }
                if first > revision { break }
                try damage(first) { () throws(RecordError) in
                    let block = try JournalBlock(value, firstRevision: first)
                    anchor.chain = try block.chain(
                        SHA256Hasher.self, after: anchor.chain, names: try names.all(block.names))
                    anchor.revision = first + UInt64(block.count) - 1
                }
                more = try journal.next()
            }
            return anchor.chain
        }
        var hasher = SHA256Hasher()
        hasher.update("reckon fork")
        hasher.update(revision)
        hasher.update(chain)
        return hasher.finish()
    }

    /// The revisions that forks of this log go on from, by the forks' names. None of them may be pruned.
    public func forkBases() -> [String: UInt64] { Self.forkBases(directory) }

    static func forkBases(_ directory: String) -> [String: UInt64] {
        guard let folder = opendir(directory + "/forks") else { return [:] }
        defer { closedir(folder) }
        var found: [String: UInt64] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let base = ForkLog.base(in: directory + "/forks/" + name) { found[name] = base }
        }
        return found
    }
}
