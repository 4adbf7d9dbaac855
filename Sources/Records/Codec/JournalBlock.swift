package import Document

/// Consecutive journal records as one value of the log: written together, read one by one.
///
/// Layout: format; count; the first record's time; the names that were defined with it; the length of each record; then each
/// record and its checksum; last the beginning of the chain's value after this block. That covers the outlines of the records
/// (`RecordOutline`); in format 1 it covered all bytes before it.
package struct JournalBlock {
    package let firstRevision: UInt64
    package let format: UInt8
    package let count: Int
    package let time: Timestamp
    /// The numbers of the names that were defined with it.
    package let names: Range<UInt64>
    /// The chain's value after this block, as far as it is stored.
    package let chainTail: [UInt8]
    /// All but the tail.
    private let bytes: UnsafeRawBufferPointer
    private let seed: UInt64
    private let lengthsStart: Int
    private let recordsStart: Int

    package static func write<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, _ records: some Collection<[UInt8]>, firstRevision: UInt64, time: Timestamp,
        names: [[UInt8]], firstName: UInt64,
        chain: inout [UInt8]
    ) -> [UInt8] {
        var out = head(
            records.count, format: RecordFormat.current, time: time, names: names.count, firstName: firstName)
        var outlines = out
        var revision = firstRevision
        for record in records {
            // What was just encoded is read without fail.
            record.withUnsafeBytes {
                try! RecordOutline.write(hasher, of: $0, revision: revision, into: &outlines)
            }
            revision += 1
        }
        append(records, firstRevision: firstRevision, to: &out)
        chain = outlines.bytes.withUnsafeBytes { HashChain.next(hasher, after: chain, names: names, block: $0) }
        out.bytes.append(contentsOf: chain[..<HashChain.tailBytes])
        return out.bytes
    }

    /// A block up to the lengths of its records.
    private static func head(_ count: Int, format: UInt8, time: Timestamp, names: Int, firstName: UInt64) -> ByteWriter
    {
        var out = ByteWriter()
        out.bytes.append(format)
        out.count(count)
        out.zigzag(time.microseconds)
        out.names(names, from: firstName)
        return out
    }

    /// The records' lengths, and the records with their checksums.
    private static func append(_ records: some Collection<[UInt8]>, firstRevision: UInt64, to out: inout ByteWriter) {
        out.bytes.reserveCapacity(records.reduce(64) { $0 + $1.count + 8 })
        for record in records { out.count(record.count) }
        let seed = UInt64(Checksum.of(out.bytes, seed: firstRevision))
        var revision = firstRevision
        for record in records {
            out.bytes.append(contentsOf: record)
            out.word(Checksum.of(record, seed: seed ^ revision))
            revision += 1
        }
    }

    /// The chain's value after this block.
    package func chain<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, after previous: [UInt8], names: [[UInt8]]
    ) throws(RecordError) -> [UInt8] {
        guard format >= RecordFormat.outlined else {
            return HashChain.next(hasher, after: previous, names: names, block: bytes)
        }
        var outlines = ByteWriter()
        outlines.bytes.reserveCapacity(bytes.count)
        outlines.bytes.append(contentsOf: bytes[..<lengthsStart])
        try forEach(from: firstRevision) { revision, record throws(RecordError) in
            try RecordOutline.write(hasher, of: record, revision: revision, into: &outlines)
            return true
        }
        return outlines.bytes.withUnsafeBytes { HashChain.next(hasher, after: previous, names: names, block: $0) }
    }

    /// The block without the bodies of the changes that `isForgotten` names by their revisions and objects' numbers; nil when it has
    /// none of them, or is of a format that cannot do without bodies. Its place in the chain stays.
    package func forgetting<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, _ isForgotten: (_ revision: UInt64, _ number: UInt64) -> Bool
    ) throws(RecordError) -> [UInt8]? {
        guard format >= RecordFormat.outlined else { return nil }
        var records: [[UInt8]] = []
        var forgetsAny = false
        try forEach(from: firstRevision) { revision, record throws(RecordError) in
            let less = try ForgottenBody.record(hasher, record, revision: revision) { isForgotten(revision, $0) }
            forgetsAny = forgetsAny || less != nil
            records.append(less ?? Array(record))
            return true
        }
        guard forgetsAny else { return nil }
        var out = ByteWriter()
        out.bytes = Array(bytes[..<lengthsStart])
        Self.append(records, firstRevision: firstRevision, to: &out)
        out.bytes.append(contentsOf: chainTail)
        return out.bytes
    }

    /// Looks at the bytes where they are: valid as long as they.
    package init(_ bytes: UnsafeRawBufferPointer, firstRevision: UInt64) throws(RecordError) {
        guard bytes.count > HashChain.tailBytes else { throw RecordError("the block is cut short") }
        let whole = UnsafeRawBufferPointer(rebasing: bytes.dropLast(HashChain.tailBytes))
        self.bytes = whole
        chainTail = Array(bytes[whole.count...])
        self.firstRevision = firstRevision
        var reader = ByteReader(whole)
        format = try reader.byte()
        guard RecordFormat.isKnown(format) else { throw RecordError("format \(format) is not known") }
        count = try reader.count()
        time = Timestamp(microseconds: try reader.zigzag())
        names = try reader.names()
        lengthsStart = reader.at
        for _ in 0..<count { _ = try reader.varint() }
        guard count > 0 else { throw RecordError("the block is empty") }
        recordsStart = reader.at
        seed = UInt64(Checksum.of(UnsafeRawBufferPointer(rebasing: whole[..<recordsStart]), seed: firstRevision))
    }

    /// What the block takes besides its records.
    package var overheadBytes: Int { recordsStart + HashChain.tailBytes + 4 * count }

    /// Puts the place of each record into `places`, and the end of the last one: for whoever looks at many records of the block.
    package func locate(_ places: inout [Int]) throws(RecordError) {
        places.removeAll(keepingCapacity: true)
        var lengths = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<recordsStart]))
        lengths.at = lengthsStart
        var place = recordsStart
        for _ in 0..<count {
            places.append(place)
            let length = try lengths.varint()
            guard length < UInt64(bytes.count), place + Int(length) + 4 <= bytes.count else {
                throw RecordError("a record goes beyond its block")
            }
            place += Int(length) + 4
        }
        places.append(place)
    }

    /// The record of `revision`, which the block must hold. A wrong checksum is an error.
    package func record(_ revision: UInt64, at places: [Int]) throws(RecordError) -> UnsafeRawBufferPointer {
        let i = Int(revision - firstRevision)
        let record = UnsafeRawBufferPointer(rebasing: bytes[places[i]..<places[i + 1] - 4])
        try check(
            record, revision,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: places[i + 1] - 4, as: UInt32.self)))
        return record
    }

    private func check(_ record: UnsafeRawBufferPointer, _ revision: UInt64, _ checksum: UInt32) throws(RecordError) {
        guard Checksum.of(record, seed: seed ^ revision) == checksum else {
            throw RecordError("the checksum is wrong")
        }
    }

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
                try check(record, current, checksum)
                if !(try body(current, record)) { return }
            }
            current += 1
        }
    }
}
