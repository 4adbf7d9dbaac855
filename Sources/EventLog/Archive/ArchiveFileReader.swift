internal import Document
internal import Glibc
internal import LogArchive
internal import Records

/// Reads one file of an archive through a map of it.
enum ArchiveFileReader {
    struct Outcome {
        var head: ArchiveHead?
        /// Whole frames, the head included.
        var frames = 0
        var bytes = 0
        var ending = ArchiveSegment.Ending.open(tornBytes: 0)
        /// What `body` threw.
        var failure: LogError?
    }

    /// Calls `body` with each batch, until it answers false. A file that is encrypted needs the secret.
    static func read(
        _ path: String, secret: ArchiveSecret?, _ body: (ArchiveBatch) throws(LogError) -> Bool
    ) throws(LogError) -> Outcome {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .failed(operation: "read", code: errno) }
        var outcome = Outcome()
        let size = Int(status.st_size)
        outcome.bytes = size
        guard size > 0 else { return outcome }
        guard let map = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), map != MAP_FAILED else {
            throw .failed(operation: "read", code: errno)
        }
        defer { munmap(map, size) }
        madvise(map, size, MADV_SEQUENTIAL)
        var sealing: ArchiveSealing?
        var isDone = false
        let ending = ArchiveSegment.read(UnsafeRawBufferPointer(start: map, count: size), SHA256Hasher.self) {
            number, kind, flags, content throws(RecordError) in
            if kind == .head {
                outcome.head = try ArchiveHead(decoding: content)
                outcome.frames = 1
                return
            }
            guard let head = outcome.head, kind == .batch else {
                throw RecordError("a frame stands in the wrong place")
            }
            guard !isDone, outcome.failure == nil else { return }
            var bytes = Array(content)
            if flags.contains(.sealed) {
                if sealing == nil {
                    do throws(LogError) { sealing = try Self.sealing(head, secret, path) } catch {
                        outcome.failure = error
                        return
                    }
                }
                bytes = try sealing!.open(bytes, head, frame: number)
            }
            if flags.contains(.compressed) { bytes = try ArchiveCompression.expand(bytes) }
            let batch = try ArchiveBatch(decoding: bytes)
            outcome.frames = number + 1
            do throws(LogError) { isDone = !(try body(batch)) } catch { outcome.failure = error }
        }
        outcome.ending = ending
        if let failure = outcome.failure { throw failure }
        return outcome
    }

    /// The head of a file, without reading the rest; nil when it is not there whole.
    static func head(_ path: String) throws(LogError) -> ArchiveHead? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress!, $0.count) }
        guard count >= 0 else { throw .failed(operation: "read", code: errno) }
        var head: ArchiveHead?
        bytes.withUnsafeBytes { bytes in
            _ = ArchiveSegment.read(UnsafeRawBufferPointer(rebasing: bytes[..<count]), SHA256Hasher.self) {
                _, kind, _, content throws(RecordError) in
                if kind == .head { head = try ArchiveHead(decoding: content) }
            }
        }
        return head
    }

    /// A whole file's bytes.
    static func whole(_ path: String) throws(LogError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .failed(operation: "read", code: errno) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var at = 0
        while at < bytes.count {
            let rest = bytes.count - at
            let n = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + at, rest) }
            if n < 0, errno == EINTR { continue }
            guard n >= 0 else { throw .failed(operation: "read", code: errno) }
            if n == 0 { break }
            at += n
        }
        bytes.removeLast(bytes.count - at)
        return bytes
    }

    private static func sealing(_ head: ArchiveHead, _ secret: ArchiveSecret?, _ path: String) throws(LogError)
        -> ArchiveSealing
    {
        guard let secret else {
            throw .unusable("\(path) is encrypted: give the file that holds its key or phrase with --key-file")
        }
        return try ArchiveSealing(secret, described: head.more["sealing"] ?? .null)
    }
}
