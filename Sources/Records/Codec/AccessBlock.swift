package import Document

/// Consecutive access records as one value of the log, each written as its difference from the one before.
///
/// Layout: format; count; the time and the revision that the first record counts from; the names that were defined with it;
/// the records; a checksum; the beginning of the chain's value after this block.
package struct AccessBlock {
    package let firstOrdinal: UInt64
    package let format: UInt8
    package let count: Int
    package let time: Timestamp
    package let revision: UInt64
    /// The numbers of the names that were defined with it.
    package let names: Range<UInt64>
    package let chainTail: [UInt8]
    package let chained: UnsafeRawBufferPointer
    private let contentStart: Int

    package static func write<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, content: [UInt8], count: Int, firstOrdinal: UInt64, time: Timestamp, revision: UInt64,
        names: [[UInt8]], firstName: UInt64,
        chain: inout [UInt8]
    ) -> [UInt8] {
        var out = ByteWriter()
        out.bytes.reserveCapacity(content.count + 48)
        out.bytes.append(RecordFormat.current)
        out.count(count)
        out.zigzag(time.microseconds)
        out.varint(revision)
        out.names(names.count, from: firstName)
        out.bytes.append(contentsOf: content)
        out.word(Checksum.of(out.bytes, seed: firstOrdinal))
        chain = out.bytes.withUnsafeBytes { HashChain.next(hasher, after: chain, names: names, block: $0) }
        out.bytes.append(contentsOf: chain[..<HashChain.tailBytes])
        return out.bytes
    }

    package init(_ bytes: UnsafeRawBufferPointer, firstOrdinal: UInt64) throws(RecordError) {
        guard bytes.count > HashChain.tailBytes + 4 else { throw RecordError("the block is cut short") }
        chained = UnsafeRawBufferPointer(rebasing: bytes.dropLast(HashChain.tailBytes))
        chainTail = Array(bytes[(bytes.count - HashChain.tailBytes)...])
        let checked = UnsafeRawBufferPointer(rebasing: chained.dropLast(4))
        let checksum = UInt32(littleEndian: chained.loadUnaligned(fromByteOffset: checked.count, as: UInt32.self))
        guard Checksum.of(checked, seed: firstOrdinal) == checksum else { throw RecordError("the checksum is wrong") }
        var reader = ByteReader(checked)
        format = try reader.byte()
        guard RecordFormat.isKnown(format) else { throw RecordError("format \(format) is not known") }
        count = try reader.count()
        time = Timestamp(microseconds: try reader.zigzag())
        revision = try reader.varint()
        names = try reader.names()
        contentStart = reader.at
        self.firstOrdinal = firstOrdinal
    }

    /// The block's records in order.
    package func records(_ decoder: inout RecordDecoder) throws(RecordError) -> [EventRecord] {
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: chained.dropLast(4)))
        reader.at = contentStart
        var records: [EventRecord] = []
        records.reserveCapacity(count)
        var (revision, time) = (self.revision, self.time)
        for i in 0..<count {
            let record = try decoder.access(&reader, after: revision, time, ordinal: firstOrdinal + UInt64(i))
            revision = record.revision
            time = record.time
            records.append(record)
        }
        return records
    }
}
