import ClusterState
import Document
import EventLog
import Records
import Schema
import Testing

/// A page of a past list, read object by object through the indexes, holds what the same page of the folded state does.
@Suite struct PastListingTests {
    private let pods = GroupResource(resource: "pods")

    @Test(arguments: [UInt64(31), 32, 33, 34]) func pagesAreThoseOfTheWholeState(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: seed)
        cluster.names = seed == 33 ? 5 : 60
        let memory = MemoryLog()
        var disk: DiskLog! = try DiskLog(directory: directory.path)
        var state = try disk.recover().state
        // Each end of a process leaves a segment; many of them are joined.
        for round in 0..<40 {
            for _ in 0..<4 {
                let batch = cluster.batch(40)
                try memory.append(batch, after: state)
                try disk.append(batch, after: state)
                for event in batch where event.stream == .journal { state.apply(event) }
            }
            if seed == 34, round == 22 {
                try disk.prune(journalBefore: state.revision / 2, accessBefore: nil)
                try memory.prune(journalBefore: state.revision / 2, accessBefore: nil)
            }
            if round % 7 == 6 { for _ in 0..<25 { try comparePage(disk, memory, &cluster.random) } }
            if round % 3 == 2 {
                if round % 9 != 8 { disk.close() }
                disk = nil
                disk = try DiskLog(directory: directory.path)
            }
        }
        for _ in 0..<150 { try comparePage(disk, memory, &cluster.random) }
        #expect(disk.verify { _ in }.findings == [])
        disk.close()
    }

    private func comparePage(_ disk: DiskLog, _ memory: MemoryLog, _ random: inout SeededGenerator) throws {
        let revision = memory.floor + random.next() % (memory.head.revision - memory.floor + 1)
        let whole = try memory.state(at: revision)
        let namespace = ["", "a", "b", "none"].randomElement(using: &random)!
        var listing = StateListing(pods, namespace: namespace)
        if random.chance(60) { listing.limit = 1 + Int(random.next() % 9) }
        if random.chance(50) {
            let place = namespace.isEmpty ? ["a", "b"].randomElement(using: &random)! : namespace
            listing.after = (place, "o\(random.next() % 70)")
        }
        var wanted: (@Sendable (StoredObject) -> Bool) = { _ in true }
        let (app, node) = ("a\(random.next() % 3)", "n\(random.next() % 3)")
        switch random.next() % 5 {
        case 0:
            listing.facts = [.label(key: "app", value: app)]
            wanted = { $0.label("app") == app }
        case 1:
            listing.facts = [.label(key: "app", value: app), .label(key: "tier", value: "front")]
            wanted = { $0.label("app") == app && $0.label("tier") == "front" }
        case 2:
            listing.facts = [.node(node)]
            wanted = { $0.nodeName == node }
        case 3: wanted = { $0.label("tier") == nil }
        default: break
        }
        listing.matches = wanted
        let expected = whole.objects(
            pods, namespace: namespace.isEmpty ? nil : namespace, after: listing.after, limit: .max
        )
        .filter(wanted).prefix(listing.limit ?? .max)
        let found = try disk.excerpt(of: [.listing(listing)], at: revision)
        // A state at hand may serve, which holds more.
        let shown = found.objects(
            pods, namespace: namespace.isEmpty ? nil : namespace, after: listing.after, limit: .max
        )
        .filter(wanted).prefix(listing.limit ?? .max)
        #expect(shown.map(\.key) == expected.map(\.key), "\(listing) at \(revision)")
        #expect(shown.map(\.body) == expected.map(\.body) && shown.map(\.uid) == expected.map(\.uid))
        #expect(shown.map(\.revision) == expected.map(\.revision))
        #expect(found.revision == revision && found.time == whole.time)
        // The same bit by bit.
        var listed: [StoredObject] = []
        var pieces = try disk.listing(listing, at: revision)
        while true {
            let piece = try pieces.next(1 + Int(random.next() % 40))
            if piece.isEmpty { break }
            listed += piece
        }
        #expect(listed.map(\.key) == expected.map(\.key), "\(listing) at \(revision)")
        #expect(listed.map(\.body) == expected.map(\.body) && listed.map(\.uid) == expected.map(\.uid))
        #expect(listed.map(\.revision) == expected.map(\.revision))
        for (a, b) in zip(listed, expected) {
            #expect(a.labels.elementsEqual(b.labels, by: ==) && a.nodeName == b.nodeName && a.ownerUIDs == b.ownerUIDs)
        }
        let count = try disk.population(of: pods, namespace: namespace, at: revision)
        #expect(count == whole.count(pods, namespace: namespace.isEmpty ? nil : namespace), "at \(revision)")
    }
    /// A list that is taken while the index goes on, and its segments are joined, is that of its moment.
    @Test func aListOutlivesTheSegmentsItBeganWith() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 35)
        cluster.names = 60
        let memory = MemoryLog()
        var state = ClusterState()
        func grow(_ disk: DiskLog, to revision: UInt64) throws {
            while state.revision < revision {
                let batch = cluster.batch(40)
                try memory.append(batch, after: state)
                try disk.append(batch, after: state)
                for event in batch where event.stream == .journal { state.apply(event) }
            }
        }
        // Each end leaves a segment: one less than are joined.
        for _ in 0..<15 {
            let disk = try DiskLog(directory: directory.path)
            _ = try disk.recover()
            try grow(disk, to: state.revision + 120)
            disk.close()
        }
        let disk = try DiskLog(directory: directory.path)
        _ = try disk.recover()
        let (early, late) = (state.revision / 3, state.revision * 3 / 4)
        let listing = StateListing(pods, namespace: "")
        func check(_ list: inout PastListing, at revision: UInt64) throws {
            let expected = try memory.state(at: revision).objects(pods)
            let found = try list.rest()
            #expect(expected.count > 60 && found.map(\.body) == expected.map(\.body), "at \(revision)")
        }
        var lasting = try disk.listing(listing, at: late)
        // What is known of the first segments by now is not what they are later.
        var first = try disk.listing(listing, at: early)
        try check(&first, at: early)
        try grow(disk, to: state.revision + 4200)
        try check(&lasting, at: late)
        for revision in [early, late, early + 1, late + 1] {
            var again = try disk.listing(listing, at: revision)
            try check(&again, at: revision)
        }
        disk.close()
    }

    /// Keys that are too long to stand in their place are listed in it all the same, after those that do.
    @Test func longKeysStandInTheirPlace() throws {
        let directory = TemporaryDirectory()
        let store = GroupResource(group: String(repeating: "g", count: 250), resource: "things")
        let disk = try DiskLog(directory: directory.path)
        var state = ClusterState()
        let names = (0..<3).map { "a\($0)" } + (0..<9).map { String(repeating: "n", count: 240) + "\($0 * 7 % 9)" }
        var random = SeededGenerator(state: 5)
        for turn in 0..<3 {
            for name in names {
                let key = ObjectKey(group: store.group, resource: store.resource, namespace: "n", name: name)
                let uid = "00000000-0000-4000-8000-\(100_000_000_000 + UInt64(names.firstIndex(of: name)!))"
                var record = EventRecord(
                    stream: .journal, revision: state.revision + 1, time: Timestamp(seconds: 1_700_000_000),
                    request: RequestFacts(verb: "update", path: "/x"),
                    authentication: AuthenticationFacts(authenticator: "x509", user: UserInfo(name: "u")),
                    authorization: .notAsked, outcome: Outcome(code: 200))
                let body: JSON = ["metadata": ["name": .string(name)], "turn": .int(Int64(random.next() % 1000))]
                record.changes = [
                    Change(
                        kind: turn == 0 ? .created : .updated, key: key, uid: uid,
                        previousRevision: state.object(key)?.revision ?? 0, body: body.encoded())
                ]
                try disk.append([record], after: state)
                state.apply(record)
            }
        }
        disk.close()
        let again = try DiskLog(directory: directory.path)
        let revision = state.revision - 5
        var list = try again.listing(StateListing(store, namespace: "n"), at: revision)
        var found: [StoredObject] = []
        while true {
            let piece = try list.next(2)
            if piece.isEmpty { break }
            found += piece
        }
        let expected = try again.state(at: revision).objects(store)
        #expect(found.map(\.key) == expected.map(\.key) && found.map(\.body) == expected.map(\.body))
        #expect(found.count == names.count)
        again.close()
    }
}
