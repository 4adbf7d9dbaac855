public import Document
internal import Glibc
internal import LogArchive
internal import Records
internal import Synchronization

/// Copies a log to a directory as it grows: every durable event, in files that only grow, flushed before they count.
public final class LogShipper: Sendable {
    /// How far the copy is.
    public struct Status: Equatable, Sendable {
        public var revision: UInt64 = 0
        public var ordinal: UInt64 = 0
        /// When the newest record of the copy was made.
        public var time = Timestamp(microseconds: 0)
        /// Events that are durable here and not there.
        public var revisionsBehind: UInt64 = 0
        /// Since when something has been missing there, by this machine's clock; nil when nothing is.
        public var behindSince: Timestamp?
        public var files = 0
        public var bytes = 0
        /// Why the last turn failed; nil when it did not.
        public var failure: String?
        public init() {}
    }
    /// What a file of the archive may take before the next one begins, in bytes.
    static let fileBytesMax = 64 << 20
    static let batchBytesMax = 1 << 20

    private struct State {
        var position = ArchivePosition()
        var archive = ""
        var number = 0
        var framesBefore = 0
        var writer: ArchiveFileWriter?
        /// The files beside the log as they were copied last, by a hash.
        var files: [String: [UInt8]] = [:]
        var isStarted = false
    }
    private let log: DiskLog
    private let directory: ArchiveDirectory
    private let secret: ArchiveSecret?
    private let more: JSON
    private let files: @Sendable () -> [(name: String, bytes: [UInt8])]
    private let state = Mutex(State())
    private let published = Mutex(Status())

    /// `about` goes into the head of every file. `files` are those beside the log that a restored cluster needs.
    public init(
        log: DiskLog, directory: String, secret: ArchiveSecret? = nil, about: JSON = [:],
        files: @escaping @Sendable () -> [(name: String, bytes: [UInt8])] = { [] }
    ) throws(LogError) {
        self.log = log
        self.directory = ArchiveDirectory(path: directory)
        self.secret = secret
        self.files = files
        more = about
        try DirectoryLock.make(directory)
    }

    public var status: Status { published.withLock { $0 } }
    /// The last revision that is in the copy: what retention must leave alone.
    public var shippedRevision: UInt64 { published.withLock { $0.revision } }

