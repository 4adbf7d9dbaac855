public import Document
import Records
import Synchronization

extension DiskLog {
    public func prune(journalBefore revision: UInt64?, accessBefore time: Timestamp?) throws(LogError) {
        if environment.isReadOnly { throw .unusable("\(directory) was opened for reading") }
        if let time { try pruneAccess(before: time) }
    }

    private func pruneAccess(before time: Timestamp) throws(LogError) {}

    public func statistics() throws(LogError) -> LogStatistics { LogStatistics() }
    public func verify(_ progress: (Double) -> Void) -> VerifyReport { VerifyReport() }
}
