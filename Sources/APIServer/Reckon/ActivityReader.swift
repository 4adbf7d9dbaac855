import Document
import Engine
import EventLog
import History
import Records
import Requests
import Schema
import Synchronization

/// What timelines are drawn from: counts of the log, kept in memory, read as far as somebody looks at it. Derived: nothing of it is stored.
final class ActivityReader: Sendable {
    /// How many events, and access records, one request reads at most.
    static let eventsPerRequest = 16_384
    static let recordsPerRequest = 32_768

    private let engine: Engine
    private let journal = Mutex(JournalActivity())
    private let denials = Mutex(DenialActivity())
    /// Whether somebody is filling in what is missing.
    private let isFilling = Atomic<Bool>(false)

    init(_ engine: Engine) { self.engine = engine }

    // MARK: the journal

    /// Counts by bucket: bucket i holds the revisions after `revisions[i]` up to `revisions[i + 1]`.
    func tallies(_ revisions: [UInt64]) throws(APIError) -> [JournalActivity.Tally] {
        guard let first = revisions.first, let last = revisions.last, first < last else {
            return revisions.dropFirst().map { _ in JournalActivity.Tally() }
        }
        if last - first <= Self.eventsPerRequest { return try exact(revisions, from: first + 1, through: last) }
        try count(from: first + 1, through: last, events: Self.eventsPerRequest)
        return journal.withLock { journal in
            (1..<revisions.count).map { journal.tally(from: revisions[$0 - 1] + 1, through: revisions[$0]) }
        }
    }

    private func exact(_ revisions: [UInt64], from: UInt64, through: UInt64) throws(APIError) -> [JournalActivity.Tally]
    {
        var tallies = revisions.dropFirst().map { _ in JournalActivity.Tally() }
        var next = from
        var bucket = 0
        while next <= through {
            let (start, limit) = (next, Int(min(4096, through - next + 1)))
            let events = try engine.reading { log throws(LogError) in
                try log.outlines(from: start, limit: limit, facts: false)
            }
            guard let end = events.last?.revision else { break }
            for event in events {
                while bucket < tallies.count - 1, event.revision > revisions[bucket + 1] { bucket += 1 }
                tallies[bucket].note(event)
            }
            next = end + 1
        }
        return tallies
    }

    /// Counts what is missing, at most so many events.
    private func count(from: UInt64, through: UInt64, events most: Int) throws(APIError) {
        var left = most
        while left > 0 {
            let pieces = journal.withLock { $0.missing(from: from, through: through, limit: 16) }
            if pieces.isEmpty { return }
            for piece in pieces where left > 0 {
                let events = try engine.reading { log throws(LogError) in
                    try log.outlines(from: piece.lowerBound, limit: piece.count, facts: false)
                }
                left -= piece.count
                journal.withLock { $0.note(events, of: piece) }
            }
        }
    }

    // MARK: the access stream

    /// Denials by bucket, and whether they are exact.
    func denials(_ bounds: [Timestamp]) throws(APIError) -> (counts: [Int], isExact: Bool) {
        var counts = [Int](repeating: 0, count: bounds.count - 1)
        let head = try engine.reading { log throws(LogError) in log.head.ordinal }
        guard head > 0, let from = bounds.first, let to = bounds.last else { return (counts, true) }
        var number = DenialActivity.stretch(of: head)
        var isExact = true
        var left = Self.recordsPerRequest
        // From the newest back to the first stretch that begins before the time.
        while true {
            if left > 0 { left -= try look(at: number, head) }
            if let stretch = denials.withLock({ $0[number] }) {
                if stretch.begins <= to, !denials.withLock({ $0.add(number, to: &counts, bounds: bounds) }) {
                    isExact = false
                }
                if stretch.begins < from { break }
            } else {
                isExact = false
                break
            }
            if number == 0 { break }
            number -= 1
        }
        return (counts, isExact)
    }

    /// Reads what is new of a stretch; how many records that was.
    private func look(at number: UInt64, _ head: UInt64) throws(APIError) -> Int {
        guard let next = denials.withLock({ $0.next(in: number, head: head) }) else { return 0 }
        let last = min(head, DenialActivity.first(of: number + 1) - 1)
        let records = try engine.reading { log throws(LogError) in
            try log.accesses(from: next, limit: Int(last - next + 1))
        }.filter { $0.ordinal <= last }
        denials.withLock { $0.note(records, stretch: number, through: last) }
        return Int(last - next + 1)
    }

    // MARK: the rest

    /// Reads on in small pieces between other work, until everything is counted.
    func fill(_ run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        guard isFilling.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { return }
        fillOn(run)
    }

    private func fillOn(_ run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        run { [self] in
            do throws(APIError) {
                if try fillPiece() {
                    fillOn(run)
                    return
                }
            } catch {
                // A log that cannot be read says so to those who ask.
            }
            isFilling.store(false, ordering: .releasing)
        }
    }

    /// False when nothing is missing.
    private func fillPiece() throws(APIError) -> Bool {
        let (floor, head) = try engine.reading { log throws(LogError) in (log.floor, log.head) }
        let isMissing = !journal.withLock { $0.missing(from: floor + 1, through: head.revision, limit: 1) }.isEmpty
        if isMissing { try count(from: floor + 1, through: head.revision, events: 4096) }
        guard head.ordinal > 0 else { return isMissing }
        var number = DenialActivity.stretch(of: head.ordinal)
        while true {
            if denials.withLock({ $0.next(in: number, head: head.ordinal) }) != nil {
                return try look(at: number, head.ordinal) > 0
            }
            if number == 0 { break }
            number -= 1
        }
        return isMissing
    }
}
