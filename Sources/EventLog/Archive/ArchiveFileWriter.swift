internal import Crypto
internal import Document
internal import Glibc
internal import LogArchive
internal import Records

/// Writes one file of an archive from its head to its end. What was flushed is on the disk.
final class ArchiveFileWriter {
    let head: ArchiveHead
    let path: String
    private let sealing: ArchiveSealing?
    private let file: Int32
    private var hash = SHA256()
    /// Whole frames that were written, the head included and the end left out, and their bytes.
    private(set) var frames = 0
    private(set) var bytes = 0
    /// After a failed write nobody knows what the file's end holds: nothing may follow it.
    private(set) var isBroken = false

    init(_ path: String, head: ArchiveHead, sealing: ArchiveSealing?) throws(LogError) {
        self.path = path
        self.sealing = sealing
        var head = head
        if let sealing { head.more["sealing"] = sealing.description }
        self.head = head
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure(path) }
        try put(ArchiveSegment.magic)
        try write(ArchiveFrame(.head, content: head.document.encoded()))
        try flush()
        Self.flushDirectory(of: path)
    }
    deinit { Glibc.close(file) }

    func append(_ batch: ArchiveBatch) throws(LogError) {
        var frame = ArchiveFrame(.batch, content: batch.encoded())
        if let short = ArchiveCompression.compress(frame.content) {
            frame.content = short
            frame.flags.insert(.compressed)
        }
        if let sealing {
            frame.content = try sealing.seal(frame.content, head, frame: frames)
            frame.flags.insert(.sealed)
        }
        try write(frame)
    }

    func flush() throws(LogError) {
        guard fdatasync(file) == 0 else {
            isBroken = true
            throw Self.failure(path)
        }
    }

    /// Says that the file is complete.
    func finish() throws(LogError) {
        try write(ArchiveFrame(.end, content: Array(hash.finalize())))
        frames -= 1
        try flush()
    }

    private func write(_ frame: ArchiveFrame) throws(LogError) {
        try put(frame.encoded(number: frames))
        frames += 1
    }

    private func put(_ content: [UInt8]) throws(LogError) {
        var at = 0
        while at < content.count {
            let n = content.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + at, content.count - at) }
            if n < 0 {
                if errno == EINTR { continue }
                isBroken = true
                throw Self.failure(path)
            }
            at += n
        }
        hash.update(data: content)
        bytes += content.count
    }

    /// Writes a file that must not exist yet, for its owner alone, and waits for the disk.
    static func write(_ bytes: [UInt8], toNew path: String) throws(LogError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer { Glibc.close(file) }
        var at = 0
        while at < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + at, bytes.count - at) }
            guard n > 0 else { throw failure(path) }
            at += n
        }
        guard fsync(file) == 0 else { throw failure(path) }
    }

    static func failure(_ path: String) -> LogError {
        .unusable("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }

    /// Makes sure that what another process wrote is on the disk.
    static func flush(file path: String) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        Glibc.close(file)
    }

    static func flushDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let folder = open(String(path[..<slash]), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        Glibc.close(folder)
    }
}
