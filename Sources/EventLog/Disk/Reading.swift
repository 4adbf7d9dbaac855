import ClusterState
public import Document
public import Records
import Synchronization

extension DiskLog {
    public func events(from revision: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        let (head, floor) = shared.withLock { ($0.head.revision, $0.floor) }
        let first = max(revision, 1)
        guard first <= head, limit > 0 else { return [] }
        guard first > floor else { throw .belowFloor(floor: floor) }
        let last = limit < Int(head - first) ? first + UInt64(limit) - 1 : head
        return try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            var reader = try bodies(transaction)
            var records: [EventRecord] = []
            // The bodies met on the way: most changes continue one of them.
            var bodies = BodyMemory()
            var failure: LogError?
            try forEachRecord(transaction, from: first, through: last, names: names) {
                revision, bytes, block, decoder throws(RecordError) in
                var (record, changes) = try decoder.journal(bytes, revision: revision, after: block.time)
                for change in changes {
                    if change.isForgotten {
                        let (object, previous) = (change.object, change.previousRevision)
                        record.changes.append(
                            Change(
                                kind: change.kind, key: object.key, uid: object.uid, previousRevision: previous,
                                body: []))
                        continue
                    }
                    let full = try change.change { () throws(RecordError) in
                        if let known = bodies[change.number, change.previousRevision] { return known }
                        do throws(LogError) {
                            return try reader.body(
                                of: change.number, change.object.key, at: change.previousRevision)
                        } catch {
                            failure = error
                            throw RecordError(error.description)
                        }
                    }
                    bodies.note(change.number, revision, full.body)
                    record.changes.append(full)
                }
                records.append(record)
                return records.count < limit
            }
            if let failure { throw failure }
            return records
        }
    }

    public func outlines(from revision: UInt64, limit: Int, facts: Bool) throws(LogError) -> [EventRecord] {
        let (head, floor) = shared.withLock { ($0.head.revision, $0.floor) }
        let first = max(revision, floor + 1)
        guard first <= head, limit > 0 else { return [] }
        let last = limit < Int(head - first) ? first + UInt64(limit) - 1 : head
        return try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            var records: [EventRecord] = []
            try forEachRecord(transaction, from: first, through: last, names: names) {
                revision, bytes, block, decoder throws(RecordError) in
                var (record, changes) = try decoder.journal(bytes, revision: revision, after: block.time, facts: facts)
                for change in changes {
                    record.changes.append(
                        Change(
                            kind: change.kind, key: change.object.key, uid: change.object.uid,
                            previousRevision: change.previousRevision, body: []))
                }
                records.append(record)
                return records.count < limit
            }
            return records
        }
    }

    public func accesses(from ordinal: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        let head = head.ordinal
        guard ordinal <= head, limit > 0 else { return [] }
        return try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            var records: [EventRecord] = []
            var decoders = Decoders()
            var cursor = try transaction.cursor(databases.access)
            var more = try cursor.seekBack(max(ordinal, 1))
            if !more { more = try cursor.first() }
            while more, records.count < limit {
                let first = cursor.number
                if first > head { break }
                try damage(nil, "access record \(first)") { () throws(RecordError) in
                    let block = try AccessBlock(cursor.value, firstOrdinal: first)
                    var decoder = try decoders.decoder(block.format, names)
                    for record in try block.records(&decoder)
                    where record.ordinal >= ordinal && record.ordinal <= head && records.count < limit {
                        records.append(record)
                    }
                    decoders.keep(decoder, block.format)
                }
                more = try cursor.next()
            }
            return records
        }
    }

    public func revision(at time: Timestamp) throws(LogError) -> UInt64 {
        let (head, floor, end) = shared.withLock { ($0.head.revision, $0.floor, $0.head.time) }
        if time >= end || head == floor { return head }
        return try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            // The last block that begins at or before the moment, by halves; then its records one by one.
            var (low, high) = (floor, head)
            var cursor = try transaction.cursor(databases.journal)
            while low < high {
                let middle = low + (high - low + 1) / 2
                guard try cursor.seekBack(middle) else { return floor }
                let first = max(cursor.number, floor + 1)
                guard let begin = try self.time(transaction, first, names), begin <= time else {
                    high = min(first, middle) - 1
                    continue
                }
                let value = cursor.value
                let start = cursor.number
                let count = try damage(start) { () throws(RecordError) in
                    try JournalBlock(value, firstRevision: start).count
                }
                let last = min(start + UInt64(count) - 1, high)
                var found = first
                var isPast = false
                try forEachRecord(transaction, from: first, through: last, names: names) {
                    revision, bytes, block, _ throws(RecordError) in
                    isPast = try RecordDecoder.time(bytes, after: block.time) > time
                    if !isPast { found = revision }
                    return !isPast
                }
                if isPast { return found }
                low = found
                if found == last, last == high { return found }
            }
            return low
        }
    }

    public func time(of revision: UInt64) throws(LogError) -> Timestamp? {
        let (head, floor) = shared.withLock { ($0.head.revision, $0.floor) }
        guard revision > floor, revision <= head else { return nil }
        return try read { transaction throws(LogError) in
            try time(transaction, revision, LogNames(transaction, databases))
        }
    }

    private func time(_ transaction: Transaction, _ revision: UInt64, _ names: LogNames) throws(LogError) -> Timestamp?
    {
        var found: Timestamp?
        try forEachRecord(transaction, from: revision, through: revision, names: names) {
            _, bytes, block, _ throws(RecordError) in
            found = try RecordDecoder.time(bytes, after: block.time)
            return false
        }
        return found
    }
}

/// The newest bodies met in a scan, at most so many.
struct BodyMemory {
    private var bodies: [UInt64: (revision: UInt64, body: [UInt8])] = [:]
    subscript(number: UInt64, revision: UInt64) -> [UInt8]? {
        guard let known = bodies[number], known.revision == revision else { return nil }
        return known.body
    }
    mutating func note(_ number: UInt64, _ revision: UInt64, _ body: [UInt8]) {
        if bodies.count > 4096 { bodies.removeAll(keepingCapacity: true) }
        bodies[number] = (revision, body)
    }
}
