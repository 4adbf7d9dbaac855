import ClusterState
import Dispatch
import Document
import Glibc
import Records
import Synchronization

/// A state as a file: frames of a length, a checksum and content. The first frame describes, the others hold objects in order, an
/// empty one ends the file: a file without it was never finished.
enum CheckpointFile {
    private static let magic: [UInt8] = Array("RECKONCP".utf8)
    private static let format: UInt8 = 1

    /// Writes beside the final name and renames when everything is on the disk.
    static func write(_ state: ClusterState, to path: String, in directory: String) throws(LogError) {
        let draft = path + ".draft"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("checkpoint") }
        do throws(LogError) {
            try frames(of: state, file)
            guard fsync(file) == 0 else { throw failure("checkpoint") }
        } catch {
            Glibc.close(file)
            unlink(draft)
            throw error
        }
        Glibc.close(file)
        guard rename(draft, path) == 0 else { throw failure("checkpoint") }
        let folder = open(directory, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            Glibc.close(folder)
        }
    }

    /// A full disk or a failed write of a checkpoint harms nothing but the next start's speed.
    private static func failure(_ operation: String) -> LogError {
        errno == ENOSPC || errno == EDQUOT
            ? .full(code: errno) : .unusable("the \(operation) cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func frames(of state: ClusterState, _ file: Int32) throws(LogError) {
        var out = ByteWriter()
        out.bytes = magic + [format]
        out.varint(state.revision)
        out.zigzag(state.time.microseconds)
        out.varint(state.creations)
        out.count(state.objectCount)
        try flush(&out, file)
        var failed: LogError?
        for store in state.storesInUse {
            var place = ("", "")
            state.forEach(store) { object in
                let key = object.key
                let isNew = out.bytes.isEmpty || key.group != place.0 || key.resource != place.1
                out.bytes.append(isNew ? 1 : 0)
                if isNew {
                    out.text(key.group)
                    out.text(key.resource)
                    place = (key.group, key.resource)
                }
                out.text(key.namespace)
                out.text(key.name)
                out.text(object.uid)
                out.varint(object.number)
                out.varint(object.revision)
                out.varint(object.version)
                out.run(object.body)
                if out.bytes.count >= Limits.checkpointFrameBytes {
                    do throws(LogError) { try flush(&out, file) } catch {
                        failed = error
                        return false
                    }
                }
                return true
            }
            if let failed { throw failed }
        }
        if !out.bytes.isEmpty { try flush(&out, file) }
        try flush(&out, file)
    }

    private static func flush(_ out: inout ByteWriter, _ file: Int32) throws(LogError) {
        var head = ByteWriter()
        head.word(UInt32(out.bytes.count))
        head.word(Checksum.of(out.bytes))
        for bytes in [head.bytes, out.bytes] {
            var at = 0
            while at < bytes.count {
                let n = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + at, bytes.count - at) }
                if n < 0 {
                    if errno == EINTR { continue }
                    throw failure("checkpoint")
                }
                at += n
            }
        }
        out.bytes.removeAll(keepingCapacity: true)
    }

    static func read(_ path: String, revision: UInt64) throws(LogError) -> ClusterState {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0 else {
            throw .damaged(revision: revision, "\(path) is empty")
        }
        let size = Int(status.st_size)
        guard let map = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), map != MAP_FAILED else {
            throw .failed(operation: "read", code: errno)
        }
        defer { munmap(map, size) }
        madvise(map, size, MADV_SEQUENTIAL)
        return try damage(revision, path) { () throws(RecordError) in
            try decode(UnsafeRawBufferPointer(start: map, count: size), revision)
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, _ revision: UInt64) throws(RecordError) -> ClusterState
    {
        var reader = ByteReader(bytes)
        var header = ByteReader(try checked(try unchecked(&reader)))
        guard Array(try header.raw(magic.count)) == magic, try header.byte() == format, try header.varint() == revision
        else {
            throw RecordError("this is no checkpoint of revision \(revision)")
        }
        let time = Timestamp(microseconds: try header.zigzag())
        let creations = try header.varint()
        let count = try header.varint()
        var frames: [UnsafeRawBufferPointer] = []
        while true {
            let content = try unchecked(&reader)
            if content.isEmpty { break }
            frames.append(content)
        }
        // Each frame stands for itself: they are read on all processors, and come together in their order.
        let parts = Mutex([Result<[StoredObject], RecordError>](repeating: .success([]), count: frames.count))
        nonisolated(unsafe) let contents = frames
        DispatchQueue.concurrentPerform(iterations: frames.count) { i in
            let part: Result<[StoredObject], RecordError>
            do throws(RecordError) { part = .success(try Self.objects(in: contents[i])) } catch {
                part = .failure(error)
            }
            parts.withLock { $0[i] = part }
        }
        var objects: [StoredObject] = []
        objects.reserveCapacity(Int(min(count, UInt64(bytes.count / 16))))
        for part in parts.withLock({ $0 }) { objects += try part.get() }
        guard UInt64(objects.count) == count else { throw RecordError("objects are missing") }
        return ClusterState(restoring: objects, revision: revision, time: time, creations: creations)
    }

    private static func objects(in frame: UnsafeRawBufferPointer) throws(RecordError) -> [StoredObject] {
        var objects: [StoredObject] = []
        var frame = ByteReader(try checked(frame))
        var (group, resource, namespace) = ("", "", "")
        while frame.left > 0 {
            if try frame.byte() == 1 {
                group = try frame.text()
                resource = try frame.text()
            }
            // Neighbours share the strings of their keys.
            let space = try frame.text()
            if space != namespace { namespace = space }
            let key = ObjectKey(group: group, resource: resource, namespace: namespace, name: try frame.text())
            let uid = try frame.text()
            let (number, revision, version) = (try frame.varint(), try frame.varint(), try frame.varint())
            objects.append(
                StoredObject(
                    key: key, number: number, uid: uid, revision: revision, version: version,
                    body: Array(try frame.run())))
        }
        return objects
    }

    /// The next frame with its checksum before it; empty at the end.
    private static func unchecked(_ reader: inout ByteReader) throws(RecordError) -> UnsafeRawBufferPointer {
        let length = try reader.word()
        let content = try reader.raw(4 + Int(length))
        return length == 0 ? UnsafeRawBufferPointer(start: nil, count: 0) : content
    }

    private static func checked(_ frame: UnsafeRawBufferPointer) throws(RecordError) -> UnsafeRawBufferPointer {
        guard frame.count > 4 else { throw RecordError("a frame is empty") }
        let content = UnsafeRawBufferPointer(rebasing: frame.dropFirst(4))
        let checksum = UInt32(littleEndian: frame.loadUnaligned(as: UInt32.self))
        guard Checksum.of(content) == checksum else { throw RecordError("a checksum is wrong") }
        return content
    }
}
