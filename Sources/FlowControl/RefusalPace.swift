/// When refused requests are told so. A client that comes again at once costs as much as one that is served, so that those who are refused
/// would take the time of those who are let in: refusals leave at a steady rate, however many wait for one. Users share the rate evenly;
/// whoever is refused now and then waits a moment, a flood waits for itself.
public struct RefusalPace: Sendable {
    /// Refusals that leave in a second.
    let perSecond: Int
    /// Refusals that are held at once; what would be more is told at once.
    let heldMax: Int
    /// Microseconds that one is held at most.
    let microsecondsMax: Int64
    /// Held refusals by user; nothing for none.
    private var users: [String: Int] = [:]
    /// Refusals that are held.
    public private(set) var held = 0

    public init(perSecond: Int, heldMax: Int, microsecondsMax: Int64) {
        self.perSecond = perSecond
        self.heldMax = heldMax
        self.microsecondsMax = microsecondsMax
    }

    /// A request of that user is refused: microseconds to hold the refusal, after which `release` is due. 0 holds nothing.
    public mutating func hold(_ user: String) -> Int64 {
        guard held < heldMax else { return 0 }
        held += 1
        users[user, default: 0] += 1
        let turns = Int64(users[user] ?? 0) * Int64(users.count)
        return max(1, min(microsecondsMax, turns * 1_000_000 / Int64(perSecond)))
    }

    /// A refusal that was held has left.
    public mutating func release(_ user: String) {
        guard let count = users[user] else { return }
        held -= 1
        users[user] = count == 1 ? nil : count - 1
    }
}
