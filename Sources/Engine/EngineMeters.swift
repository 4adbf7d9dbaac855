import EventLog

/// What the writer has done since the process began.
public struct EngineMeters: Sendable {
    /// Upper bounds of `commitBuckets`, microseconds.
    public static let commitBounds: [Int64] = [
        100, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 1_024_000, 4_096_000,
    ]
    /// Upper bounds of `batchBuckets`, requests.
    public static let batchBounds: [Int] = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    public private(set) var commits: UInt64 = 0
    /// Records of the journal and of the access stream.
    public private(set) var events: UInt64 = 0
    public private(set) var accesses: UInt64 = 0
    public private(set) var commitMicroseconds: Int64 = 0
    /// Commits by the time that they took; not summed up.
    public private(set) var commitBuckets = [UInt64](repeating: 0, count: EngineMeters.commitBounds.count)
    /// Requests that were written, and commits by how many of them they held; not summed up.
    public private(set) var batched: UInt64 = 0
    public private(set) var batchBuckets = [UInt64](repeating: 0, count: EngineMeters.batchBounds.count)

    mutating func committed(writes: Int, events: Int, accesses: Int, microseconds: Int64) {
        commits += 1
        self.events += UInt64(events)
        self.accesses += UInt64(accesses)
        commitMicroseconds += microseconds
        batched += UInt64(writes)
        if let place = EngineMeters.commitBounds.firstIndex(where: { microseconds <= $0 }) { commitBuckets[place] += 1 }
        if let place = EngineMeters.batchBounds.firstIndex(where: { writes <= $0 }) { batchBuckets[place] += 1 }
    }
}

extension Engine {
    /// What the writer has done.
    public var meters: EngineMeters { meter.with { $0 } }
    /// Writes that wait.
    public var queuedWrites: Int { queue.with { $0.writes.count } }
    /// Bytes that the log takes on its disk.
    public var logBytes: UInt64 { log.usedBytes }

    /// Why nothing is written at present; nil when all is well: the writer stopped, or something has waited for `seconds`.
    public func writeTrouble(after seconds: Int64) -> String? {
        queue.with { queue in
            if queue.isStopping { return "the log is closed" }
            guard !queue.access.isEmpty, steadyMicroseconds() - queue.accessSince > seconds * 1_000_000 else {
                return nil
            }
            return "the disk has not taken a record for \(seconds) seconds"
        }
    }
}
