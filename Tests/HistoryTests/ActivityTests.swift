import Document
import History
import Records
import Testing

/// Counts of a log by stretches, against counting every event.
@Suite struct ActivityTests {
    private static func event(_ revision: UInt64, _ resource: String, _ namespace: String, changes: Int = 1)
        -> EventRecord
    {
        EventRecord(
            stream: .journal, revision: revision, time: Timestamp(seconds: Int64(revision)),
            request: RequestFacts(verb: "create", path: "/"),
            authentication: AuthenticationFacts(authenticator: "x509", user: UserInfo(name: "a")),
            authorization: .notAsked, outcome: Outcome(code: 201),
            changes: (0..<changes).map { i in
                Change(
                    kind: .created,
                    key: ObjectKey(resource: resource, namespace: namespace, name: "n\(revision)-\(i)"), uid: "u",
                    previousRevision: 0, body: [])
            })
    }

    private static func log(_ count: UInt64) -> [EventRecord] {
        (1...count).map { revision in
            event(
                revision, ["pods", "leases", "events"][Int(revision * 7 % 3)], ["a", "b"][Int(revision * 5 % 2)],
                changes: revision % 11 == 0 ? 3 : 1)
        }
    }

    private static func read(_ log: [EventRecord], into activity: inout JournalActivity, pieces: Int = .max) {
        for piece in activity.missing(from: 1, through: UInt64(log.count), limit: pieces) {
            activity.note(Array(log[Int(piece.lowerBound - 1)..<Int(piece.upperBound)]), of: piece)
        }
    }

    @Test func stretchesAddUpToWhatHappened() {
        let log = Self.log(1000)
        var activity = JournalActivity(stretchEvents: 64)
        Self.read(log, into: &activity)
        #expect(activity.missing(from: 1, through: 1000, limit: 10) == [])
        for range in [1...1000, 65...128, 129...640] as [ClosedRange<UInt64>] {
            var slow = JournalActivity.Tally()
            for event in log where range.contains(event.revision) { slow.note(event) }
            let fast = activity.tally(from: range.lowerBound, through: range.upperBound)
            #expect(fast.isExact)
            #expect(fast.counts == slow.counts)
        }
        // Across the middle of a stretch the counts are shares, and that is said.
        let part = activity.tally(from: 100, through: 500)
        #expect(!part.isExact)
        let events = part.counts.values.reduce(0) { $0 + $1.events }
        #expect(abs(events - 401) < 0.001)
    }

    @Test func theNewestIsCountedFirstAndTheRestIsNamed() {
        let log = Self.log(1000)
        var activity = JournalActivity(stretchEvents: 64)
        Self.read(log, into: &activity, pieces: 2)
        #expect(activity.tally(from: 961, through: 1000).isExact)
        #expect(!activity.tally(from: 1, through: 1000).isExact)
        #expect(activity.missing(from: 1, through: 1000, limit: 1) == [833...896])
        // The log goes on: the stretch that was not full is continued.
        let more = Self.log(1010)
        #expect(activity.missing(from: 961, through: 1010, limit: 5) == [1001...1010])
        activity.note(Array(more[1000..<1010]), of: 1001...1010)
        #expect(activity.tally(from: 961, through: 1010).isExact)
        // A piece that does not continue anything changes nothing.
        activity.note(Array(more[1005..<1010]), of: 1006...1010)
        let events = activity.tally(from: 961, through: 1010).counts.values.reduce(0) { $0 + $1.events }
        #expect(events == 50)
    }

    @Test func aLongLogGetsLongerStretches() {
        var activity = JournalActivity(stretchEvents: 1)
        let count: UInt64 = 40_000
        for revision in 1...count {
            for piece in activity.missing(from: revision, through: revision, limit: 1) {
                activity.note([Self.event(revision, "pods", "a")], of: piece)
            }
        }
        #expect(activity.stretchEvents == 4)
        let tally = activity.tally(from: 1, through: count)
        #expect(tally.isExact)
        #expect(tally.counts.values.first?.events == Double(count))
    }

    private static func access(_ ordinal: UInt64, code: Int) -> EventRecord {
        EventRecord(
            stream: .access, revision: 1, ordinal: ordinal, time: Timestamp(seconds: Int64(ordinal)),
            request: RequestFacts(verb: "get", path: "/"),
            authentication: AuthenticationFacts(authenticator: "", user: UserInfo(name: "")),
            authorization: .notAsked, outcome: Outcome(code: code))
    }

    @Test func denialsStandWhereTheyHappened() {
        var activity = DenialActivity()
        let records = (1...3000).map { Self.access($0, code: $0 % 1000 == 7 ? 403 : $0 == 500 ? 401 : 200) }
        activity.note(records, stretch: 0, through: 3000)
        #expect(activity.next(in: 0, head: 3000) == nil)
        #expect(activity.next(in: 0, head: 3010) == 3001)
        let bounds = [0, 100, 600, 2000, 3000].map { Timestamp(seconds: $0) }
        var counts = [0, 0, 0, 0]
        #expect(activity.add(0, to: &counts, bounds: bounds))
        #expect(counts == [1, 1, 1, 1])
        // A flood keeps its number, though not every moment.
        var flood = DenialActivity()
        flood.note((1...4096).map { Self.access($0, code: 403) }, stretch: 0, through: 4096)
        var all = [0, 0]
        #expect(!flood.add(0, to: &all, bounds: [0, 2048, 5000].map { Timestamp(seconds: $0) }))
        #expect(all[0] + all[1] == 4096)
        #expect(abs(all[0] - 2048) < 120)
    }
}
