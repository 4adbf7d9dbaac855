import Records

/// A segment of the index read whole: at which revisions each object changed in a stretch of the journal.
struct SegmentTable: Sendable {
    /// In order; beside each, where its revisions begin.
    private var numbers: [UInt64] = []
    private var starts: [UInt32] = []
    /// Revisions, counted from the segment's first.
    private var steps: [UInt32] = []
    private let segment: UInt64

    var bytes: Int { numbers.count * 12 + steps.count * 4 }

    init(_ segment: UInt64, _ transaction: Transaction, _ databases: Databases) throws(LogError) {
        self.segment = segment
        let prefix = bigEndian(segment)
        var cursor = try transaction.cursor(databases.segments)
        var more = try cursor.seek(prefix)
        while more, cursor.key.count == 16, cursor.key.starts(with: prefix) {
            let start = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let value = cursor.value
            try damage(segment, "the index") { () throws(RecordError) in try add(value, from: start) }
            more = try cursor.next()
        }
        starts.append(UInt32(steps.count))
    }

    private mutating func add(_ chunk: UnsafeRawBufferPointer, from start: UInt64) throws(RecordError) {
        guard let content = Checked.open(chunk, seed: segment ^ start) else {
            throw RecordError("the checksum of an index is wrong")
        }
        var reader = ByteReader(content)
        var number = start
        while reader.left > 0 {
            number &+= try reader.varint()
            numbers.append(number)
            starts.append(UInt32(steps.count))
            var step: UInt64 = 0
            for _ in 0..<(try reader.count()) {
                step &+= try reader.varint()
                guard let short = UInt32(exactly: step) else { throw RecordError("a segment is too long") }
                steps.append(short)
            }
        }
    }

    /// The last revision after `floor` and not after `limit` at which the object changed; nil when there is none here. `from` is
    /// where to look from: numbers are asked for in order.
    func lastChange(of number: UInt64, notAfter limit: UInt64, after floor: UInt64, from: inout Int) -> UInt64? {
        var (low, high) = (from, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        from = low
        guard low < numbers.count, numbers[low] == number else { return nil }
        for i in (starts[low]..<starts[low + 1]).reversed() {
            let revision = segment + UInt64(steps[Int(i)])
            if revision <= limit { return revision > floor ? revision : nil }
        }
        return nil
    }
}

/// The tables used last. A segment is named by its first revision and where the next one begins: joined with others it has another
/// name.
struct SegmentTables {
    struct Name: Hashable {
        let first: UInt64
        let end: UInt64
    }
    private var tables: [(name: Name, table: SegmentTable)] = []

    mutating func find(_ name: Name) -> SegmentTable? {
        guard let i = tables.firstIndex(where: { $0.name == name }) else { return nil }
        let found = tables.remove(at: i)
        tables.append(found)
        return found.table
    }

    mutating func keep(_ name: Name, _ table: SegmentTable) {
        tables.removeAll { $0.name == name }
        tables.append((name, table))
        while tables.count > 1, tables.reduce(0, { $0 + $1.table.bytes }) > Limits.tableBytes { tables.removeFirst() }
    }
}
