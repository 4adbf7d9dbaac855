/// Looks for the first bad one among ordered candidates, of which the last is bad and what is before the first is good.
/// With n candidates it asks ⌈log₂ n⌉ times, and once more for each that cannot be told.
///
///     next() ─► candidate ─► is it? ─► answer(_) ─► next() … nil ─► result
public struct Bisection: Sendable {
    public enum Verdict: Sendable { case good, bad, skip }
    public enum Result: Equatable, Sendable {
        /// The first bad one.
        case found(UInt64)
        /// It is one of these: what lies between could not be told.
        case oneOf([UInt64])
    }

    private let count: Int
    private let first: UInt64
    private let listed: [UInt64]?
    /// Everything below is good, this one is bad, by place.
    private var low = 0
    private var high: Int
    private var skipped: Set<Int> = []
    private var asked: Int?

    /// Every revision after `good` up to `bad`; nil unless good is before bad.
    public init?(good: UInt64, bad: UInt64) {
        guard good < bad else { return nil }
        (first, listed, count) = (good + 1, nil, Int(bad - good))
        high = count - 1
    }

    /// Those revisions, in order; nil when there are none.
    public init?(candidates: [UInt64]) {
        guard !candidates.isEmpty else { return nil }
        (first, listed, count) = (0, candidates, candidates.count)
        high = count - 1
    }

    private func revision(_ place: Int) -> UInt64 { listed?[place] ?? first + UInt64(place) }

    /// How many may still be the first bad one.
    public var remaining: Int { high - low + 1 }

    /// The next revision to look at; nil when the search is over.
    public mutating func next() -> UInt64? {
        asked = nil
        guard low < high else { return nil }
        let middle = (low + high) / 2
        // The nearest to the middle that was not given up.
        for distance in 0...max(middle - low, high - middle) {
            for place in [middle - distance, middle + distance]
            where place >= low && place < high && !skipped.contains(place) {
                asked = place
                return revision(place)
            }
        }
        return nil
    }

    /// What the revision that `next` gave turned out to be.
    public mutating func answer(_ verdict: Verdict) {
        guard let place = asked else { return }
        switch verdict {
        case .good: low = place + 1
        case .bad: high = place
        case .skip: skipped.insert(place)
        }
        asked = nil
    }

    public var result: Result { low >= high ? .found(revision(high)) : .oneOf((low...high).map(revision)) }
}
