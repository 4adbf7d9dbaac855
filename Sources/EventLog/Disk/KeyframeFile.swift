import ClusterState
import Glibc
import Records

/// A keyframe on the disk: the bodies of all objects of a moment, small, each found by its object's number.
///
/// Layout: the magic; the bodies; a table of all objects in the order of their numbers; a foot. A body is whole, with a checksum, or
/// the difference from a whole one before it: neighbours of a kind are much alike. A table's row is three words of eight bytes: the
/// object's number, the revision of its version, and where its body begins. Words have the least significant byte first.
enum KeyframeFile {
    static let magic: [UInt8] = Array("RECKONK1".utf8)
    static let rowBytes = 24
    /// Where the table begins, how many rows it has, the revision; the checksums of the bodies, the table and of the foot itself.
    static let footBytes = 36
    /// Bytes that are written, and summed, at a time.
    static let pieceBytes = 1 << 20
    /// Longer bodies stand for themselves.
    private static let comparedBytesMax = 64 << 10

    /// Writes beside the final name and renames when everything is on the disk. Objects of stores that `isLeftOut` names are not in it.
    static func write(
        _ state: ClusterState, to path: String, in directory: String, isLeftOut: (ObjectKey) -> Bool
    ) throws(LogError) {
        let draft = path + ".draft"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CheckpointFile.failure("keyframe") }
        do throws(LogError) {
            var writer = Writer(descriptor)
            for store in state.storesInUse {
                writer.beginStore()
                var failed: LogError?
                state.forEach(store) { object in
                    if isLeftOut(object.key) { return false }
                    do throws(LogError) { try writer.add(object) } catch { failed = error }
                    return failed == nil
                }
                if let failed { throw failed }
            }
            try writer.end(revision: state.revision)
            guard fsync(descriptor) == 0 else { throw CheckpointFile.failure("keyframe") }
        } catch {
            Glibc.close(descriptor)
            unlink(draft)
            throw error
        }
        Glibc.close(descriptor)
        guard rename(draft, path) == 0 else { throw CheckpointFile.failure("keyframe") }
        CheckpointFile.sync(directory)
    }

    private struct Writer {
        private let descriptor: Int32
        private var out = ByteWriter()
        /// Bytes that left `out`, and their checksum so far.
        private var written = 0
        private var checksum: UInt32 = 0
        private var rows: [(number: UInt64, revision: UInt64, offset: UInt64)] = []
        /// The whole body that the next ones are compared with, and where it lies.
        private var model: (body: [UInt8], offset: Int)?

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
            out.bytes = magic
        }

        mutating func beginStore() { model = nil }

        mutating func add(_ object: StoredObject) throws(LogError) {
            let body = object.body
            let offset = written + out.bytes.count
            rows.append((object.number, object.revision, UInt64(offset)))
            if !addDifference(to: body, offset) {
                out.varint(0)
                out.word(Checksum.of(body))
                out.run(body)
                if body.count <= comparedBytesMax { model = (body, offset) }
            }
            while out.bytes.count >= pieceBytes { try writePiece(pieceBytes) }
        }

        /// False when it is not worth it.
        private mutating func addDifference(to body: [UInt8], _ offset: Int) -> Bool {
            guard let model, body.count <= comparedBytesMax else { return false }
            var difference = ByteWriter()
            BodyDelta.write(from: model.body, to: body, into: &difference)
            guard difference.bytes.count < body.count / 2 else { return false }
            out.count(offset - model.offset)
            out.run(difference.bytes)
            return true
        }

        private mutating func writePiece(_ count: Int) throws(LogError) {
            let piece = Array(out.bytes[..<count])
            checksum = Checksum.of(piece, seed: UInt64(checksum))
            try CheckpointFile.write(piece, descriptor, "keyframe")
            written += count
            out.bytes.removeFirst(count)
        }

        mutating func end(revision: UInt64) throws(LogError) {
            if !out.bytes.isEmpty { try writePiece(out.bytes.count) }
            rows.sort { $0.number < $1.number }
            var table = ByteWriter()
            table.bytes.reserveCapacity(rows.count * rowBytes)
            for row in rows { for word in [row.number, row.revision, row.offset] { table.long(word) } }
            var foot = ByteWriter()
            foot.long(UInt64(written))
            foot.long(UInt64(rows.count))
            foot.long(revision)
            foot.word(checksum)
            foot.word(Checksum.of(table.bytes))
            foot.word(Checksum.of(foot.bytes))
            try CheckpointFile.write(table.bytes + foot.bytes, descriptor, "keyframe")
        }
    }
}

extension ByteWriter {
    fileprivate mutating func long(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
