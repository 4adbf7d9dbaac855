import ClusterState
import Glibc
import Records

/// A state as a file: frames of a length, a checksum and content. The first frame describes, the others hold objects in order, an
/// empty one ends the file: a file without it was never finished. Before each object's body stands what the indexes know of it.
enum CheckpointFile {
    static let magic: [UInt8] = Array("RECKONCP".utf8)
    /// 1 had no facts before the bodies.
    static let format: UInt8 = 2

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
        sync(directory)
    }

    /// Makes the names in a directory durable.
    static func sync(_ directory: String) {
        let folder = open(directory, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        Glibc.close(folder)
    }

    /// A full disk or a failed write of a checkpoint harms nothing but the next start's speed.
    static func failure(_ operation: String) -> LogError {
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
                write(object.facts, &out)
                object.withBody { out.run($0) }
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

    private static func write(_ facts: StoredFacts, _ out: inout ByteWriter) {
        out.count(facts.labels.count)
        for (key, value) in facts.labels {
            out.text(key)
            out.text(value)
        }
        out.count(facts.ownerUIDs.count)
        for uid in facts.ownerUIDs { out.text(uid) }
        out.text(facts.nodeName)
        out.count(facts.claims.count)
        for claim in facts.claims { out.text(claim) }
    }

    private static func flush(_ out: inout ByteWriter, _ file: Int32) throws(LogError) {
        var head = ByteWriter()
        head.word(UInt32(out.bytes.count))
        head.word(Checksum.of(out.bytes))
        for bytes in [head.bytes, out.bytes] { try write(bytes, file, "checkpoint") }
        out.bytes.removeAll(keepingCapacity: true)
    }

    static func write(_ bytes: [UInt8], _ file: Int32, _ operation: String) throws(LogError) {
        var at = 0
        while at < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + at, bytes.count - at) }
            if n < 0 {
                if errno == EINTR { continue }
                throw failure(operation)
            }
            at += n
        }
    }
}
