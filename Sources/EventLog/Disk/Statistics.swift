import Document
import Records

extension DiskLog {
    public var usedBytes: UInt64 { environment.usedBytes }

    public func statistics() throws(LogError) -> LogStatistics {
        var statistics = LogStatistics()
        (statistics.head, statistics.floor) = shared.withLock { ($0.head, $0.floor) }
        let head = statistics.head
        let floor = statistics.floor
        statistics.fileBytes = environment.usedBytes
        statistics.liveBytes = try liveBytes()
        statistics.checkpoints = checkpointRevisions()
        for revision in statistics.checkpoints { statistics.checkpointBytes += fileBytes(checkpointPath(revision)) }
        statistics.keyframes = Self.keyframeRevisions(directory)
        for revision in statistics.keyframes {
            statistics.keyframeBytes += fileBytes(Self.keyframePath(directory, revision))
        }
        let (journal, access, oldest) = try read { transaction throws(LogError) in
            let names = LogNames(transaction, databases)
            var journal: [String: LogStatistics.PerKind] = [:]
            var oldest: Timestamp?
            var block: (first: UInt64, overhead: UInt64) = (0, 0)
            try forEachRecord(transaction, from: floor + 1, through: head.revision, names: names) {
                revision, bytes, stored, decoder throws(RecordError) in
                let (record, changes) = try decoder.journal(bytes, revision: revision, after: stored.time)
                if oldest == nil { oldest = record.time }
                if block.first != stored.firstRevision {
                    let count = UInt64(stored.count)
                    block = (stored.firstRevision, (UInt64(stored.overheadBytes) + Self.entryBytes + count - 1) / count)
                }
                let store = changes.first.map {
                    $0.object.key.group.isEmpty
                        ? $0.object.key.resource : $0.object.key.resource + "." + $0.object.key.group
                }
                let kind = record.request.verb + (store.map { " " + $0 } ?? "")
                journal[kind, default: .init()].events += 1
                journal[kind, default: .init()].bytes += UInt64(bytes.count) + block.overhead
                return true
            }
            var access: [String: LogStatistics.PerKind] = [:]
            var cursor = try transaction.cursor(databases.access)
            var more = try cursor.first()
            while more, cursor.number <= head.ordinal {
                let first = cursor.number
                let value = cursor.value
                try damage(nil, "access record \(first)") { () throws(RecordError) in
                    let stored = try AccessBlock(value, firstOrdinal: first)
                    var decoder = try RecordDecoder(format: stored.format, names: names)
                    let share =
                        (UInt64(value.count) + Self.entryBytes + UInt64(stored.count) - 1) / UInt64(stored.count)
                    for record in try stored.records(&decoder) {
                        access[record.request.verb, default: .init()].events += 1
                        access[record.request.verb, default: .init()].bytes += share
                    }
                }
                more = try cursor.next()
            }
            return (journal, access, oldest)
        }
        statistics.journal = journal.keys.sorted().map { ($0, journal[$0]!) }
        statistics.access = access.keys.sorted().map { ($0, access[$0]!) }
        statistics.oldest = oldest ?? head.time
        return statistics
    }

    /// What LMDB adds to an entry: a node's head, the key, and the node's place in its page.
    private static let entryBytes: UInt64 = 8 + 8 + 2
}
