public import Access

/// A request that has been let in, or waits to be.
public struct FlowTicket: Sendable, Equatable {
    let number: UInt64
    let level: Int
    let schema: Int
    /// How many seats it takes.
    public let seats: Int
}

/// Why a request was refused; upstream's words for it in metrics.
public enum FlowRefusal: String, Sendable, CaseIterable {
    case queueFull = "queue-full"
    case concurrencyLimit = "concurrency-limit"
    case timeOut = "time-out"
}

/// What becomes of a request that comes.
public enum FlowArrival: Sendable {
    case run(FlowTicket)
    /// It will be handed back by a `finish`, or by `expire`.
    case wait(FlowTicket)
    case refuse(FlowRefusal)
}

/// Seats and queues of every priority level. A value: the owner guards it with a lock and acts on what it answers after letting go.
/// Requests that wait are known by numbers that the owner gives them.
public struct FlowDispatcher: Sendable {
    /// One level as it stands.
    struct Level: Sendable {
        var configuration: PriorityLevel
        var nominal: Int
        /// Of `nominal`, what others may use while this level does not.
        var lendable: Int
        var limitMax: Int
        var seatsInUse = 0
        var executing = 0
        var queues: FairQueues?
        /// No longer configured: what waits and runs comes to its end.
        var isGone = false
        var waits = WaitTimes()
    }
    /// One schema's counts.
    struct Counts: Sendable {
        let name: String
        let level: String
        var dispatched: UInt64 = 0
        var refused: [UInt64] = Array(repeating: 0, count: FlowRefusal.allCases.count)
        var executing = 0
        var seats = 0
        var waiting = 0
    }
    public private(set) var configuration: FlowConfiguration
    var levels: [Level] = []
    var counts: [Counts] = []
    /// The configuration's places in `levels` and `counts`.
    private var levelPlaces: [Int] = []
    private var countPlaces: [Int] = []
    private var nextNumber: UInt64 = 0
    /// Requests that wait.
    public private(set) var waiting = 0
    private let seatsPerRequestMax = 10

    public init(_ configuration: FlowConfiguration) {
        self.configuration = configuration
        configure(configuration)
    }

    /// Takes a changed configuration into use. What waits goes on waiting in the new queues.
    public mutating func configure(_ configuration: FlowConfiguration) {
        self.configuration = configuration
        for place in levels.indices { levels[place].isGone = true }
        levelPlaces = configuration.levels.enumerated().map { number, level in
            let nominal = configuration.nominalSeats[number]
            let place: Int
            if let known = levels.firstIndex(where: { $0.configuration.name == level.name }) {
                place = known
            } else if let free = levels.firstIndex(where: {
                $0.isGone && $0.executing == 0 && $0.queues?.count ?? 0 == 0
            }) {
                place = free
                levels[free] = Level(configuration: level, nominal: 0, lendable: 0, limitMax: 0)
            } else {
                place = levels.count
                levels.append(Level(configuration: level, nominal: 0, lendable: 0, limitMax: 0))
            }
            levels[place].configuration = level
            levels[place].isGone = false
            levels[place].nominal = nominal
            levels[place].lendable = (nominal * Int(level.lendablePercent) + 50) / 100
            levels[place].limitMax =
                level.borrowingPercent.map { nominal + nominal * Int(min($0, 1_000_000)) / 100 } ?? Int.max
            reshape(place, level.queuing)
            return place
        }
        countPlaces = configuration.schemas.map { schema in
            if let known = counts.firstIndex(where: { $0.name == schema.name && $0.level == schema.levelName }) {
                return known
            }
            counts.append(Counts(name: schema.name, level: schema.levelName))
            return counts.count - 1
        }
    }

    private mutating func reshape(_ place: Int, _ shape: PriorityLevel.Queuing?) {
        guard levels[place].queues?.shape != shape else { return }
        let waiting = levels[place].queues?.all() ?? []
        // A level that lost its queues keeps one until those in it have run.
        guard let wanted = shape ?? (waiting.isEmpty ? nil : .init(queues: 1, handSize: 1, lengthMax: 1)) else {
            levels[place].queues = nil
            return
        }
        var queues = FairQueues(wanted)
        for entry in waiting { _ = queues.add(entry, force: true) }
        levels[place].queues = queues
    }

    // MARK: Requests

