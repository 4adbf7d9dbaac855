public import Document

/// What something uses: processor time and memory.
public struct Usage: Sendable, Equatable {
    /// Billionths of a core.
    public var nanocores: Int64
    /// The working set: what cannot be given back at once.
    public var memoryBytes: Int64

    public init(nanocores: Int64 = 0, memoryBytes: Int64 = 0) {
        self.nanocores = nanocores
        self.memoryBytes = memoryBytes
    }

    public static func + (a: Usage, b: Usage) -> Usage {
        func sum(_ x: Int64, _ y: Int64) -> Int64 { Int64(clamping: Int128(x) + Int128(y)) }
        return Usage(nanocores: sum(a.nanocores, b.nanocores), memoryBytes: sum(a.memoryBytes, b.memoryBytes))
    }
    public static func += (a: inout Usage, b: Usage) { a = a + b }

    public var cpu: Quantity { Quantity(billionths: Int128(nanocores)) }
    public var memory: Quantity { Quantity(memoryBytes, format: .binarySI) }
}

/// What a node uses, averaged over the `window` (microseconds) that ended at `time`.
public struct NodeUsage: Sendable, Equatable {
    public var name: String
    public var time: Timestamp
    public var window: Int64
    public var usage: Usage
    public init(name: String, time: Timestamp, window: Int64, usage: Usage) {
        self.name = name
        self.time = time
        self.window = window
        self.usage = usage
    }
}

/// What a pod's containers use, averaged over the `window` (microseconds) that ended at `time`.
public struct PodUsage: Sendable, Equatable {
    public struct Container: Sendable, Equatable {
        public var name: String
        public var usage: Usage
        public init(name: String, usage: Usage) {
            self.name = name
            self.usage = usage
        }
    }
    public var namespace: String
    public var name: String
    public var time: Timestamp
    public var window: Int64
    public var containers: [Container]
    public init(namespace: String, name: String, time: Timestamp, window: Int64, containers: [Container]) {
        self.namespace = namespace
        self.name = name
        self.time = time
        self.window = window
        self.containers = containers
    }
    /// All its containers together.
    public var total: Usage { containers.reduce(Usage()) { $0 + $1.usage } }
}

/// Pods of a namespace whose use somebody wants to know.
public struct UsageQuestion: Sendable, Equatable {
    public var namespace: String
    public var pods: [String]
    public init(namespace: String, pods: [String]) {
        self.namespace = namespace
        self.pods = pods
    }
}
