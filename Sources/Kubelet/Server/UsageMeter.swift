import ClusterState
import Document
import Engine
import Usage

/// Reads the counters of the node and its containers now and then, as metrics-server does, and tells what was used between the last
/// two readings.
final class UsageMeter: UsageSource {
    /// metrics-server's `--metric-resolution`.
    static let interval: Duration = .seconds(15)
    /// Readings closer together than this, in microseconds, say little: the older one is kept to compare with.
    private static let windowMin: Int64 = 5_000_000

    private struct State: Sendable {
        var last: UsageCounters?
        var report = UsageReport.none
    }
    private let state = Protected(State())
    private let nodeName: String
    private let numbers: NodeNumbers

    init(nodeName: String, numbers: NodeNumbers) {
        self.nodeName = nodeName
        self.numbers = numbers
    }

    /// Reads once. A runtime that does not answer leaves what was known.
    func read() async {
        guard let newer = await numbers.counters() else { return }
        state.with { state in
            guard let older = state.last else {
                state.last = newer
                return
            }
            if newer.node.time.since(older.node.time) < Self.windowMin { return }
            state.report = UsageReport(of: nodeName, from: older, to: newer)
            state.last = newer
        }
    }

    func usage(ofNode name: String, in state: ClusterState, now: Timestamp) -> NodeUsage? {
        name == nodeName ? self.state.with { $0.report.node } : nil
    }

    func usage(of pod: StoredObject, now: Timestamp) -> PodUsage? {
        pod.nodeName == nodeName ? state.with { $0.report.pods[pod.uid] } : nil
    }
}
