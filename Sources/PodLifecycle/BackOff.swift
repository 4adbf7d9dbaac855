import Document

/// Upstream's `flowcontrol.Backoff`: 10 s, doubling to 5 min; forgotten after 10 min of peace.
struct BackOff: Sendable {
    static let firstSeconds: Int64 = 10
    static let mostSeconds: Int64 = 300

    /// The present delay; 0 before the first failure.
    private(set) var seconds: Int64 = 0
    private var updatedAt = Timestamp(microseconds: 0)

    /// When the next try may begin after a failure at `failedAt`.
    func retryAt(failedAt: Timestamp) -> Timestamp { failedAt.adding(seconds: seconds) }

    /// A try begins: the delay after its failure is the next one up.
    mutating func advance(now: Timestamp) {
        if seconds == 0 || now.since(updatedAt) > 2 * BackOff.mostSeconds * 1_000_000 {
            seconds = BackOff.firstSeconds
        } else {
            seconds = min(seconds * 2, BackOff.mostSeconds)
        }
        updatedAt = now
    }

    mutating func reset() { seconds = 0 }

    /// The delay as Go prints a duration: `10s`, `1m20s`, `5m0s`.
    var text: String { seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s" }
}
