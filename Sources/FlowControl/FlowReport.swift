/// What metrics and the debugging page tell of priority and fairness.
public struct FlowReport: Sendable {
    public struct Level: Sendable {
        public let name: String
        public let isExempt: Bool
        /// Seats: its own, the least and the most that it can come to have, and in use.
        public let nominalSeats: Int
        public let lowerSeats: Int
        public let upperSeats: Int
        public let seatsInUse: Int
        public let executing: Int
        public let waiting: Int
        /// Queues that hold something.
        public let activeQueues: [(queue: Int, length: Int)]
        /// Requests that waited, by the time in microseconds that they did; not yet summed up.
        public let waits: [(micros: Int64, count: UInt64)]
        public let waitCount: UInt64
        public let waitMicros: Int64
    }
    public struct Schema: Sendable {
        public let name: String
        public let level: String
        public let dispatched: UInt64
        public let executing: Int
        public let seats: Int
        public let waiting: Int
        public let refused: [(reason: FlowRefusal, count: UInt64)]
    }
    /// By name.
    public let levels: [Level]
    /// By level and name.
    public let schemas: [Schema]
}

extension FlowDispatcher {
    /// The numbers now.
    public var report: FlowReport {
        let lendable = levels.reduce(0) { $0 + ($1.isGone ? 0 : $1.lendable) }
        return FlowReport(
            levels: levels.filter { !$0.isGone }.map { level in
                FlowReport.Level(
                    name: level.configuration.name, isExempt: level.configuration.isExempt, nominalSeats: level.nominal,
                    lowerSeats: level.nominal - level.lendable,
                    upperSeats: min(level.limitMax, level.nominal + lendable - level.lendable),
                    seatsInUse: level.seatsInUse, executing: level.executing, waiting: level.queues?.count ?? 0,
                    activeQueues: level.queues?.lengths ?? [],
                    waits: zip(WaitTimes.bounds, level.waits.buckets).map { (micros: $0, count: $1) },
                    waitCount: level.waits.count, waitMicros: level.waits.micros)
            }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) },
            schemas: counts.map { counts in
                FlowReport.Schema(
                    name: counts.name, level: counts.level, dispatched: counts.dispatched, executing: counts.executing,
                    seats: counts.seats, waiting: counts.waiting,
                    refused: zip(FlowRefusal.allCases, counts.refused).map { (reason: $0, count: $1) })
            }.sorted { ($0.level, $0.name) < ($1.level, $1.name) })
    }
}
