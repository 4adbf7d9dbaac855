public import ClusterState
public import Document
public import Records
public import Schema

/// A log that is only shown: what is asked of it is answered and not written down, and nothing can be added. Another process may be
/// writing it; `refresh` sees what came since.
public final class ServedLog: EventLog {
    /// What is shown.
    public let log: DiskLog

    /// The log must have been opened for reading.
    public init(_ log: DiskLog) { self.log = log }

    /// Takes up what another process has written since; false when nothing came.
    public func refresh() throws(LogError) -> Bool { try log.refresh() }

    public func recover() throws(LogError) -> Recovery { try log.recover() }
    public func append(_ batch: [EventRecord], after state: ClusterState) throws(LogError) {
        guard batch.allSatisfy({ $0.stream == .access }) else { throw .unusable("\(log.directory) is only shown") }
    }
    public var head: LogHead { log.head }
    public var floor: UInt64 { log.floor }
    public var floorTime: Timestamp? { log.floorTime }
    public var kindFloors: [GroupResource: UInt64] { log.kindFloors }
    public func floor(of store: GroupResource) -> UInt64 { log.floor(of: store) }
    public func events(from revision: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        try log.events(from: revision, limit: limit)
    }
    public func outlines(from revision: UInt64, limit: Int, facts: Bool) throws(LogError) -> [EventRecord] {
        try log.outlines(from: revision, limit: limit, facts: facts)
    }
    public func accesses(from ordinal: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        try log.accesses(from: ordinal, limit: limit)
    }
    public func versions(of key: ObjectKey) throws(LogError) -> [ObjectVersion] { try log.versions(of: key) }
    public func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject? {
        try log.object(key, at: revision)
    }
    public func state(at revision: UInt64) throws(LogError) -> ClusterState { try log.state(at: revision) }
    public func excerpt(of parts: [StatePart], at revision: UInt64) throws(LogError) -> ClusterState {
        try log.excerpt(of: parts, at: revision)
    }
    public func listing(_ listing: StateListing, at revision: UInt64) throws(LogError) -> PastListing {
        try log.listing(listing, at: revision)
    }
    public func population(of store: GroupResource, namespace: String, at revision: UInt64) throws(LogError) -> Int? {
        try log.population(of: store, namespace: namespace, at: revision)
    }
    public func revision(at time: Timestamp) throws(LogError) -> UInt64 { try log.revision(at: time) }
    public func time(of revision: UInt64) throws(LogError) -> Timestamp? { try log.time(of: revision) }
    public func writeCheckpoint(_ state: ClusterState) throws(LogError) {}
    public func prune(journalBefore revision: UInt64?, accessBefore time: Timestamp?) throws(LogError) {
        throw .unusable("\(log.directory) is only shown")
    }
    public var usedBytes: UInt64 { log.usedBytes }
    public func statistics() throws(LogError) -> LogStatistics { try log.statistics() }
    public func verify(_ progress: (Double) -> Void) -> VerifyReport { log.verify(progress) }
    public func close() { log.close() }
}
