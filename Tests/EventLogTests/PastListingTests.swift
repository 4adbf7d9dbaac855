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
        let count = try disk.population(of: pods, namespace: namespace, at: revision)
        #expect(count == whole.count(pods, namespace: namespace.isEmpty ? nil : namespace), "at \(revision)")
    }
}
