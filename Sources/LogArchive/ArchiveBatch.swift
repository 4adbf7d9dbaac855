package import Records

/// How far a log is known.
package struct ArchivePosition: Equatable, Sendable {
    /// The last revision and the last ordinal.
    package var revision: UInt64 = 0
    package var ordinal: UInt64 = 0
    /// The first name and the first object that are still missing.
    package var names: UInt64 = 0
    package var objects: UInt64 = 0
    /// When the newest record was made, in microseconds.
    package var microseconds: Int64 = 0
    package init() {}

    package func write(into out: inout ByteWriter) {
        for number in [revision, ordinal, names, objects] { out.varint(number) }
        out.zigzag(microseconds)
    }
    package init(_ reader: inout ByteReader) throws(RecordError) {
        revision = try reader.varint()
        ordinal = try reader.varint()
        names = try reader.varint()
        objects = try reader.varint()
        microseconds = try reader.zigzag()
    }
}

/// Entries that go together, and the position after them.
package struct ArchiveBatch: Equatable, Sendable {
    package var position: ArchivePosition
    package var entries: [ArchiveEntry]
    package init(position: ArchivePosition, entries: [ArchiveEntry]) {
        self.position = position
        self.entries = entries
    }

    package func encoded() -> [UInt8] {
        var out = ByteWriter()
        out.bytes.reserveCapacity(entries.reduce(64) { $0 + $1.size })
        position.write(into: &out)
        for entry in entries { entry.write(into: &out) }
        return out.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let result: Result<ArchiveBatch, RecordError> = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            do throws(RecordError) {
                let position = try ArchivePosition(&reader)
                var entries: [ArchiveEntry] = []
                while reader.left > 0 { entries.append(try ArchiveEntry(&reader)) }
                return .success(ArchiveBatch(position: position, entries: entries))
            } catch { return .failure(error) }
        }
        self = try result.get()
    }
}
