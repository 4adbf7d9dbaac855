import Document
import Records
import Synchronization

extension DiskLog {
    /// Of a log that was opened for reading: takes up what another process has written since; false when nothing came.
    public func refresh() throws(LogError) -> Bool {
        guard environment.isReadOnly else { return false }
        let known = head
        let found = try read { transaction throws(LogError) -> (end: End, floor: UInt64, time: Timestamp?)? in
            var journal = try transaction.cursor(databases.journal)
            var access = try transaction.cursor(databases.access)
            var hasNew = false
            if try journal.last() { hasNew = journal.number > known.revision }
            if try access.last() { hasNew = hasNew || access.number > known.ordinal }
            guard hasNew else { return nil }
            let (end, floor, _) = try Self.readEnd(transaction, databases)
            return (end, floor, try Self.readFloorTime(transaction, databases))
        }
        guard let (end, floor, floorTime) = found else { return false }
        shared.withLock {
            $0.head = LogHead(
                revision: end.anchor.revision, ordinal: end.anchor.ordinal, time: end.time, chain: end.anchor.chain)
            $0.floor = floor
            $0.floorTime = floorTime
        }
        let index = try loadIndex(after: shared.withLock { $0.index })
        shared.withLock { $0.index = index }
        return true
    }
}
