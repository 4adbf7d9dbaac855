package import Document

/// Consecutive journal records as one value of the log: written together, read one by one.
///
/// Layout: format; count; the first record's time; the names that were defined with it; the length of each record; then each
/// record and its checksum; last the beginning of the chain's value after this block.
package struct JournalBlock {
    package let firstRevision: UInt64
    package let format: UInt8
    package let count: Int
    package let time: Timestamp
    /// The numbers of the names that were defined with it.
    package let names: Range<UInt64>
    /// The chain's value after this block, as far as it is stored.
    package let chainTail: [UInt8]
    /// What the chain's value covers: all but the tail.
    package let chained: UnsafeRawBufferPointer
    private let bytes: UnsafeRawBufferPointer
    private let seed: UInt64
    private let lengthsStart: Int
    private let recordsStart: Int

    package static func write<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, _ records: some Collection<[UInt8]>, firstRevision: UInt64, time: Timestamp,
        names: [[UInt8]], firstName: UInt64,
        chain: inout [UInt8]
    ) -> [UInt8] {
        var out = ByteWriter()
        out.bytes.reserveCapacity(records.reduce(64) { $0 + $1.count + 8 })
        out.bytes.append(RecordFormat.current)
        out.count(records.count)
        out.zigzag(time.microseconds)
        out.names(names.count, from: firstName)
        for record in records { out.count(record.count) }
        let seed = UInt64(Checksum.of(out.bytes, seed: firstRevision))
        var revision = firstRevision
        for record in records {
            out.bytes.append(contentsOf: record)
            out.word(Checksum.of(record, seed: seed ^ revision))
            revision += 1
        }
        chain = out.bytes.withUnsafeBytes { HashChain.next(hasher, after: chain, names: names, block: $0) }
        out.bytes.append(contentsOf: chain[..<HashChain.tailBytes])
        return out.bytes
    }

    /// Looks at the bytes where they are: valid as long as they.
    package init(_ bytes: UnsafeRawBufferPointer, firstRevision: UInt64) throws(RecordError) {
        guard bytes.count > HashChain.tailBytes else { throw RecordError("the block is cut short") }
        chained = UnsafeRawBufferPointer(rebasing: bytes.dropLast(HashChain.tailBytes))
        chainTail = Array(bytes[(bytes.count - HashChain.tailBytes)...])
        var reader = ByteReader(chained)
        format = try reader.byte()
        guard RecordFormat.isKnown(format) else { throw RecordError("format \(format) is not known") }
        count = try reader.count()
        time = Timestamp(microseconds: try reader.zigzag())
        names = try reader.names()
        lengthsStart = reader.at
        for _ in 0..<count { _ = try reader.varint() }
        guard count > 0 else { throw RecordError("the block is empty") }
        recordsStart = reader.at
        seed = UInt64(Checksum.of(UnsafeRawBufferPointer(rebasing: chained[..<recordsStart]), seed: firstRevision))
        self.bytes = chained
        self.firstRevision = firstRevision
    }

    /// What the block takes besides its records.
    package var overheadBytes: Int { recordsStart + HashChain.tailBytes + 4 * count }

    /// Calls `body` with each record from `revision` on until it returns false. A record whose checksum is wrong is an error.
    package func forEach(
        from revision: UInt64, _ body: (UInt64, UnsafeRawBufferPointer) throws(RecordError) -> Bool
    ) throws(RecordError) {
        var lengths = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<recordsStart]))
        lengths.at = lengthsStart
        var records = ByteReader(bytes)
        records.at = recordsStart
        var current = firstRevision
        for _ in 0..<count {
            let length = try lengths.varint()
            guard length <= UInt64(records.left) else { throw RecordError("a record goes beyond its block") }
            let record = try records.raw(Int(length))
            let checksum = try records.word()
            if current >= revision {
                guard Checksum.of(record, seed: seed ^ current) == checksum else {
                    throw RecordError("the checksum is wrong")
                }
                if !(try body(current, record)) { return }
            }
            current += 1
        }
    }
}
