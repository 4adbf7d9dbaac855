public import ClusterState
import Records

/// A list of a moment in the past: its objects in order, some at a time. What was given out is not kept.
public struct PastListing: Sendable {
    private enum Source: Sendable {
        case objects(ArraySlice<StoredObject>)
        case log(DiskLog, LifeSource, PastSight)
    }
    private let listing: StateListing
    private var source: Source
    /// How many more may be given out.
    private var left: Int
    /// Where the list stands.
    private var last: ObjectKey?

    /// The list of a state at hand.
    init(_ listing: StateListing, of state: ClusterState) {
        self.listing = listing
        left = listing.limit ?? .max
        source = .objects(Self.objects(listing, after: listing.after, of: state))
    }

    init(_ listing: StateListing, _ candidates: LifeSource, _ past: PastSight, in log: DiskLog) {
        self.listing = listing
        left = listing.limit ?? .max
        source = .log(log, candidates, past)
    }

    /// The next objects, about `most` of them; none at the end.
    public mutating func next(_ most: Int) throws(LogError) -> [StoredObject] {
        var found: [StoredObject] = []
        while found.isEmpty, left > 0 {
            let taken = try take(most)
            if taken.isEmpty { break }
            last = taken.last?.key
            found = taken
            if let matches = listing.matches { found.removeAll { !matches($0) } }
            if found.count > left { found.removeLast(found.count - left) }
            left -= found.count
        }
        return found
    }

    /// All that are left.
    public mutating func rest() throws(LogError) -> [StoredObject] {
        var all: [StoredObject] = []
        while left > 0 {
            // Who looks for a few among many looks at some more than he wants.
            let more = try next(listing.matches == nil ? min(left, 4096) : min(max(left, 512), 4096))
            if more.isEmpty { break }
            all += more
        }
        return all
    }

    private mutating func take(_ most: Int) throws(LogError) -> [StoredObject] {
        switch source {
        case .objects(let objects):
            let next = objects.prefix(most)
            source = .objects(objects.dropFirst(next.count))
            return Array(next)
        case .log(let log, var candidates, let past):
            let lives = try candidates.next(most, log)
            guard candidates.isOrdered else {
                // Keys too long to stand in their place: the whole state has them in order.
                let after = last.map { ($0.namespace, $0.name) } ?? listing.after
                source = .objects(Self.objects(listing, after: after, of: try log.state(at: past.revision)))
                return try take(most)
            }
            source = .log(log, candidates, past)
            let isLong = listing.limit == nil && (candidates.count ?? .max) > Limits.excerptObjectsMax
            return try log.versions(of: lives, past, remembers: !isLong)
        }
    }

    private static func objects(
        _ listing: StateListing, after: (namespace: String, name: String)?, of state: ClusterState
    ) -> ArraySlice<StoredObject> {
        let namespace = listing.namespace.isEmpty ? nil : listing.namespace
        return state.objects(listing.store, namespace: namespace, after: after, limit: .max)[...]
    }
}

extension DiskLog {
    public func listing(_ listing: StateListing, at revision: UInt64) throws(LogError) -> PastListing {
        try requireKept(listing.store, at: revision)
        let past = try sight(of: revision)
        if isNear(past) { return PastListing(listing, of: try state(at: revision)) }
        return PastListing(listing, try candidates(for: listing, past), past, in: self)
    }
}
