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
        let digits = String(revision)
        return directory + "/" + prefix + String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// The revisions that there are checkpoints of, in order.
    func checkpointRevisions() -> [UInt64] { Self.checkpointRevisions(directory) }

    static func checkpointRevisions(_ directory: String) -> [UInt64] {
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
            if name.hasPrefix(Self.prefix), name.hasSuffix(".draft") { unlink(directory + "/" + name) }
        }
    }

    /// Deletes checkpoints until all but the newest two take no more than their share: always the one that is missed least.
    private func thinCheckpoints() {
        let floor = floor
        var files = checkpointRevisions().map { (revision: $0, bytes: fileBytes(checkpointPath($0))) }
        let most = max(Limits.checkpointBytesMin, UInt64(Double(environment.usedBytes) * Limits.checkpointShare))
        while files.count > 2, files.dropLast(2).reduce(0, { $0 + $1.bytes }) > most {
            var best: (index: Int, gap: UInt64)?
            for i in 0..<files.count - 2 where files[i].revision != floor || floor == 0 {
                let gap = files[i + 1].revision - (i == 0 ? 0 : files[i - 1].revision)
                if best == nil || gap < best!.gap { best = (i, gap) }
            }
            guard let best else { return }
            unlink(checkpointPath(files[best.index].revision))
            files.remove(at: best.index)
        }
    }

    func fileBytes(_ path: String) -> UInt64 {
        var file = stat()
        return stat(path, &file) == 0 ? UInt64(file.st_size) : 0
    }
}
