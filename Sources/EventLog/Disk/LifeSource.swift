import ClusterState
import Document
import Records
import Schema

/// The objects that a listing may hold, in its order, some at a time.
enum LifeSource {
    /// Found through a fact that they have: all are known.
    case known([FoundLife], taken: Int)
    /// Found by walking over the keys of everything that ever was in the store or namespace; `count` is how many were there.
    case walk(LifeWalk, count: Int?)

    /// How many there are in all, when that is known.
    var count: Int? {
        switch self {
        case .known(let lives, _): lives.count
        case .walk(_, let count): count
        }
    }

    /// Whether what was given out so far is in order and whole.
    var isOrdered: Bool {
        switch self {
        case .known: true
        case .walk(let walk, _): walk.isOrdered
        }
    }

    /// The next ones, at most `most`; none at the end.
    mutating func next(_ most: Int, _ log: DiskLog) throws(LogError) -> [FoundLife] {
        switch self {
        case .known(let lives, let taken):
            let next = lives[taken...].prefix(most)
            self = .known(lives, taken: next.endIndex)
            return Array(next)
        case .walk(var walk, let count):
            let next = try walk.next(most, log)
            self = .walk(walk, count: count)
            return next
        }
    }
}

extension DiskLog {
    /// The cheapest way to what a listing may hold.
    func candidates(for listing: StateListing, _ past: PastSight) throws(LogError) -> LifeSource {
        let count = try population(of: listing.store, namespace: listing.namespace, at: past.revision)
        if !listing.facts.isEmpty, knowsFacts(past.tail, floor: past.base.revision),
            let lives = try holders(of: listing, fewerThan: count, past)
        {
            return .known(lives, taken: 0)
        }
        return .walk(LifeWalk(listing, past), count: count)
    }

    /// The objects that have the rarest of the listing's facts; nil when as many are in its namespace anyway.
    private func holders(of listing: StateListing, fewerThan population: Int?, _ past: PastSight) throws(LogError)
        -> [FoundLife]?
    {
        let store = FactCode(listing.store)
        return try read { transaction throws(LogError) in
            var best: (fact: ListedFact, count: Int)?
            for fact in listing.facts {
                let before = Self.had(fact, listing.store, past.base)
                let change = try factChange(
                    store.code(fact), floor: past.base.revision, through: past.revision, transaction, past.tail)
                let count = before.count + change
                if best.map({ count < $0.count }) ?? true { best = (fact, count) }
            }
            guard let best, population.map({ best.count < $0 || listing.namespace.isEmpty }) ?? true else { return nil }
            var numbers = try holders(
                of: store.code(best.fact), before: Set(Self.had(best.fact, listing.store, past.base).map(\.number)),
                floor: past.base.revision, at: past.revision, transaction, past.tail)
            let names = LogNames(transaction, databases)
            // Those that have it still are in order in a later state.
            var lasting: [FoundLife] = []
            lasting.reserveCapacity(numbers.count)
            for object in past.later(with: best.fact, listing.store) where numbers.remove(object.number) != nil {
                if listing.covers(object.key) {
                    lasting.append(FoundLife(number: object.number, key: object.key, later: object))
                }
            }
            var lives: [FoundLife] = []
            for number in numbers {
                let identity = try damage(nil, "object \(number)") { () throws(RecordError) in try names.object(number)
                }
                let key = identity.key
                // Another fact may share the code.
                guard key.resource == listing.store.resource, key.group == listing.store.group, listing.covers(key)
                else { continue }
                lives.append(past.found(number, key))
            }
            if lives.isEmpty { return lasting }
            lives += lasting
            lives.sort { ListOrder.isBefore($0.key, $1.key) }
            return lives
        }
    }

    private static func had(_ fact: ListedFact, _ store: GroupResource, _ base: ClusterState) -> [StoredObject] {
        switch fact {
        case .label(let key, let value): base.objects(store, label: (key, value))
        case .node(let name): base.pods(onNode: name)
        }
    }
}