    /// A request has come. `seats` is its width; `now` in microseconds, of any steady clock.
    public mutating func arrive(
        _ request: AccessAttributes, _ found: FlowClass, seats: Int, now: Int64, _ waiter: Int
    ) -> FlowArrival {
        let place = levelPlaces[found.level]
        let count = countPlaces[found.schema]
        nextNumber &+= 1
        let ticket = FlowTicket(
            number: nextNumber, level: place, schema: count, seats: min(max(1, seats), seatsPerRequestMax))
        if levels[place].configuration.isExempt || (levels[place].queues?.count ?? 0 == 0 && fits(place, ticket.seats))
        {
            begin(ticket)
            return .run(ticket)
        }
        guard levels[place].configuration.queuing != nil else {
            return refuse(count, .concurrencyLimit)
        }
        let entry = FairQueues.Entry(
            waiter: waiter, ticket: ticket, flow: configuration.schemas[found.schema].flow(request), since: now)
        guard levels[place].queues?.add(entry) == true else { return refuse(count, .queueFull) }
        counts[count].waiting += 1
        waiting += 1
        return .wait(ticket)
    }

    /// A request that ran is over; what may run in its place, each with the time it waited.
    public mutating func finish(_ ticket: FlowTicket, now: Int64) -> [(waiter: Int, ticket: FlowTicket)] {
        levels[ticket.level].seatsInUse -= ticket.seats
        levels[ticket.level].executing -= 1
        counts[ticket.schema].executing -= 1
        counts[ticket.schema].seats -= ticket.seats
        return waiting == 0 ? [] : dispatch(now)
    }

    /// Takes out the requests that have waited since before that time.
    public mutating func expire(before time: Int64) -> [Int] {
        var out: [Int] = []
        for place in levels.indices where levels[place].queues?.count ?? 0 > 0 {
            while let entry = levels[place].queues?.popFirst(before: time) {
                counts[entry.ticket.schema].waiting -= 1
                counts[entry.ticket.schema].refused[FlowRefusal.allCases.firstIndex(of: .timeOut) ?? 0] += 1
                waiting -= 1
                out.append(entry.waiter)
            }
        }
        return out
    }

    private mutating func refuse(_ count: Int, _ reason: FlowRefusal) -> FlowArrival {
        counts[count].refused[FlowRefusal.allCases.firstIndex(of: reason) ?? 0] += 1
        return .refuse(reason)
    }

    private mutating func begin(_ ticket: FlowTicket) {
        levels[ticket.level].seatsInUse += ticket.seats
        levels[ticket.level].executing += 1
        counts[ticket.schema].dispatched += 1
        counts[ticket.schema].executing += 1
        counts[ticket.schema].seats += ticket.seats
    }

    private mutating func dispatch(_ now: Int64) -> [(waiter: Int, ticket: FlowTicket)] {
        var ready: [(waiter: Int, ticket: FlowTicket)] = []
        for place in levels.indices {
            while let seats = levels[place].queues?.nextSeats, fits(place, seats),
                let entry = levels[place].queues?.pop()
            {
                begin(entry.ticket)
                counts[entry.ticket.schema].waiting -= 1
                waiting -= 1
                levels[place].waits.add(now - entry.since)
                ready.append((entry.waiter, entry.ticket))
            }
        }
        return ready
    }

    /// Whether a level may use that many more seats.
    private func fits(_ place: Int, _ seats: Int) -> Bool {
        let (inUse, nominal) = (levels[place].seatsInUse, levels[place].nominal)
        // A request wider than its level runs when it is alone.
        if inUse == 0 || inUse + seats <= nominal { return true }
        guard inUse + seats <= levels[place].limitMax else { return false }
        return max(0, inUse - nominal) + seats <= lent(besides: place)
    }

    /// Seats that others lend and do not use, less those that others have borrowed.
    private func lent(besides place: Int) -> Int {
        var free = 0
        for (other, level) in levels.enumerated() where other != place {
            free += max(0, level.nominal - max(level.seatsInUse, level.nominal - level.lendable))
            if !level.configuration.isExempt { free -= max(0, level.seatsInUse - level.nominal) }
        }
        return free
    }
}

/// How long requests of a level waited before they ran.
struct WaitTimes: Sendable {
    /// Upper bounds in microseconds.
    static let bounds: [Int64] = [
        0, 5000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 15_000_000,
        30_000_000,
    ]
    var buckets = [UInt64](repeating: 0, count: WaitTimes.bounds.count)
    var count: UInt64 = 0
    var micros: Int64 = 0
    mutating func add(_ waited: Int64) {
        count += 1
        micros += max(0, waited)
        if let place = WaitTimes.bounds.firstIndex(where: { waited <= $0 }) { buckets[place] += 1 }
    }
}
