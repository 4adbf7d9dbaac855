import ClusterState
import Glibc
import Records

/// The bodies of all objects at a moment, at hand without a fold: the way back from a version ends there when nothing nearer is whole.
/// Sendable: the file is mapped, and does not change.
final class Keyframe: @unchecked Sendable {
    /// A version that the keyframe has.
    struct Place {
        let revision: UInt64
        fileprivate let offset: Int
    }
    let revision: UInt64
    private let bytes: UnsafeRawBufferPointer
    /// Where the table begins.
    private let bodiesEnd: Int
    private let count: Int
    private let bodiesChecksum: UInt32

    /// nil when the file is not there, or damaged outside of its bodies: it is derived data.
    init?(path: String, revision: UInt64) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size >= KeyframeFile.magic.count + KeyframeFile.footBytes else {
            return nil
        }
        let size = Int(status.st_size)
        guard let map = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), map != MAP_FAILED else { return nil }
        bytes = UnsafeRawBufferPointer(start: map, count: size)
        self.revision = revision
        let start = size - KeyframeFile.footBytes
        let foot = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let end = Self.long(foot, 0)
        let rows = Self.long(foot, 8)
        bodiesChecksum = Self.word(foot, 24)
        let isFoot =
            Checksum.of(UnsafeRawBufferPointer(rebasing: foot[..<32])) == Self.word(foot, 32)
            && Self.long(foot, 16) == revision && end <= UInt64(start)
            && (UInt64(start) - end) == rows &* UInt64(KeyframeFile.rowBytes)
        bodiesEnd = isFoot ? Int(end) : 0
        count = isFoot ? Int(rows) : 0
        guard isFoot, bytes.starts(with: KeyframeFile.magic),
            Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[bodiesEnd..<start])) == Self.word(foot, 28)
        else { return nil }
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }

    /// The version that an object had.
    func place(of number: UInt64) -> Place? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.number(inRow: middle) < number { low = middle + 1 } else { high = middle }
        }
        guard low < count, self.number(inRow: low) == number else { return nil }
        return place(inRow: low)
    }

    private func number(inRow row: Int) -> UInt64 { Self.long(bytes, bodiesEnd + row * KeyframeFile.rowBytes) }

    private func place(inRow row: Int) -> Place? {
        let start = bodiesEnd + row * KeyframeFile.rowBytes
        let offset = Self.long(bytes, start + 16)
        guard offset < UInt64(bodiesEnd) else { return nil }
        return Place(revision: Self.long(bytes, start + 8), offset: Int(offset))
    }

    /// The body of a version; nil when it is damaged.
    func body(_ place: Place) -> [UInt8]? {
        do throws(RecordError) {
            let (back, checksum, content) = try part(at: place.offset)
            if back == 0 { return Checksum.of(content) == checksum ? Array(content) : nil }
            guard back <= place.offset else { return nil }
            let model = try part(at: place.offset - back)
            return model.back == 0 ? try BodyDelta.apply(content, to: model.content) : nil
        } catch {
            return nil
        }
    }

    private func part(at offset: Int) throws(RecordError) -> (
        back: Int, checksum: UInt32, content: UnsafeRawBufferPointer
    ) {
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[offset..<bodiesEnd]))
        let back = Int(clamping: try reader.varint())
        let checksum = back == 0 ? try reader.word() : 0
        return (back, checksum, try reader.run())
    }

    /// Whether the objects that it has are as they were in the state of its revision.
    func agrees(with state: ClusterState) -> Bool {
        for store in state.storesInUse {
            var agrees = true
            state.forEach(store) { object in
                if let place = place(of: object.number) {
                    agrees = place.revision == object.revision && body(place) == object.body
                }
                return agrees
            }
            if !agrees { return false }
        }
        return true
    }

    /// Whether every byte is what was written, and every body can be made.
    func isWhole() -> Bool {
        var checksum: UInt32 = 0
        var start = 0
        while start < bodiesEnd {
            let end = min(start + KeyframeFile.pieceBytes, bodiesEnd)
            checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), seed: UInt64(checksum))
            start = end
        }
        guard checksum == bodiesChecksum else { return false }
        return (0..<count).allSatisfy { place(inRow: $0).flatMap(body) != nil }
    }

    private static func long(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
    private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }
}
