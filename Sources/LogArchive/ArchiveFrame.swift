import Records

/// A run of bytes in an archive's file.
///
/// Layout: kind, flags, the content's length (4 bytes), a checksum of these with the frame's number (4), the content, its checksum (4).
package struct ArchiveFrame: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// JSON that says what the file is: the first frame.
        case head = 1
        case batch = 2
        /// The SHA-256 of everything before: the last frame of a file that is complete.
        case end = 3
    }
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let compressed = Flags(rawValue: 1)
        package static let sealed = Flags(rawValue: 2)
    }
    package static let headBytes = 10
    package static let overheadBytes = 14
    /// No content is longer.
    package static let contentBytesMax = 1 << 30

    package var kind: Kind
    package var flags: Flags
    package var content: [UInt8]
    package init(_ kind: Kind, flags: Flags = [], content: [UInt8]) {
        self.kind = kind
        self.flags = flags
        self.content = content
    }

    /// The bytes of the frame as number `number` of its file, counted from 0.
    package func encoded(number: Int) -> [UInt8] {
        var out = ByteWriter()
        out.bytes.reserveCapacity(content.count + Self.overheadBytes)
        out.bytes = [kind.rawValue, flags.rawValue]
        out.word(UInt32(content.count))
        out.word(Checksum.of(out.bytes, seed: UInt64(number)))
        out.bytes.append(contentsOf: content)
        out.word(Checksum.of(content, seed: UInt64(number) &+ 0x5EED))
        return out.bytes
    }
}
