public import Document
public import Schema

/// How much of the past is kept. What is nil is kept for ever.
public struct Retention: Equatable, Sendable {
    /// The age of the oldest journal event, in microseconds.
    public var journalMicroseconds: Int64?
    /// The age of the oldest access record, in microseconds.
    public var accessMicroseconds: Int64?
    /// What the log's data may take on the disk, in bytes: the oldest events go first, with the access records of their time.
    public var bytes: UInt64?
    /// The age up to which it is known what the objects of a kind were, in microseconds; that they changed, when and by whom is kept
    /// as long as the journal.
    public var kinds: [GroupResource: Int64]

    public init(
        journalMicroseconds: Int64? = nil, accessMicroseconds: Int64? = nil, bytes: UInt64? = nil,
        kinds: [GroupResource: Int64] = [:]
    ) {
        self.journalMicroseconds = journalMicroseconds
        self.accessMicroseconds = accessMicroseconds
        self.bytes = bytes
        self.kinds = kinds
    }

    /// The shortest age, in microseconds; nil when none is limited.
    public var shortestAge: Int64? {
        ([journalMicroseconds, accessMicroseconds].compactMap { $0 } + kinds.values).min()
    }

    public var keepsEverything: Bool { self == Retention() }

    /// Whether answers about other kinds rest on this one, so that it cannot be forgotten alone: what is served, who may, and where.
    public static func isNeededByOthers(_ store: GroupResource) -> Bool {
        switch (store.group, store.resource) {
        case ("", "namespaces"), ("apiextensions.k8s.io", "customresourcedefinitions"),
            ("apiregistration.k8s.io", "apiservices"), ("rbac.authorization.k8s.io", _):
            true
        default: false
        }
    }

    /// Why, and what to do.
    public static func neededByOthers(_ store: GroupResource) -> String {
        "\(store.description) cannot be forgotten before the rest: what the past says of other kinds rests on them; limit the whole journal's age instead"
    }

    /// How far behind the limit something may fall before a turn does anything: pruning costs a checkpoint, so it is not done for
    /// every second that passes.
    static func slack(_ age: Int64) -> Int64 { min(age / 20, 3_600_000_000) }

    /// Up to which revision events must go for the rest to take nine tenths of the allowed bytes, events being alike; nil when they
    /// need not.
    static func floor(keeping bytes: UInt64, of live: UInt64, from floor: UInt64, to head: UInt64) -> UInt64? {
        guard live > bytes, head > floor else { return nil }
        let share = 1 - Double(bytes) * 0.9 / Double(live)
        return floor + UInt64(Double(head - floor) * share)
    }
}

/// What one turn of retention did.
public struct RetentionTurn: Equatable, Sendable {
    /// The floor after it, when it moved.
    public var floor: UInt64?
    /// Kinds whose own floor moved, and where to.
    public var kindFloors: [GroupResource: UInt64] = [:]
    /// Access records before this moment went.
    public var accessBefore: Timestamp?
    public init() {}
    public var didNothing: Bool { floor == nil && accessBefore == nil && kindFloors.isEmpty }
}
