public import ClusterState
import Document
import Glibc
import Records
import Synchronization

/// Checkpoints are files beside the log, `checkpoint-REVISION`: derived data that may be deleted at any time, except for the one at
/// the floor of a pruned log.
extension DiskLog {
    private static let prefix = "checkpoint-"

    func checkpointPath(_ revision: UInt64) -> String { Self.checkpointPath(directory, revision) }

    static func checkpointPath(_ directory: String, _ revision: UInt64) -> String {
        directory + "/" + prefix + digits(of: revision)
    }

    /// A revision as names of files have it: they stand in order.
    static func digits(of revision: UInt64) -> String {
        let digits = String(revision)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// The revisions that there are checkpoints of, in order.
    func checkpointRevisions() -> [UInt64] { Self.checkpointRevisions(directory) }

    static func checkpointRevisions(_ directory: String) -> [UInt64] { revisions(directory, prefix: prefix) }

    /// The revisions in the names of files that begin with a prefix, in order.
    static func revisions(_ directory: String, prefix: String) -> [UInt64] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var found: [UInt64] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(prefix), let revision = UInt64(name.dropFirst(prefix.count)) { found.append(revision) }
        }
        return found.sorted()
    }

    /// The newest checkpoint not after a revision that can be read; the empty state when there is none.
    func newestCheckpoint(notAfter revision: UInt64) throws(LogError) -> ClusterState {
        let floor = floor
        for candidate in checkpointRevisions().reversed() where candidate <= revision && candidate >= floor {
            do throws(LogError) {
                return try CheckpointFile.read(checkpointPath(candidate), revision: candidate)
            } catch {
                // A damaged one costs a longer way, unless nothing is below it.
                if candidate == floor { throw error }
            }
        }
        if let base = databases.inherited, revision >= base.revision { return base.state }
        guard floor == 0 else { throw .damaged(revision: floor, "the checkpoint at the floor is missing") }
        return ClusterState()
    }

    public func writeCheckpoint(_ state: ClusterState) throws(LogError) {
        if environment.isReadOnly { throw .unusable("\(directory) was opened for reading") }
        let head = head.revision
        guard state.revision <= head else { throw .beyondHead(head: head) }
        guard state.revision > 0, !checkpointRevisions().contains(state.revision) else { return }
        let path = checkpointPath(state.revision)
        try CheckpointFile.write(state, to: path, in: directory)
        let bytes = fileBytes(path)
        shared.withLock {
            $0.newestCheckpoint = (state.revision, bytes)
            $0.bytesSinceCheckpoint = 0
        }
        thinCheckpoints()
        try writeKeyframe(state)
    }

    public func isCheckpointDue(at revision: UInt64, isEnd: Bool) -> Bool {
        shared.withLock { shared in
            let (last, size) = shared.newestCheckpoint
            guard revision > last else { return false }
            let events = Int(clamping: revision - last)
            if isEnd { return events >= Limits.endEventsMax || size < Limits.smallCheckpointBytes }
            if events >= Limits.checkpointEventsMax { return true }
            return events >= Limits.checkpointEventsMin
                && Double(shared.bytesSinceCheckpoint) >= Double(size) * Limits.checkpointGrowth
        }
    }

    /// Removes what a process left that ended while it wrote a checkpoint.
    func removeDrafts() {
        guard let folder = opendir(directory) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let isOurs = name.hasPrefix(Self.prefix) || name.hasPrefix(Self.keyframePrefix)
            if isOurs, name.hasSuffix(".draft") { unlink(directory + "/" + name) }
        }
    }

    /// Deletes checkpoints until all but the newest two take no more than their share: always the one that is missed least.
    private func thinCheckpoints() {
        let floor = floor
        let files = checkpointRevisions().map { (revision: $0, bytes: fileBytes(checkpointPath($0))) }
        let most = max(Limits.checkpointBytesMin, UInt64(Double(environment.usedBytes) * Limits.checkpointShare))
        let newest = files.suffix(2).reduce(0) { $0 + $1.bytes }
        for doomed in Self.leastMissed(of: files, untilBelow: most + newest, keeping: floor > 0 ? floor : nil) {
            unlink(checkpointPath(doomed))
        }
    }

    /// Which of some files of moments, in order, are to go until the rest takes no more than `most` bytes: each time the one that
    /// leaves the shortest gap. The newest two and the one of `kept` stay.
    static func leastMissed(
        of files: [(revision: UInt64, bytes: UInt64)], untilBelow most: UInt64, keeping kept: UInt64?
    ) -> [UInt64] {
        var files = files
        var doomed: [UInt64] = []
        while files.count > 2, files.reduce(0, { $0 + $1.bytes }) > most {
            var best: (index: Int, gap: UInt64)?
            for i in 0..<files.count - 2 where files[i].revision != kept {
                let gap = files[i + 1].revision - (i == 0 ? 0 : files[i - 1].revision)
                if best == nil || gap < best!.gap { best = (i, gap) }
            }
            guard let best else { break }
            doomed.append(files.remove(at: best.index).revision)
        }
        return doomed
    }

    func fileBytes(_ path: String) -> UInt64 {
        var file = stat()
        return stat(path, &file) == 0 ? UInt64(file.st_size) : 0
    }
}
