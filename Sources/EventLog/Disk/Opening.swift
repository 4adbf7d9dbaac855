import ClusterState
import Document
import Records

/// What is read when a log is opened.
extension DiskLog {
    struct End {
        var anchor: Anchor
        var anchoredOrdinal: UInt64
        var time: Timestamp
    }

    /// The end of both streams, with the chains recomputed from their last stored values on.
    static func readEnd(_ transaction: Transaction, _ databases: Databases) throws(LogError) -> (
        End, floor: UInt64, nextName: UInt64
    ) {
        var anchor = Anchor.origin
        var anchors = try transaction.cursor(databases.anchors)
        if try anchors.last() {
            let revision = anchors.number
            anchor = try damage(nil) { () throws(RecordError) in try Anchor(decoding: anchors.value, revision: revision)
            }
        }
        let anchoredOrdinal = anchor.ordinal
        var time = Timestamp(microseconds: 0)
        let names = LogNames(transaction, databases)
        var journal = try transaction.cursor(databases.journal)
        var more = try journal.seek(anchor.revision + 1)
        while more {
            let first = journal.number
            guard first == anchor.revision + 1 else {
                throw .damaged(revision: anchor.revision + 1, "records are missing before revision \(first)")
            }
            try damage(first) { () throws(RecordError) in
                let block = try JournalBlock(journal.value, firstRevision: first)
                anchor.chain = try block.chain(
                    SHA256Hasher.self, after: anchor.chain, names: try names.all(block.names))
                guard anchor.chain.starts(with: block.chainTail) else {
                    throw RecordError("the hash chain does not close")
                }
                anchor.revision = first + UInt64(block.count) - 1
            }
            more = try journal.next()
        }
        if try journal.last() {
            let first = journal.number
            try damage(first) { () throws(RecordError) in
                let block = try JournalBlock(journal.value, firstRevision: first)
                try block.forEach(from: first) { _, bytes throws(RecordError) in
                    time = try RecordDecoder.time(bytes, after: block.time)
                    return true
                }
            }
        }
        if let bytes = try transaction.get(databases.meta, accessFloorKey) {
            let floor = try damage(nil) { () throws(RecordError) in try readAccessFloor(bytes) }
            if floor.ordinal > anchor.ordinal { (anchor.ordinal, anchor.accessChain) = floor }
        }
        var access = try transaction.cursor(databases.access)
        more = try access.seek(anchor.ordinal + 1)
        while more {
            let first = access.number
            try damage(nil, "access record \(first)") { () throws(RecordError) in
                guard first == anchor.ordinal + 1 else { throw RecordError("records are missing before it") }
                let block = try AccessBlock(access.value, firstOrdinal: first)
                anchor.accessChain = HashChain.next(
                    SHA256Hasher.self, after: anchor.accessChain, names: try names.all(block.names),
                    block: block.chained)
                guard anchor.accessChain.starts(with: block.chainTail) else {
                    throw RecordError("the hash chain does not close")
                }
                anchor.ordinal = first + UInt64(block.count) - 1
            }
            more = try access.next()
        }
        if try access.last() {
            let first = access.number
            try damage(nil, "access record \(first)") { () throws(RecordError) in
                let block = try AccessBlock(access.value, firstOrdinal: first)
                var decoder = try RecordDecoder(format: block.format, names: names)
                if let last = try block.records(&decoder).last?.time { time = max(time, last) }
            }
        }
        var nameCursor = try transaction.cursor(databases.names)
        let nextName = try nameCursor.last() ? nameCursor.number + 1 : 0
        return (
            End(anchor: anchor, anchoredOrdinal: anchoredOrdinal, time: time), try readFloor(transaction, databases),
            nextName
        )
    }

    static let floorKey = Array("floor".utf8)

    static func readFloor(_ transaction: Transaction, _ databases: Databases) throws(LogError) -> UInt64 {
        guard let bytes = try transaction.get(databases.meta, floorKey) else { return 0 }
        return UInt64(String(decoding: bytes, as: UTF8.self)) ?? 0
    }

    static let floorTimeKey = Array("floor-time".utf8)

    static func readFloorTime(_ transaction: Transaction, _ databases: Databases) throws(LogError) -> Timestamp? {
        guard let bytes = try transaction.get(databases.meta, floorTimeKey),
            let micros = Int64(String(decoding: bytes, as: UTF8.self))
        else { return nil }
        return Timestamp(microseconds: micros)
    }

