import Document
import Records

/// The pods that wait for a node.
///
///     add ─► active ─► take ─► (bound) gone
///                        └─► failed ─► unschedulable ─ something changed ─► backing off ─► active
struct SchedulingQueue: Sendable {
    /// `podInitialBackoffSeconds`, `podMaxBackoffSeconds` and how long a pod may lie unschedulable, in microseconds.
    static let backoffMin: Int64 = 1_000_000
    static let backoffMax: Int64 = 10_000_000
    static let unschedulableMax: Int64 = 300_000_000

    /// What kind of change may help a pod that was refused.
    struct Hope: OptionSet, Sendable {
        let rawValue: UInt8
        /// A node came or changed.
        static let node = Hope(rawValue: 1)
        /// A pod left a node.
        static let podGone = Hope(rawValue: 2)
        /// A pod was bound, or its labels changed.
        static let podPlaced = Hope(rawValue: 4)
        /// Claims, volumes, classes.
        static let volume = Hope(rawValue: 8)
        static let all: Hope = [.node, .podGone, .podPlaced, .volume]
    }
    private struct Entry: Sendable {
        var pod: PodDemand
        var cause: UInt64
        var attempts: Int
        /// Order of arrival.
        var serial: UInt64
    }
    private struct Order: Comparable, Sendable {
        var priority: Int64
        var serial: UInt64
        var uid: String
        static func < (a: Order, b: Order) -> Bool {
            a.priority != b.priority ? a.priority > b.priority : a.serial < b.serial
        }
    }
    private var entries: [String: Entry] = [:]
    private var heap: [Order] = []
    private var active: Set<String> = []
    private var waiting: [String: Timestamp] = [:]
    private var parked: [String: (hope: Hope, since: Timestamp, last: Timestamp)] = [:]
    private var serial: UInt64 = 0

    var isEmpty: Bool { active.isEmpty }
    var count: Int { entries.count }
    func count(into meter: inout SchedulerMeter) {
        meter.active = active.count
        meter.backoff = waiting.count
        meter.parked = parked.count
    }
    func contains(_ uid: String) -> Bool { entries[uid] != nil }
    func attempts(_ uid: String) -> Int { entries[uid]?.attempts ?? 0 }
    func pod(_ uid: String) -> PodDemand? { entries[uid]?.pod }
    /// The pods that wait, in no order.
    var pods: [PodDemand] { entries.values.map(\.pod) }

    /// A new pod, or a newer version of one; `helps`: its change may make it schedulable.
    mutating func put(_ pod: PodDemand, cause: UInt64, helps: Bool, now: Timestamp) {
        if entries[pod.uid] != nil {
            entries[pod.uid]!.pod = pod
            if helps, parked[pod.uid] != nil { wake(pod.uid, cause: cause, now: now) }
            return
        }
        serial += 1
        entries[pod.uid] = Entry(pod: pod, cause: cause, attempts: 0, serial: serial)
        activate(pod.uid)
    }
    mutating func remove(_ uid: String) {
        entries[uid] = nil
        active.remove(uid)
        waiting[uid] = nil
        parked[uid] = nil
    }

    private mutating func activate(_ uid: String) {
        guard let entry = entries[uid], active.insert(uid).inserted else { return }
        heap.append(Order(priority: entry.pod.priority, serial: entry.serial, uid: uid))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }
    private mutating func popHeap() -> Order? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var smallest = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[smallest] {
                    smallest = child
                }
                if smallest == parent { break }
                heap.swapAt(parent, smallest)
                parent = smallest
            }
        }
        return first
    }

    /// The next pod by priority, then age; it stays known until it is removed or put aside.
    mutating func take(now: Timestamp) -> (pod: PodDemand, cause: UInt64)? {
        promote(now: now)
        while let order = popHeap() {
            guard active.remove(order.uid) != nil, var entry = entries[order.uid] else { continue }
            entry.attempts += 1
            entries[order.uid] = entry
            return (entry.pod, entry.cause)
        }
        return nil
    }

    /// A pod that no node would take: it waits for a change that may help.
    mutating func park(_ uid: String, hope: Hope, now: Timestamp) {
        guard entries[uid] != nil else { return }
        parked[uid] = (hope, now, now)
    }
    /// A pod whose binding failed: again after a while.
    mutating func retry(_ uid: String, now: Timestamp) {
        guard entries[uid] != nil else { return }
        waiting[uid] = now.adding(microseconds: backoff(uid))
    }
    /// Something changed that may help: those who hope for it try again once they have backed off.
    mutating func changed(_ what: Hope, cause: UInt64, now: Timestamp) {
        guard !parked.isEmpty else { return }
        for (uid, place) in parked where !place.hope.isDisjoint(with: what) { wake(uid, cause: cause, now: now) }
    }
    private mutating func wake(_ uid: String, cause: UInt64, now: Timestamp) {
        guard let place = parked.removeValue(forKey: uid) else { return }
        entries[uid]?.cause = cause
        let due = place.last.adding(microseconds: backoff(uid))
        if due <= now { activate(uid) } else { waiting[uid] = due }
    }
    private func backoff(_ uid: String) -> Int64 {
        let attempts = max(1, entries[uid]?.attempts ?? 1)
        return attempts > 4 ? Self.backoffMax : min(Self.backoffMax, Self.backoffMin << Int64(attempts - 1))
    }

    private mutating func promote(now: Timestamp) {
        if !waiting.isEmpty {
            for uid in waiting.filter({ $0.value <= now }).keys.sorted() {
                waiting[uid] = nil
                activate(uid)
            }
        }
        for (uid, place) in parked where place.since.adding(microseconds: Self.unschedulableMax) <= now {
            parked[uid] = nil
            activate(uid)
        }
    }
    /// When somebody's waiting ends.
    var nextDue: Timestamp? {
        var next = waiting.values.min()
        if let oldest = parked.values.map(\.since).min() {
            let due = oldest.adding(microseconds: Self.unschedulableMax)
            next = next.map { min($0, due) } ?? due
        }
        return next
    }
}
