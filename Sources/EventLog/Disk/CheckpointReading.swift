import ClusterState
import Dispatch
import Document
import Glibc
import Records
import Synchronization

extension CheckpointFile {
    /// The state that a file holds. Every byte is checked; the bodies stay where they are in the file, which is kept mapped for as
    /// long as an object of it is.
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
        let bytes = UnsafeRawBufferPointer(start: map, count: size)
        let contents = SharedBytes(bytes) { munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress!), $0.count) }
        madvise(map, size, MADV_WILLNEED)
        defer {
            // What was read through once counts as this process's memory no longer.
            withExtendedLifetime(contents) {
                madvise(map, size, MADV_DONTNEED)
                madvise(map, size, MADV_RANDOM)
            }
        }
        return try damage(revision, path) { () throws(RecordError) in try decode(bytes, contents, revision) }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, _ contents: SharedBytes, _ revision: UInt64)
        throws(RecordError) -> ClusterState
    {
        var reader = ByteReader(bytes)
        var header = ByteReader(try checked(try unchecked(&reader)))
        guard Array(try header.raw(magic.count)) == magic else { throw RecordError("this is no checkpoint") }
        let found = try header.byte()
        guard found >= 1, found <= format else { throw RecordError("format \(found) of checkpoints is not known") }
        guard try header.varint() == revision else {
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
        nonisolated(unsafe) let (all, base) = (frames, bytes.baseAddress!)
        DispatchQueue.concurrentPerform(iterations: frames.count) { i in
            let part: Result<[StoredObject], RecordError>
            do throws(RecordError) {
                let frame = try Self.checked(all[i])
                part = .success(
                    try Self.objects(in: frame, at: frame.baseAddress! - base, of: contents, hasFacts: found > 1))
            } catch {
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

    /// The objects of one frame, which begins `start` bytes into the file.
    private static func objects(
        in frame: UnsafeRawBufferPointer, at start: Int, of contents: SharedBytes, hasFacts: Bool
    ) throws(RecordError) -> [StoredObject] {
        var objects: [StoredObject] = []
        var frame = ByteReader(frame)
        var (group, resource, namespace) = ("", "", "")
        var facts = StoredFacts(labels: [], ownerUIDs: [], nodeName: "", claims: [])
        while frame.left > 0 {
            if try frame.byte() == 1 {
                group = try frame.text()
                resource = try frame.text()
            }
            namespace = try frame.text(orSame: namespace)
            let key = ObjectKey(group: group, resource: resource, namespace: namespace, name: try frame.text())
            let uid = try frame.text()
            let (number, revision, version) = (try frame.varint(), try frame.varint(), try frame.varint())
            if hasFacts { facts = try frame.facts(after: facts) }
            let body = try frame.run()
            guard hasFacts else {
                objects.append(
                    StoredObject(
                        key: key, number: number, uid: uid, revision: revision, version: version, body: Array(body)))
                continue
            }
            let part = SharedBytes.Part(contents, start: start + frame.at - body.count, count: body.count)
            objects.append(
                StoredObject(
                    key: key, number: number, uid: uid, revision: revision, version: version, body: part, facts: facts))
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

extension ByteReader {
    /// A text; `known` itself when it is the same: neighbours share the memory of what they have in common.
    fileprivate mutating func text(orSame known: String) throws(RecordError) -> String {
        let bytes = try run()
        guard bytes.count > 15 else { return String(decoding: bytes, as: UTF8.self) }
        return bytes.elementsEqual(known.utf8) ? known : String(decoding: bytes, as: UTF8.self)
    }

    /// The facts of an object; `known` are those of the one before.
    fileprivate mutating func facts(after known: StoredFacts) throws(RecordError) -> StoredFacts {
        var facts = StoredFacts(labels: [], ownerUIDs: [], nodeName: "", claims: [])
        let labels = try count()
        facts.labels.reserveCapacity(labels)
        for i in 0..<labels {
            let old = i < known.labels.count ? known.labels[i] : ("", "")
            facts.labels.append((try text(orSame: old.0), try text(orSame: old.1)))
        }
        for i in 0..<(try count()) {
            facts.ownerUIDs.append(try text(orSame: i < known.ownerUIDs.count ? known.ownerUIDs[i] : ""))
        }
        facts.nodeName = try text(orSame: known.nodeName)
        for _ in 0..<(try count()) { facts.claims.append(try text()) }
        return facts
    }
}
