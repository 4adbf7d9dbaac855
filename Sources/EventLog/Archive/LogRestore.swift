internal import Glibc
internal import LogArchive

/// A log from its copy.
public enum LogRestore {
    public struct Outcome: Sendable {
        /// Where the restored log ends.
        public var head = LogHead()
        public var floor: UInt64 = 0
        /// The files beside the log that were written, by their names.
        public var files: [String] = []
        /// The archive: its files and their bytes, and bytes at their ends that no writer completed.
        public var archiveFiles = 0
        public var archiveBytes = 0
        public var tornBytes = 0
        public init() {}
    }

    /// Restores the archive of a directory, or of one file, into `data`, which must not exist or be empty. What is being built is in
    /// `data.restoring` until it is complete.
    public static func run(
        from source: String, to data: String, point: RestorePoint = .end, secret: ArchiveSecret? = nil
    ) throws(LogError) -> Outcome {
        var status = stat()
        guard stat(source, &status) == 0 else { throw .unusable("there is nothing at \(source)") }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        var data = data
        while data.count > 1, data.hasSuffix("/") { data.removeLast() }
        if stat(data, &status) == 0, rmdir(data) != 0 {
            throw .unusable("\(data) exists and is not empty: name a new directory")
        }
        let building = data + ".restoring"
        remove(building)
        do throws(LogError) {
            var outcome = Outcome()
            let log = try LogImport(directory: building, to: point)
            if isDirectory {
                let summary = try ArchiveDirectory(path: source).read(secret: secret) { batch throws(LogError) in
                    try log.take(batch)
                }
                outcome.archiveFiles = summary.files
                outcome.archiveBytes = summary.bytes
                outcome.tornBytes = summary.tornBytes
            } else {
                let read = try ArchiveFileReader.read(source, secret: secret) { batch throws(LogError) in
                    try log.take(batch)
                }
                switch read.ending {
                case .complete: break
                case .open where read.frames == 0:
                    throw .damaged(
                        revision: nil, "\(source) is no file that `reckon capture` or `reckon log ship` made")
                case .open:
                    throw .damaged(
                        revision: nil, "\(source) is cut short after frame \(read.frames - 1): fetch it again")
                case .damaged(let frame, let offset, let text):
                    throw .damaged(revision: nil, "\(source), frame \(frame) at byte \(offset): \(text)")
                }
                outcome.archiveFiles = 1
                outcome.archiveBytes = read.bytes
            }
            outcome.head = try log.finish()
            outcome.floor = log.floorRevision
            for name in log.files.keys.sorted() {
                try write(name, log.files[name]!, in: building)
                outcome.files.append(name)
            }
            guard rename(building, data) == 0 else { throw ArchiveFileWriter.failure(data) }
            ArchiveFileWriter.flushDirectory(of: data)
            return outcome
        } catch {
            remove(building)
            throw error
        }
    }

    /// Writes a file under the directory, for its owner's eyes only. Names that lead elsewhere are refused.
    private static func write(_ name: String, _ bytes: [UInt8], in directory: String) throws(LogError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.count <= 4, !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw .damaged(revision: nil, "the archive holds a file with the name \"\(name)\"")
        }
        var folder = directory
        for part in parts.dropLast() {
            folder += "/" + part
            if mkdir(folder, 0o700) != 0, errno != EEXIST { throw ArchiveFileWriter.failure(folder) }
        }
        try ArchiveFileWriter.write(bytes, toNew: directory + "/" + name)
    }

    /// Removes a directory that a restore made, two levels deep at most.
    static func remove(_ directory: String) {
        guard let folder = opendir(directory) else { return }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(folder)
        for name in names {
            let path = directory + "/" + name
            if unlink(path) != 0 { remove(path) }
        }
        rmdir(directory)
    }
}
