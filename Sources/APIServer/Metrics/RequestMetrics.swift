import NIOCore
import Requests
import Synchronization

/// Counts of requests, kept by event loop so that two loops never wait for each other.
final class RequestMetrics: Sendable {
    /// What a request is counted as: upstream's labels of `apiserver_request_total` but the code.
    struct Labels: Hashable, Sendable {
        var verb: StaticName
        var group = ""
        var version = ""
        var resource = ""
        var subresource = ""
        var scope: StaticName
        var isDryRun = false
    }
    /// A label's value from a short list; compared by its number.
    struct StaticName: Hashable, Sendable {
        let number: UInt8
        static let names = [
            "", "cluster", "namespace", "resource", "GET", "LIST", "WATCH", "POST", "PUT", "PATCH", "APPLY", "DELETE",
            "DELETECOLLECTION", "CONNECT", "HEAD", "OTHER",
        ]
        init(_ name: String) {
            number = UInt8(StaticName.names.firstIndex(of: name) ?? StaticName.names.count - 1)
        }
        private init(number: UInt8) { self.number = number }
        var text: String { StaticName.names[Int(number)] }
        static let none = StaticName(number: 0)
        static let cluster = StaticName(number: 1)
        static let namespace = StaticName(number: 2)
        static let resource = StaticName(number: 3)
        static let get = StaticName(number: 4)
    }
    struct Series: Sendable {
        let labels: Labels
        /// Answers by their code.
        var codes: [(code: Int, count: UInt64)] = []
        /// Answers whose time was taken.
        var timed: UInt64 = 0
        var microseconds: UInt64 = 0
        var buckets = [UInt64](repeating: 0, count: RequestMetrics.bounds.count)
    }
    /// Upper bounds in microseconds: upstream's.
    static let bounds: [UInt64] = [
        5000, 25_000, 50_000, 100_000, 200_000, 400_000, 600_000, 800_000, 1_000_000, 1_250_000, 1_500_000, 2_000_000,
        3_000_000, 4_000_000, 5_000_000, 6_000_000, 8_000_000, 10_000_000, 15_000_000, 20_000_000, 30_000_000,
        45_000_000,
        60_000_000,
    ]
    /// Series of one shard at most; what would be more is not counted.
    private static let seriesMax = 4096

    private struct Shard: ~Copyable {
        var series: [Series] = []
        var places: [Labels: Int] = [:]
        /// The last place found for a cheap hash: most requests look like the one before.
        var recent = [Int32](repeating: -1, count: 256)
    }
    private final class LockedShard: Sendable {
        let shard = Mutex(Shard())
    }
    private let shards = (0..<16).map { _ in LockedShard() }

    /// Counts one answer; `microseconds` is nil for one whose time means nothing (a watch).
    func count(_ labels: Labels, code: Int, microseconds: UInt64?, on loop: any EventLoop) {
        let number = (UInt(bitPattern: ObjectIdentifier(loop).hashValue) >> 4) % 16
        var slot =
            labels.resource.utf8.count &* 31 &+ Int(labels.verb.number) &* 7 &+ labels.subresource.utf8.count &* 3
        slot =
            (slot &+ Int(labels.resource.utf8.first ?? 0) &+ labels.group.utf8.count &* 13 &+ Int(labels.scope.number))
            & 255
        shards[Int(number)].shard.withLock { shard in
            var place = Int(shard.recent[slot])
            if place < 0 || shard.series[place].labels != labels {
                if let known = shard.places[labels] {
                    place = known
                } else {
                    guard shard.series.count < RequestMetrics.seriesMax else { return }
                    place = shard.series.count
                    shard.series.append(Series(labels: labels))
                    shard.places[labels] = place
                }
                shard.recent[slot] = Int32(place)
            }
            if let at = shard.series[place].codes.firstIndex(where: { $0.code == code }) {
                shard.series[place].codes[at].count += 1
            } else {
                shard.series[place].codes.append((code, 1))
            }
            guard let microseconds else { return }
            shard.series[place].timed += 1
            shard.series[place].microseconds += microseconds
            if let bucket = RequestMetrics.bounds.firstIndex(where: { microseconds <= $0 }) {
                shard.series[place].buckets[bucket] += 1
            }
        }
    }

    /// Every series, summed over the shards.
    var series: [Series] {
        var sums: [Labels: Series] = [:]
        for locked in shards {
            for one in locked.shard.withLock({ $0.series }) {
                guard var sum = sums[one.labels] else {
                    sums[one.labels] = one
                    continue
                }
                for (code, count) in one.codes {
                    if let at = sum.codes.firstIndex(where: { $0.code == code }) {
                        sum.codes[at].count += count
                    } else {
                        sum.codes.append((code, count))
                    }
                }
                sum.timed += one.timed
                sum.microseconds += one.microseconds
                for bucket in sum.buckets.indices { sum.buckets[bucket] += one.buckets[bucket] }
                sums[one.labels] = sum
            }
        }
        return Array(sums.values)
    }
}

extension RequestMetrics.Labels {
    /// What upstream counts a request as. `isApply` tells a server-side apply from other patches.
    init(_ info: RequestInfo, isApply: Bool) {
        typealias Name = RequestMetrics.StaticName
        guard info.isResourceRequest else {
            verb = info.method == "GET" ? .get : Name(info.method)
            subresource = info.path
            scope = .none
            return
        }
        scope =
            !info.name.isEmpty || info.verb == "create"
            ? .resource : info.namespace.isEmpty ? .cluster : .namespace
        if info.isConnect {
            verb = Name("CONNECT")
        } else {
            switch info.verb {
            case "get": verb = .get
            case "create": verb = Name("POST")
            case "update": verb = Name("PUT")
            case "patch": verb = Name(isApply ? "APPLY" : "PATCH")
            default: verb = Name(info.verb.uppercased())
            }
        }
        group = info.group
        version = info.version
        resource = info.resource
        subresource = info.subresource
        isDryRun = !info.isReadOnly && info.query["dryRun"] == "All"
    }
}

/// Streams that are open now, and what watches have sent, by resource.
final class StreamMetrics: Sendable {
    /// One counter that many share.
    final class Counter: Sendable {
        private let value = Atomic<UInt64>(0)
        func add(_ count: Int) { value.add(UInt64(count), ordering: .relaxed) }
        var count: UInt64 { value.load(ordering: .relaxed) }
    }
    private let streams = Mutex<[RequestMetrics.Labels: Int]>([:])
    private let sent = Mutex<[RequestMetrics.Labels: Counter]>([:])

    func began(_ labels: RequestMetrics.Labels) { streams.withLock { $0[labels, default: 0] += 1 } }
    func ended(_ labels: RequestMetrics.Labels) { streams.withLock { $0[labels, default: 0] -= 1 } }

    /// The counter of events sent to watchers of that resource.
    func events(_ labels: RequestMetrics.Labels) -> Counter {
        var key = RequestMetrics.Labels(verb: .none, scope: .none)
        key.group = labels.group
        key.version = labels.version
        key.resource = labels.resource
        return sent.withLock { sent in
            if let known = sent[key] { return known }
            let made = Counter()
            sent[key] = made
            return made
        }
    }

    var open: [(labels: RequestMetrics.Labels, count: Int)] { streams.withLock { $0.map { ($0.key, $0.value) } } }
    var eventsSent: [(labels: RequestMetrics.Labels, count: UInt64)] {
        sent.withLock { $0.map { ($0.key, $0.value.count) } }
    }
}
