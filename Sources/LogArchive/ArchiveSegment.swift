package import Document
package import Records

/// A file of an archive: eight bytes that name the format, then frames.
package enum ArchiveSegment {
    /// The last byte is the format's version.
    package static let magic: [UInt8] = Array("RECKONA".utf8) + [1]

    /// How the reading of a file came to its end.
    package enum Ending: Equatable, Sendable {
        /// The last frame says that the file is complete, and its hash agrees.
        case complete
        /// The file ends without one: it is being written, or its writer was stopped. So many bytes at the end are no whole frame.
        case open(tornBytes: Int)
        /// Frame `frame` (the head is 0), which begins at byte `offset`, is not what was written.
        case damaged(frame: Int, offset: Int, String)
    }

    /// Calls `body` with each frame in order, its number and its place; an error of `body` is damage of that frame.
    package static func read<Hasher: ByteHasher>(
        _ bytes: UnsafeRawBufferPointer, _: Hasher.Type,
        _ body: (Int, ArchiveFrame.Kind, ArchiveFrame.Flags, UnsafeRawBufferPointer) throws(RecordError) -> Void
    ) -> Ending {
        guard bytes.count >= magic.count else { return .open(tornBytes: bytes.count) }
        guard bytes.prefix(magic.count - 1).elementsEqual(magic.dropLast()) else {
            return .damaged(frame: 0, offset: 0, "this is no file of an archive")
        }
        guard bytes[magic.count - 1] == magic.last else {
            return .damaged(
                frame: 0, offset: 7, "format \(bytes[magic.count - 1]) is not known: a newer reckon wrote it")
        }
        var at = magic.count
        var number = 0
        while at < bytes.count {
            let left = bytes.count - at
            guard left >= ArchiveFrame.headBytes else { return .open(tornBytes: left) }
            let head = UnsafeRawBufferPointer(rebasing: bytes[at..<at + 6])
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 2, as: UInt32.self)))
            let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 6, as: UInt32.self))
            guard Checksum.of(head, seed: UInt64(number)) == checksum else {
                // Space that was taken and never written is a torn end, not damage.
                if bytes[at...].allSatisfy({ $0 == 0 }) { return .open(tornBytes: left) }
                return .damaged(frame: number, offset: at, "the checksum of the frame's head is wrong")
            }
            guard let kind = ArchiveFrame.Kind(rawValue: bytes[at]), length <= ArchiveFrame.contentBytesMax else {
                return .damaged(frame: number, offset: at, "the frame is of an unknown kind")
            }
            guard left >= ArchiveFrame.overheadBytes + length else { return .open(tornBytes: left) }
            let start = at + ArchiveFrame.headBytes
            let content = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
            let check = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + length, as: UInt32.self))
            guard Checksum.of(content, seed: UInt64(number) &+ 0x5EED) == check else {
                if bytes[start...].allSatisfy({ $0 == 0 }) { return .open(tornBytes: left) }
                return .damaged(frame: number, offset: at, "the checksum of the frame is wrong")
            }
            let flags = ArchiveFrame.Flags(rawValue: bytes[at + 1])
            if kind == .end {
                var hasher = Hasher()
                hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<at]))
                guard content.elementsEqual(hasher.finish()) else {
                    return .damaged(frame: number, offset: at, "the file's hash is not the one at its end")
                }
                let after = start + length + 4
                guard after == bytes.count else {
                    return .damaged(frame: number + 1, offset: after, "something follows the end of the file")
                }
                return .complete
            }
            guard (number == 0) == (kind == .head) else {
                return .damaged(frame: number, offset: at, "a frame stands in the wrong place")
            }
            do throws(RecordError) { try body(number, kind, flags, content) } catch {
                return .damaged(frame: number, offset: at, error.text)
            }
            at = start + length + 4
            number += 1
        }
        return .open(tornBytes: 0)
    }
}

/// What the first frame of every file says, in JSON.
package struct ArchiveHead: Equatable, Sendable {
    /// The archive that the file belongs to: a random name, the same in all its files.
    package var archive: String
    /// The file's number in the archive, from 1.
    package var number: Int
    /// Of the file before it: how many whole frames it has. What follows them there is a torn end.
    package var framesBefore: Int
    /// Everything else, for people and for other purposes: `cluster`, `made`, `reckon`, `sealing`, a capture's manifest.
    package var more: JSON

    package init(archive: String, number: Int, framesBefore: Int, more: JSON = [:]) {
        self.archive = archive
        self.number = number
        self.framesBefore = framesBefore
        self.more = more
    }

    package var document: JSON {
        var json = more
        json["format"] = "reckon-archive/1"
        json["archive"] = .string(archive)
        json["number"] = .int(Int64(number))
        json["framesBefore"] = .int(Int64(framesBefore))
        return json
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(RecordError) {
        guard let json = try? JSON(parsing: Array(bytes)), json["format"]?.string == "reckon-archive/1",
            let archive = json["archive"]?.string, let number = json["number"]?.int,
            let frames = json["framesBefore"]?.int, number > 0, frames >= 0, number < 1 << 40, frames < 1 << 40
        else { throw RecordError("the head of the file says nothing that can be understood") }
        self.archive = archive
        self.number = Int(number)
        framesBefore = Int(frames)
        more = json
    }
}