    /// Copies what is new, about 16 MiB at most, and answers whether anything is left. One thread at a time.
    @discardableResult
    public func turn(now: Timestamp) throws(LogError) -> Bool {
        let result: Result<Bool, LogError> = state.withLock { state in
            do throws(LogError) { return .success(try ship(&state, now)) } catch {
                if let writer = state.writer, writer.isBroken {
                    // Goes on in a new file behind the frames that are whole.
                    state.framesBefore = writer.frames
                    state.writer = nil
                }
                published.withLock {
                    $0.failure = error.description
                    if $0.behindSince == nil { $0.behindSince = now }
                }
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Says in the last file that it is complete. Nothing follows in it.
    public func finish() throws(LogError) {
        let result: Result<Void, LogError> = state.withLock { state in
            guard let writer = state.writer else { return .success(()) }
            do throws(LogError) {
                try writer.finish()
                state.framesBefore = writer.frames
                state.writer = nil
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }

    private func ship(_ state: inout State, _ now: Timestamp) throws(LogError) -> Bool {
        if !state.isStarted { try start(&state) }
        try shipFiles(&state)
        var copied = 0
        while true {
            let part = try log.archivePart(after: state.position, bytesMax: Self.batchBytesMax)
            if !part.batch.entries.isEmpty {
                try put(part.batch, &state)
                copied += part.batch.entries.reduce(0) { $0 + $1.size }
            }
            let isLast = part.isComplete || part.batch.entries.isEmpty || copied >= 16 * Self.batchBytesMax
            if isLast { try state.writer?.flush() }
            state.position = part.batch.position
            let (position, number, bytes) = (state.position, state.number, state.writer?.bytes ?? 0)
            if isLast {
                published.withLock {
                    $0.revision = position.revision
                    $0.ordinal = position.ordinal
                    $0.time = Timestamp(microseconds: position.microseconds)
                    $0.revisionsBehind = part.revisionsBehind
                    $0.behindSince = part.isComplete ? nil : $0.behindSince ?? now
                    $0.files = number
                    $0.bytes = bytes
                    $0.failure = nil
                }
                return !part.isComplete
            }
        }
    }

    /// Looks at what is there already and goes on behind it.
    private func start(_ state: inout State) throws(LogError) {
        let numbers = directory.numbers
        if numbers.isEmpty {
            state.archive = Hex.text((0..<16).map { _ in UInt8.random(in: 0...255) })
        } else {
            ArchiveFileWriter.flush(file: directory.file(numbers.last!))
            var known: [String: [UInt8]] = [:]
            let summary = try directory.read(secret: secret) { batch throws(LogError) in
                for case .file(let name, let bytes) in batch.entries { known[name] = SHA256Hasher.digest(bytes) }
                return true
            }
            if let cluster = more["cluster"]?.string, let theirs = summary.lastHead?.more["cluster"]?.string,
                cluster != theirs
            {
                throw .unusable(
                    "\(directory.path) holds the log of another cluster (\(theirs)): give an empty directory")
            }
            state.archive = summary.archive
            state.position = summary.position
            state.number = summary.files
            state.framesBefore = summary.lastFrames
            state.files = known
            let head = log.head
            guard summary.position.revision <= head.revision else {
                throw .unusable(
                    "\(directory.path) reaches to revision \(summary.position.revision), the log only to \(head.revision): it is of another log, or this log was restored to an earlier moment; give an empty directory"
                )
            }
        }
        state.isStarted = true
        if state.position == ArchivePosition(), let floor = try log.archiveFloor() { try shipFloor(floor, &state) }
    }

    /// The state at the floor, ahead of everything.
    private func shipFloor(_ floor: ArchiveFloor, _ state: inout State) throws(LogError) {
        var entries: [ArchiveEntry] = [.floor(floor)]
        if floor.revision > 0 {
            let path = log.checkpointPath(floor.revision)
            let bytes = try ArchiveFileReader.whole(path)
            var at = 0
            while at < bytes.count {
                let end = min(at + (1 << 20), bytes.count)
                entries.append(.stateBytes(Array(bytes[at..<end])))
                try put(ArchiveBatch(position: ArchivePosition(), entries: entries), &state)
                entries = []
                at = end
            }
        }
        if !entries.isEmpty { try put(ArchiveBatch(position: ArchivePosition(), entries: entries), &state) }
    }

    private func shipFiles(_ state: inout State) throws(LogError) {
        var entries: [ArchiveEntry] = []
        for file in files() {
            let digest = SHA256Hasher.digest(file.bytes)
            guard state.files[file.name] != digest else { continue }
            state.files[file.name] = digest
            entries.append(.file(name: file.name, bytes: file.bytes))
        }
        guard !entries.isEmpty else { return }
        try put(ArchiveBatch(position: state.position, entries: entries), &state)
        try state.writer?.flush()
    }

    private func put(_ batch: ArchiveBatch, _ state: inout State) throws(LogError) {
        if let writer = state.writer, writer.bytes >= Self.fileBytesMax {
            try writer.finish()
            state.framesBefore = writer.frames
            state.writer = nil
        }
        if state.writer == nil {
            let sealing: ArchiveSealing?
            if let secret { sealing = try ArchiveSealing(secret) } else { sealing = nil }
            let head = ArchiveHead(
                archive: state.archive, number: state.number + 1, framesBefore: state.framesBefore, more: more)
            let writer = try ArchiveFileWriter(directory.file(state.number + 1), head: head, sealing: sealing)
            state.writer = writer
            state.number += 1
        }
        try state.writer!.append(batch)
    }
}
