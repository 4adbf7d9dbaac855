import Document
import Records
import Schema
import Synchronization

extension DiskLog {
    private struct Refreshed {
        var end: End
        var floor: UInt64
        var time: Timestamp?
        var kinds: [GroupResource: KindFloor]
    }

    /// Of a log that was opened for reading: takes up what another process has written since; false when nothing came.
    public func refresh() throws(LogError) -> Bool {
        guard environment.isReadOnly else { return false }
        let known = head
        let found = try read { transaction throws(LogError) -> Refreshed? in
            var journal = try transaction.cursor(databases.journal)
            var access = try transaction.cursor(databases.access)
            var hasNew = false
            if try journal.last() { hasNew = journal.number > known.revision }
            if try access.last() { hasNew = hasNew || access.number > known.ordinal }
            guard hasNew else { return nil }
            let (end, floor, _) = try Self.readEnd(transaction, databases)
            return Refreshed(
                end: end, floor: floor, time: try Self.readFloorTime(transaction, databases),
                kinds: try Self.readKindFloors(transaction, databases))
        }
        guard let found else { return false }
        let end = found.end
        shared.withLock {
            $0.head = LogHead(
                revision: end.anchor.revision, ordinal: end.anchor.ordinal, time: end.time, chain: end.anchor.chain)
            $0.floor = found.floor
            $0.floorTime = found.time
            $0.kindFloors = found.kinds
        }
        findKeyframes()
        let index = try loadIndex(after: shared.withLock { $0.index })
        shared.withLock { $0.index = index }
        return true
    }
}
