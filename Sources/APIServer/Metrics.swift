import Document
import Engine
import Requests
import Synchronization

/// Counters in Prometheus' text form, with upstream's names where they mean the same.
final class Metrics: Sendable {
    private struct Key: Hashable {
        let verb: String
        let resource: String
        let code: Int
    }
    private struct Row {
        var count: UInt64 = 0
        var microseconds: UInt64 = 0
        var buckets = [UInt64](repeating: 0, count: Metrics.bounds.count)
    }
    /// Upper bounds in microseconds.
    private static let bounds: [UInt64] = [
        500, 1000, 5000, 25_000, 100_000, 500_000, 1_000_000, 5_000_000, 15_000_000, 60_000_000,
    ]
    private let rows = Mutex<[Key: Row]>([:])

    private let openWatches = Atomic<Int>(0)

    func watchBegan() { openWatches.add(1, ordering: .relaxed) }
    func watchEnded() { openWatches.subtract(1, ordering: .relaxed) }
    /// Watches that are open now.
    var watches: Int { openWatches.load(ordering: .relaxed) }

    /// Counts one answered request.
    func count(_ info: RequestInfo, code: Int, since started: Timestamp, now: Timestamp) {
        let key = Key(verb: info.verb.uppercased(), resource: info.resource, code: code)
        let micros = UInt64(max(0, now.since(started)))
        rows.withLock { rows in
            var row = rows[key] ?? Row()
            row.count += 1
            row.microseconds += micros
            if let place = Self.bounds.firstIndex(where: { micros <= $0 }) { row.buckets[place] += 1 }
            rows[key] = row
        }
    }

    /// The exposition; `gauges` are appended as `name value` lines.
    func text(gauges: [(name: String, help: String, value: String)]) -> String {
        let all = rows.withLock { $0 }.sorted {
            ($0.key.verb, $0.key.resource, $0.key.code) < ($1.key.verb, $1.key.resource, $1.key.code)
        }
        var out =
            "# HELP apiserver_request_total Requests by verb, resource and answer.\n# TYPE apiserver_request_total counter\n"
        for (key, row) in all {
            out +=
                "apiserver_request_total{code=\"\(key.code)\",resource=\"\(key.resource)\",verb=\"\(key.verb)\"} \(row.count)\n"
        }
        out +=
            "# HELP apiserver_request_duration_seconds How long answers took.\n# TYPE apiserver_request_duration_seconds histogram\n"
        for (key, row) in all {
            let labels = "code=\"\(key.code)\",resource=\"\(key.resource)\",verb=\"\(key.verb)\""
            var sum: UInt64 = 0
            for (place, bound) in Self.bounds.enumerated() {
                sum += row.buckets[place]
                out += "apiserver_request_duration_seconds_bucket{\(labels),le=\"\(Double(bound) / 1e6)\"} \(sum)\n"
            }
            out += "apiserver_request_duration_seconds_bucket{\(labels),le=\"+Inf\"} \(row.count)\n"
            out += "apiserver_request_duration_seconds_sum{\(labels)} \(Double(row.microseconds) / 1e6)\n"
            out += "apiserver_request_duration_seconds_count{\(labels)} \(row.count)\n"
        }
        for gauge in gauges {
            out += "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) gauge\n\(gauge.name) \(gauge.value)\n"
        }
        return out
    }
}
