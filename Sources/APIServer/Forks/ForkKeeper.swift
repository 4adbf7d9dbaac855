import ClusterState
public import Document
public import Records
public import Schema

/// A fork of the cluster's past: what is known of it without starting it.
public struct ForkFacts: Equatable, Sendable {
    public let name: String
    /// The revision it goes on from, and when that was.
    public let base: UInt64
    public let baseTime: Timestamp
    public let created: Timestamp
    /// Who made it, and may do anything in it.
    public let owner: String

    public init(name: String, base: UInt64, baseTime: Timestamp, created: Timestamp, owner: String) {
        self.name = name
        self.base = base
        self.baseTime = baseTime
        self.created = created
        self.owner = owner
    }
}

/// Who keeps the forks: makes, starts, stops and removes them. Calls may block and are never made on an event loop, but for `running`.
public protocol ForkKeeper: AnyObject, Sendable {
    /// Makes one; `events` are its first, from the base's next revision on.
    func create(_ facts: ForkFacts, events: [EventRecord]) throws(APIError)
    /// In the order of the names.
    func list() -> [ForkFacts]
    func facts(_ name: String) -> ForkFacts?
    /// Stops it and removes everything of it.
    func delete(_ name: String) throws(APIError)
    /// Its server, started when it was not.
    func open(_ name: String) throws(APIError) -> APIServer
    /// Its server when it runs.
    func running(_ name: String) -> APIServer?
    /// Revisions of its own, and bytes on the disk.
    func size(_ name: String) -> (revision: UInt64, bytes: UInt64)
}