    /// Calls `body` with the journal's records in order, until it returns false. Errors are named by their revision.
    func forEachRecord(
        _ transaction: Transaction, from first: UInt64, through last: UInt64, names: LogNames,
        _ body: (UInt64, UnsafeRawBufferPointer, JournalBlock, inout RecordDecoder) throws(RecordError) -> Bool
    ) throws(LogError) {
        guard first <= last else { return }
        var cursor = try transaction.cursor(databases.journal)
        guard try cursor.seekBack(first) else { throw .damaged(revision: first, "the record is missing") }
        var next = first
        var decoders = Decoders()
        var goesOn = true
        repeat {
            let start = cursor.number
            guard start <= next else { throw .damaged(revision: next, "the record is missing") }
            var current = next
            do throws(RecordError) {
                let block = try JournalBlock(cursor.value, firstRevision: start)
                guard next < start + UInt64(block.count) else { throw RecordError("the record is missing") }
                var decoder = try decoders.decoder(block.format, names)
                try block.forEach(from: next) { revision, bytes throws(RecordError) in
                    current = revision
                    if revision > last {
                        goesOn = false
                    } else {
                        goesOn = try body(revision, bytes, block, &decoder)
                    }
                    return goesOn
                }
                decoders.keep(decoder, block.format)
                next = start + UInt64(block.count)
            } catch {
                throw .damaged(revision: current, error.text)
            }
            guard goesOn, next <= last else { return }
        } while try cursor.next()
        throw .damaged(revision: next, "the record is missing")
    }
}

/// Gives errors in stored bytes the place at which they were met.
func damage<T>(_ revision: UInt64?, _ what: String = "", _ body: () throws(RecordError) -> T) throws(LogError) -> T {
    do throws(RecordError) { return try body() } catch {
        throw .damaged(revision: revision, what.isEmpty ? error.text : "\(what): \(error.text)")
    }
}

/// Names and objects as they stand in the file, inside one transaction.
struct LogNames: RecordNames {
    private let transaction: Transaction
    private let databases: Databases
    init(_ transaction: Transaction, _ databases: Databases) {
        self.transaction = transaction
        self.databases = databases
    }

    func name(_ number: UInt64) throws(RecordError) -> [UInt8] {
        let found = try quiet { () throws(LogError) in
            try transaction.get(databases.names, number) { bytes throws(LogError) in
                Checked.open(bytes, seed: number).map { Array($0) }
            }
        }
        guard let found else { throw RecordError("name \(number) is missing") }
        guard let bytes = found else { throw RecordError("the checksum of name \(number) is wrong") }
        return bytes
    }

    func all(_ numbers: Range<UInt64>) throws(RecordError) -> [[UInt8]] {
        var all: [[UInt8]] = []
        for number in numbers { all.append(try name(number)) }
        return all
    }

    func object(_ number: UInt64) throws(RecordError) -> ObjectIdentity {
        if let base = databases.inherited, number <= base.state.creations {
            return try quiet { () throws(LogError) in try base.identity(number) }
        }
        let found = try quiet { () throws(LogError) in
            try transaction.get(databases.objects, number) { bytes throws(LogError) -> ObjectIdentity? in
                guard let content = Checked.open(bytes, seed: number) else { return nil }
                return try? ObjectIdentity(decoding: content)
            }
        }
        guard let found else { throw RecordError("object \(number) is missing") }
        guard let object = found else { throw RecordError("the checksum of object \(number) is wrong") }
        return object
    }

    private func quiet<T>(_ body: () throws(LogError) -> T) throws(RecordError) -> T {
        do throws(LogError) { return try body() } catch { throw RecordError(error.description) }
    }
}

/// The decoder of the format met last: blocks of one format follow each other.
struct Decoders {
    private var last: (format: UInt8, decoder: RecordDecoder)?
    mutating func decoder(_ format: UInt8, _ names: LogNames) throws(RecordError) -> RecordDecoder {
        if let last, last.format == format {
            defer { self.last = nil }
            return last.decoder
        }
        return try RecordDecoder(format: format, names: names)
    }
    mutating func keep(_ decoder: RecordDecoder, _ format: UInt8) { last = (format, decoder) }
}
