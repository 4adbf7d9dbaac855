import DequeModule

/// The queues of one level. A flow is dealt a hand of queues and waits in the shortest; between queues the one whose head was due first goes
/// first (start-time fair queueing, by seats), so that a flow with many requests cannot keep out one with few.
struct FairQueues: Sendable {
    struct Entry: Sendable {
        let waiter: Int
        let ticket: FlowTicket
        let flow: UInt64
        /// When it came, microseconds of the caller's clock.
        let since: Int64
        /// Virtual time at which it is due.
        var due: UInt64 = 0
    }
    let shape: PriorityLevel.Queuing
    private var queues: [Deque<Entry>]
    private var lastEnd: [UInt64]
    /// The queues that hold something.
    private var active: [Int] = []
    private var virtualTime: UInt64 = 0
    private(set) var count = 0

    init(_ shape: PriorityLevel.Queuing) {
        self.shape = shape
        queues = Array(repeating: [], count: shape.queues)
        lastEnd = Array(repeating: 0, count: shape.queues)
    }

    /// False when the shortest queue of the flow's hand is full; with `force` its length does not count.
    mutating func add(_ entry: Entry, force: Bool = false) -> Bool {
        var best = -1
        for place in ShuffleSharding.hand(entry.flow, of: shape.queues, size: shape.handSize)
        where best < 0 || queues[place].count < queues[best].count { best = place }
        guard best >= 0, force || queues[best].count < shape.lengthMax else { return false }
        var entry = entry
        entry.due = max(virtualTime, lastEnd[best])
        lastEnd[best] = entry.due &+ UInt64(max(1, entry.ticket.seats))
        if queues[best].isEmpty { active.append(best) }
        queues[best].append(entry)
        count += 1
        return true
    }

    /// The seats that the next entry needs; nil when nothing waits.
    var nextSeats: Int? { next.map { queues[$0][0].ticket.seats } }

    private var next: Int? {
        var best: Int?
        for place in active {
            guard let found = best else {
                best = place
                continue
            }
            let (a, b) = (queues[place][0], queues[found][0])
            if a.due < b.due || (a.due == b.due && a.ticket.number < b.ticket.number) { best = place }
        }
        return best
    }

    mutating func pop() -> Entry? {
        guard let place = next, let entry = queues[place].popFirst() else { return nil }
        count -= 1
        virtualTime = max(virtualTime, entry.due)
        if queues[place].isEmpty { active.removeAll { $0 == place } }
        return entry
    }

    /// Takes out one request that came before that time.
    mutating func popFirst(before time: Int64) -> Entry? {
        for place in active where queues[place][0].since < time {
            count -= 1
            let entry = queues[place].popFirst()
            if queues[place].isEmpty { active.removeAll { $0 == place } }
            return entry
        }
        return nil
    }

    /// Everything that waits, in order of arrival.
    func all() -> [Entry] {
        active.flatMap { Array(queues[$0]) }.sorted { $0.ticket.number < $1.ticket.number }
    }

    /// The lengths of queues that are not empty, by their number.
    var lengths: [(queue: Int, length: Int)] { active.sorted().map { ($0, queues[$0].count) } }
}

/// Deals each flow its own few of many queues: two flows seldom share all of theirs.
enum ShuffleSharding {
    /// `size` different numbers below `deck`, the same for the same `hash`.
    static func hand(_ hash: UInt64, of deck: Int, size: Int) -> [Int] {
        var rest = hash
        var cards: [Int] = []
        cards.reserveCapacity(size)
        for drawn in 0..<min(size, deck) {
            let left = UInt64(deck - drawn)
            var card = Int(rest % left)
            rest /= left
            // Cards already dealt are no longer in the deck.
            for taken in cards.sorted() where card >= taken { card += 1 }
            cards.append(card)
        }
        return cards
    }
}
