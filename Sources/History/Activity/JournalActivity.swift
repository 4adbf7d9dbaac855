public import Records

/// How much happened to which kinds of objects, by stretches of the journal: what a timeline of a long log is drawn from.
///
/// A stretch is a fixed number of revisions and stands for itself: stretches are counted in any order, so that the part that is
/// looked at comes first. There are at most `stretchesMax`; a log that outgrows them gets longer ones.
public struct JournalActivity: Sendable {
    /// A kind of object in a namespace ("" for cluster scope).
    public struct Place: Hashable, Sendable {
        public let group: String
        public let resource: String
        public let namespace: String
        public init(group: String, resource: String, namespace: String) {
            self.group = group
            self.resource = resource
            self.namespace = namespace
        }
        public init(_ key: ObjectKey) { self.init(group: key.group, resource: key.resource, namespace: key.namespace) }
    }

    /// Counts of one place. `events` counts each event once, at the place of its first change; `changes` counts objects.
    public struct Count: Equatable, Sendable {
        public var events: Double
        public var changes: Double
        public init(events: Double = 0, changes: Double = 0) {
            self.events = events
            self.changes = changes
        }
    }

    /// Counts of a range of revisions.
    public struct Tally: Sendable {
        public internal(set) var counts: [Place: Count] = [:]
        /// False when stretches were divided by share or were not counted yet.
        public internal(set) var isExact = true
        public init() {}

        public mutating func note(_ event: EventRecord) {
            for (i, change) in event.changes.enumerated() {
                counts[Place(change.key), default: Count()].changes += 1
                if i == 0 { counts[Place(change.key), default: Count()].events += 1 }
            }
        }
    }

    static let stretchesMax = 16_384
    static let placesMax = 65_536

    private struct Stretch: Sendable {
        /// The last revision that is counted.
        var through: UInt64
        var counts: [UInt32: (events: UInt32, changes: UInt32)] = [:]
    }
    /// Revisions in a stretch.
    public private(set) var stretchEvents: UInt64
    private var stretches: [UInt64: Stretch] = [:]
    private var places: [Place] = []
    private var numbers: [Place: UInt32] = [:]

    /// `stretchEvents` is how long stretches are at first.
    public init(stretchEvents: UInt64 = 256) { self.stretchEvents = stretchEvents }

    private func stretch(of revision: UInt64) -> UInt64 { (revision - 1) / stretchEvents }
    private func first(of stretch: UInt64) -> UInt64 { stretch * stretchEvents + 1 }
    private func last(of stretch: UInt64) -> UInt64 { (stretch + 1) * stretchEvents }

    /// What is still to be counted between two revisions, the newest first, at most `limit` pieces, each inside one stretch.
    public func missing(from: UInt64, through: UInt64, limit: Int) -> [ClosedRange<UInt64>] {
        guard from >= 1, from <= through else { return [] }
        var found: [ClosedRange<UInt64>] = []
        var current = stretch(of: through)
        let lowest = stretch(of: from)
        while found.count < limit {
            let next = (stretches[current]?.through).map { $0 + 1 } ?? first(of: current)
            let end = min(last(of: current), through)
            if next <= end { found.append(next...end) }
            if current == lowest { break }
            current -= 1
        }
        return found
    }

    /// Counts the events of a piece that `missing` named; those that were pruned may be left out.
    public mutating func note(_ events: [EventRecord], of piece: ClosedRange<UInt64>) {
        let number = stretch(of: piece.lowerBound)
        var stretch = stretches[number] ?? Stretch(through: piece.lowerBound - 1)
        guard stretch.through == piece.lowerBound - 1, piece.upperBound <= last(of: number) else { return }
        for event in events where piece.contains(event.revision) {
            for (i, change) in event.changes.enumerated() {
                let place = self.number(of: Place(change.key))
                stretch.counts[place, default: (0, 0)].changes += 1
                if i == 0 { stretch.counts[place, default: (0, 0)].events += 1 }
            }
        }
        stretch.through = piece.upperBound
        stretches[number] = stretch
        if stretches.count > Self.stretchesMax { double() }
    }

    private mutating func number(of place: Place) -> UInt32 {
        if let known = numbers[place] { return known }
        // Namespaces beyond measure share one line, which only those see who see every namespace.
        let place =
            places.count < Self.placesMax
            ? place : Place(group: place.group, resource: place.resource, namespace: "*")
        if let known = numbers[place] { return known }
        let number = UInt32(places.count)
        places.append(place)
        numbers[place] = number
        return number
    }

    /// Makes stretches twice as long. Halves whose other half was not counted are forgotten, unless they come first.
    private mutating func double() {
        var longer: [UInt64: Stretch] = [:]
        for (number, stretch) in stretches where number % 2 == 0 {
            var whole = stretch
            if stretch.through == last(of: number), let other = stretches[number + 1] {
                whole.through = other.through
                for (place, count) in other.counts {
                    whole.counts[place, default: (0, 0)].events += count.events
                    whole.counts[place, default: (0, 0)].changes += count.changes
                }
            }
            longer[number / 2] = whole
        }
        stretches = longer
        stretchEvents *= 2
    }

    /// The counts between two revisions. A stretch that lies there only in part is divided by its share.
    public func tally(from: UInt64, through: UInt64) -> Tally {
        var tally = Tally()
        guard from >= 1, from <= through else { return tally }
        var counts: [UInt32: Count] = [:]
        for number in stretch(of: from)...stretch(of: through) {
            let (low, high) = (max(from, first(of: number)), min(through, last(of: number)))
            guard let stretch = stretches[number], stretch.through >= low else {
                tally.isExact = false
                continue
            }
            let counted = stretch.through - first(of: number) + 1
            let wanted = min(high, stretch.through) - low + 1
            if wanted != counted || stretch.through < high { tally.isExact = false }
            let share = Double(wanted) / Double(counted)
            for (place, count) in stretch.counts {
                counts[place, default: Count()].events += Double(count.events) * share
                counts[place, default: Count()].changes += Double(count.changes) * share
            }
        }
        for (number, count) in counts { tally.counts[places[Int(number)]] = count }
        return tally
    }
}
