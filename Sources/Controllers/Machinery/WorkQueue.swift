public import Document
public import Records
internal import DequeModule

/// The dirty keys of one controller: each at most once, in the order they became due, with delayed and failing ones aside.
///
///     add ─► ready ─► take ─► forget (worked) │ retry (failed) ─► delayed ─► ready
///     add(after:) ─► delayed ─► ready
public struct WorkQueue: Sendable {
    /// The first delay after a failure and the longest, in microseconds: client-go's item exponential rate limiter.
    public static let retryDelayMin: Int64 = 5_000
    public static let retryDelayMax: Int64 = 1_000_000_000

    private struct Waiting: Sendable {
        var due: Timestamp
        var cause: UInt64?
    }
    private var ready: Deque<ObjectKey> = []
    private var causes: [ObjectKey: UInt64?] = [:]
    private var delayed: [ObjectKey: Waiting] = [:]
    private var failures: [ObjectKey: Int] = [:]
    /// No delayed key is due before this: most calls need not look at them.
    private var earliest: Timestamp?

    /// Keys that became due, and those that were to be tried again, since the beginning.
    public private(set) var adds: UInt64 = 0
    public private(set) var retries: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { ready.isEmpty }
    public var count: Int { ready.count }

    /// Makes a key due now. A key that is already due keeps its place and takes the newer cause.
    public mutating func add(_ key: ObjectKey, cause: UInt64?) {
        if let old = causes[key] {
            if let cause { causes[key] = max(cause, (old ?? 0)) }
            return
        }
        causes[key] = .some(cause)
        ready.append(key)
        adds += 1
    }

    /// Makes a key due after some microseconds, or earlier when it already was to be.
    public mutating func add(_ key: ObjectKey, cause: UInt64?, after delay: Int64, now: Timestamp) {
        if delay <= 0 { return add(key, cause: cause) }
        let due = now.adding(microseconds: delay)
        if let waiting = delayed[key], waiting.due <= due { return }
        delayed[key] = Waiting(due: due, cause: cause)
        earliest = earliest.map { min($0, due) } ?? due
    }

    /// Makes a key that failed due again after a delay that doubles with each failure in a row.
    public mutating func retry(_ key: ObjectKey, cause: UInt64?, now: Timestamp) {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        retries += 1
        let delay = count >= 28 ? Self.retryDelayMax : min(Self.retryDelayMin << Int64(count), Self.retryDelayMax)
        add(key, cause: cause, after: delay, now: now)
    }

    /// Forgets the failures of a key that was worked without one.
    public mutating func forget(_ key: ObjectKey) { failures[key] = nil }
    public func failures(of key: ObjectKey) -> Int { failures[key] ?? 0 }

    /// The first key that is due, and what made it dirty.
    public mutating func take(now: Timestamp) -> (key: ObjectKey, cause: UInt64?)? {
        promote(now: now)
        guard let key = ready.popFirst(), let cause = causes.removeValue(forKey: key) else { return nil }
        return (key, cause)
    }

    /// When the next delayed key becomes due.
    public var nextDue: Timestamp? { earliest }

    /// Moves the delayed keys whose time has come, earliest first.
    public mutating func promote(now: Timestamp) {
        guard let earliest, earliest <= now else { return }
        let due = delayed.filter { $0.value.due <= now }.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        for (key, waiting) in due {
            delayed[key] = nil
            add(key, cause: waiting.cause)
        }
        self.earliest = delayed.values.lazy.map(\.due).min()
    }
}
