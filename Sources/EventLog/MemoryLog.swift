public import ClusterState
public import Document
public import Records
import Synchronization

/// A log in memory, with the contract of the one on disk: for tests and for commands that keep nothing.
public final class MemoryLog: EventLog {
    fileprivate struct Contents {
        var journal: [EventRecord] = []
        var access: [EventRecord] = []
        /// States after every 256 revisions, beginning with the empty one.
        var states = [ClusterState()]
        var newest = ClusterState()
        var head = LogHead(chain: [UInt8](repeating: 0, count: 32))
        var floor: UInt64 = 0
        var floorTime: Timestamp?
        var checkpoints: [UInt64] = []
        /// What the next append answers instead of appending.
        var nextFailure: LogError?
        var isClosed = false
    }
    private let contents = Mutex(Contents())

    public init() {}

    /// A log that holds a copied history already.
    public init(events: [EventRecord]) {
        contents.withLock { for event in events { $0.take(event) } }
    }

    /// Lets the next append fail, once.
    public func failNextAppend(_ error: LogError) { contents.withLock { $0.nextFailure = error } }

    public func recover() throws(LogError) -> Recovery {
        try read { contents throws(LogError) in
            Recovery(state: contents.newest, head: contents.head, eventsReplayed: contents.journal.count)
        }
    }

    public func append(_ batch: [EventRecord], after state: ClusterState) throws(LogError) {
        let result: Result<Void, LogError> = contents.withLock { contents in
            if contents.isClosed { return .failure(.closed) }
            if let failure = contents.nextFailure {
                contents.nextFailure = nil
                return .failure(failure)
            }
            if state.revision != contents.head.revision, batch.contains(where: { $0.stream == .journal }) {
                return .failure(.outOfOrder("the state is at \(state.revision), the log at \(contents.head.revision)"))
            }
            var trial = contents.newest
            for record in batch where record.stream == .journal {
                if let problem = trial.problem(with: record) { return .failure(.outOfOrder(problem)) }
                trial.apply(record)
            }
            for record in batch { contents.take(record) }
            return .success(())
        }
        try result.get()
    }

    public var head: LogHead { contents.withLock { $0.head } }
    public var floor: UInt64 { contents.withLock { $0.floor } }
    public var floorTime: Timestamp? { contents.withLock { $0.floorTime } }

    public func events(from revision: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        try read { contents throws(LogError) in
            if revision <= contents.floor, contents.floor > 0 { throw .belowFloor(floor: contents.floor) }
            guard let first = contents.journal.first, revision <= contents.head.revision else { return [] }
            let start = Int(max(revision, first.revision) - first.revision)
            return Array(contents.journal[start...].prefix(limit))
        }
    }

    public func outlines(from revision: UInt64, limit: Int, facts: Bool) throws(LogError) -> [EventRecord] {
        try events(from: max(revision, floor + 1), limit: limit).map { event in
            var outline = event
            for i in outline.changes.indices { outline.changes[i].body = [] }
            return outline
        }
    }

    public func accesses(from ordinal: UInt64, limit: Int) throws(LogError) -> [EventRecord] {
        try read { contents throws(LogError) in
            guard let first = contents.access.first, ordinal <= contents.head.ordinal else { return [] }
            let start = Int(max(ordinal, first.ordinal) - first.ordinal)
            return Array(contents.access[start...].prefix(limit))
        }
    }

    public func versions(of key: ObjectKey) throws(LogError) -> [ObjectVersion] {
        try read { contents throws(LogError) in
            var found: [ObjectVersion] = []
            for event in contents.journal {
                for change in event.changes where change.key == key {
                    found.append(ObjectVersion(kind: change.kind, uid: change.uid, revision: event.revision))
                }
            }
            return found
        }
    }

    public func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject? {
        try state(at: revision).object(key)
    }

    public func state(at revision: UInt64) throws(LogError) -> ClusterState {
        try read { contents throws(LogError) in
            guard revision <= contents.head.revision else { throw .beyondHead(head: contents.head.revision) }
            guard revision >= contents.floor else { throw .belowFloor(floor: contents.floor) }
            if revision == contents.head.revision { return contents.newest }
            var state = contents.states.last { $0.revision <= revision } ?? ClusterState()
            let first = contents.journal.first?.revision ?? 1
            while state.revision < revision { state.apply(contents.journal[Int(state.revision + 1 - first)]) }
            return state
        }
    }

    public func revision(at time: Timestamp) throws(LogError) -> UInt64 {
        try read { contents throws(LogError) in
            let after = contents.journal.firstIndex { $0.time > time } ?? contents.journal.count
            return after == 0 ? contents.floor : contents.journal[after - 1].revision
        }
    }

    public func time(of revision: UInt64) throws(LogError) -> Timestamp? {
        try events(from: revision, limit: 1).first { $0.revision == revision }?.time
    }

    public func writeCheckpoint(_ state: ClusterState) throws(LogError) {
        try read { _ throws(LogError) in }
        contents.withLock { $0.checkpoints.append(state.revision) }
    }

    public func prune(journalBefore revision: UInt64?, accessBefore time: Timestamp?) throws(LogError) {
        if let revision {
            let floor = try state(at: revision)
            contents.withLock {
                $0.journal.removeAll { $0.revision <= revision }
                $0.states = [floor] + $0.states.filter { $0.revision > revision }
                $0.floor = revision
                $0.floorTime = floor.time
            }
        }
        if let time { contents.withLock { $0.access.removeAll { $0.time < time } } }
    }

    public var usedBytes: UInt64 { 0 }
    public func statistics() throws(LogError) -> LogStatistics {
        try read { contents throws(LogError) in
            var statistics = LogStatistics()
            statistics.head = contents.head
            statistics.floor = contents.floor
            statistics.oldest = contents.journal.first?.time ?? Timestamp(microseconds: 0)
            statistics.checkpoints = contents.checkpoints
            return statistics
        }
    }

    public func verify(_ progress: (Double) -> Void) -> VerifyReport {
        contents.withLock { contents in
            var report = VerifyReport()
            report.events = UInt64(contents.journal.count)
            report.accesses = UInt64(contents.access.count)
            report.head = contents.head
            report.stateDigest = contents.newest.digest(SHA256Hasher.self)
            progress(1)
            return report
        }
    }

    public func close() { contents.withLock { $0.isClosed = true } }

    private func read<T: Sendable>(_ body: (Contents) throws(LogError) -> T) throws(LogError) -> T {
        let contents = contents.withLock { $0 }
        if contents.isClosed { throw .closed }
        return try body(contents)
    }
}

extension MemoryLog.Contents {
    fileprivate mutating func take(_ record: EventRecord) {
        var record = record
        head.time = max(head.time, record.time)
        if record.stream == .access {
            head.ordinal += 1
            record.ordinal = head.ordinal
            access.append(record)
            return
        }
        newest.apply(record)
        head.revision = record.revision
        journal.append(record)
        if record.revision % 256 == 0 { states.append(newest) }
    }
}
