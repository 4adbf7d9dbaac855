public import Document

/// The counters of a node and its containers at one moment. Two of them say what was used in between.
public struct UsageCounters: Sendable, Equatable {
    public struct Counter: Sendable, Equatable {
        /// When it was read.
        public var time: Timestamp
        /// Of all cores, since the thing began.
        public var cpuNanoseconds: UInt64
        public var memoryBytes: UInt64
        public init(time: Timestamp, cpuNanoseconds: UInt64, memoryBytes: UInt64) {
            self.time = time
            self.cpuNanoseconds = cpuNanoseconds
            self.memoryBytes = memoryBytes
        }
    }
    public struct Container: Sendable, Equatable {
        /// The runtime's: one that is started again has another.
        public var id: String
        public var podUID: String
        public var namespace: String
        public var pod: String
        public var name: String
        public var counter: Counter
        public init(id: String, podUID: String, namespace: String, pod: String, name: String, counter: Counter) {
            self.id = id
            self.podUID = podUID
            self.namespace = namespace
            self.pod = pod
            self.name = name
            self.counter = counter
        }
    }
    public var node: Counter
    public var containers: [Container]
    public init(node: Counter, containers: [Container]) {
        self.node = node
        self.containers = containers
    }
}

/// What a node and its pods used between two readings of their counters.
public struct UsageReport: Sendable, Equatable {
    public var node: NodeUsage?
    /// By uid. A pod of which a container has only been read once is not in here: half of it would look like all.
    public var pods: [String: PodUsage]

    public static let none = UsageReport(node: nil, pods: [:])
    private init(node: NodeUsage?, pods: [String: PodUsage]) {
        self.node = node
        self.pods = pods
    }

    public init(of node: String, from older: UsageCounters, to newer: UsageCounters) {
        self.node = Self.used(older.node, newer.node).map {
            NodeUsage(name: node, time: newer.node.time, window: newer.node.time.since(older.node.time), usage: $0)
        }
        let before = Dictionary(older.containers.map { ($0.id, $0.counter) }, uniquingKeysWith: { first, _ in first })
        pods = [:]
        for (uid, containers) in Dictionary(grouping: newer.containers, by: \.podUID) {
            var known: [PodUsage.Container] = []
            var (time, window) = (containers[0].counter.time, Int64.max)
            for container in containers.sorted(by: { $0.name.bytesPrecede($1.name) }) {
                guard let earlier = before[container.id], let usage = Self.used(earlier, container.counter) else {
                    break
                }
                time = min(time, container.counter.time)
                window = min(window, container.counter.time.since(earlier.time))
                known.append(.init(name: container.name, usage: usage))
            }
            guard known.count == containers.count else { continue }
            pods[uid] = PodUsage(
                namespace: containers[0].namespace, name: containers[0].pod, time: time, window: window,
                containers: known)
        }
    }

    /// nil when the two readings say nothing: the same moment, or a counter that went back.
    private static func used(_ older: UsageCounters.Counter, _ newer: UsageCounters.Counter) -> Usage? {
        let window = newer.time.since(older.time)
        guard window > 0, newer.cpuNanoseconds >= older.cpuNanoseconds else { return nil }
        let nanoseconds = Double(newer.cpuNanoseconds - older.cpuNanoseconds)
        return Usage(
            nanocores: Int64(min(nanoseconds * 1_000_000 / Double(window), 1e18)),
            memoryBytes: Int64(clamping: newer.memoryBytes))
    }
}
