public import Document
public import Records

/// When requests were refused, by stretches of the access stream. A stretch keeps the moments of its first denials and the number of
/// the others, so that memory stays bounded under a flood of them.
public struct DenialActivity: Sendable {
    /// Access records in a stretch.
    public static let stretchRecords: UInt64 = 4096
    static let momentsMax = 64

    /// One stretch of the access stream.
    public struct Stretch: Sendable {
        /// The last record that was looked at.
        public internal(set) var through: UInt64
        /// When its first and its last record were made.
        public internal(set) var begins: Timestamp
        public internal(set) var ends: Timestamp
        var moments: [Timestamp] = []
        var others = 0
    }
    private var stretches: [UInt64: Stretch] = [:]
    public init() {}

    public static func stretch(of ordinal: UInt64) -> UInt64 { (ordinal - 1) / stretchRecords }
    public static func first(of stretch: UInt64) -> UInt64 { stretch * stretchRecords + 1 }

    public subscript(number: UInt64) -> Stretch? { stretches[number] }

    /// From where a stretch is still to be read; nil when it is known up to `head`.
    public func next(in number: UInt64, head: UInt64) -> UInt64? {
        let next = (stretches[number]?.through).map { $0 + 1 } ?? Self.first(of: number)
        return next <= min(head, Self.first(of: number + 1) - 1) ? next : nil
    }

    /// Looks at records of a stretch that continue what was read, up to `through`.
    public mutating func note(_ records: [EventRecord], stretch number: UInt64, through: UInt64) {
        let last = records.last?.time ?? Timestamp(microseconds: 0)
        var stretch =
            stretches[number]
            ?? Stretch(through: Self.first(of: number) - 1, begins: records.first?.time ?? last, ends: last)
        for record in records where record.ordinal > stretch.through && record.ordinal <= through {
            stretch.ends = max(stretch.ends, record.time)
            guard Self.isDenial(record) else { continue }
            if stretch.moments.count < Self.momentsMax {
                stretch.moments.append(record.time)
            } else {
                stretch.others += 1
            }
        }
        stretch.through = max(stretch.through, through)
        stretches[number] = stretch
    }

    /// Whether a request was refused for who asked: not known (401) or not allowed (403).
    public static func isDenial(_ record: EventRecord) -> Bool {
        record.outcome.code == 401 || record.outcome.code == 403
    }

    /// Adds a stretch's denials to buckets that begin at `bounds` (one more than there are buckets). False when moments were guessed.
    public func add(_ number: UInt64, to counts: inout [Int], bounds: [Timestamp]) -> Bool {
        guard let stretch = stretches[number] else { return false }
        func add(_ moment: Timestamp, _ count: Int) {
            guard let first = bounds.first, let last = bounds.last, moment >= first, moment <= last else { return }
            let above = bounds.partition { $0 > moment }
            counts[min(max(above - 1, 0), counts.count - 1)] += count
        }
        for moment in stretch.moments { add(moment, 1) }
        guard stretch.others > 0 else { return true }
        // Spread evenly over the rest of the stretch.
        let begins = stretch.moments.last ?? stretch.begins
        let pieces = min(stretch.others, 64)
        for i in 0..<pieces {
            let moment = begins.adding(microseconds: stretch.ends.since(begins) * Int64(2 * i + 1) / Int64(2 * pieces))
            add(moment, stretch.others * (i + 1) / pieces - stretch.others * i / pieces)
        }
        return false
    }
}

extension [Timestamp] {
    /// How many of the sorted elements come before the first that fulfils the condition.
    fileprivate func partition(_ condition: (Timestamp) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
