import ClusterState
import Document
import EventLog
import Records
import Schema
import Testing

/// Retention by kind.
@Suite struct ForgettingTests {
    private static let events = GroupResource(resource: "events")

    /// Round by round the floor of events moves on. They are as they were from there on and refused before; pods are what they were at
    /// every revision; who changed what is kept of both; and the chain closes.
    @Test(arguments: [UInt64(1), 2, 3]) func aKindIsForgotten(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: seed)
        cluster.hasEvents = true
        // Many versions of each, or many objects.
        cluster.names = seed == 1 ? 6 : 60
        var log = try DiskLog(directory: directory.path)
        let memory = MemoryLog()
        var state = try log.recover().state
        for round in 0..<24 {
            let batch = cluster.batch(round % 5 == 0 ? 900 : 120)
            try log.append(batch, after: state)
            try memory.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            guard round % 4 == 3 else { continue }
            if round == 11 { try log.writeCheckpoint(state) }
            if round == 15, seed == 2 { try log.prune(journalBefore: log.head.revision / 4, accessBefore: nil) }
            let old = log.floor(of: Self.events)
            let floor = old + 1 + cluster.random.next() % (log.head.revision - old)
            try log.forget(Self.events, before: floor)
            #expect(log.kindFloors == [Self.events: floor])
            try compare(log, memory, floor, &cluster.random)
            // As after a crash: without what an orderly end writes.
            let beside = try DiskLog(directory: directory.path, isReadOnly: true)
            try compare(beside, memory, floor, &cluster.random)
            beside.close()
            if round % 8 == 7 {
                log.close()
                log = try DiskLog(directory: directory.path)
                #expect(try log.recover().state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
                try compare(log, memory, floor, &cluster.random)
            }
            #expect(log.verify { _ in }.findings == [])
        }
        log.close()
    }

    private func compare(
        _ log: DiskLog, _ memory: MemoryLog, _ floor: UInt64, _ random: inout SeededGenerator
    ) throws {
        let refusal = LogError.belowKindFloor(Self.events, floor: floor)
        let revisions = [log.floor, floor - 1, floor, log.head.revision]
        for revision in revisions + (0..<12).map({ _ in random.next() % (log.head.revision + 1) })
        where revision >= log.floor {
            let (known, all) = (try log.state(at: revision), try memory.state(at: revision))
            let pods = try log.excerpt(of: [.store(GroupResource(resource: "pods"), namespace: "")], at: revision)
            for namespace in ["a", "b"] {
                let listed = all.objects(GroupResource(resource: "pods"), namespace: namespace).map(\.body)
                #expect(known.objects(GroupResource(resource: "pods"), namespace: namespace).map(\.body) == listed)
                #expect(pods.objects(GroupResource(resource: "pods"), namespace: namespace).map(\.body) == listed)
            }
            for name in 0..<12 {
                for resource in ["pods", "events"] {
                    let key = ObjectKey(resource: resource, namespace: "a", name: "o\(name)")
                    if resource == "events", revision < floor {
                        #expect(throws: refusal) { try log.object(key, at: revision) }
                    } else {
                        #expect(try log.object(key, at: revision)?.body == memory.object(key, at: revision)?.body)
                    }
                }
            }
            if revision < floor {
                #expect(known.count(Self.events) == 0)
                #expect(throws: refusal) { try log.excerpt(of: [.store(Self.events, namespace: "a")], at: revision) }
                #expect(throws: refusal) { try log.population(of: Self.events, namespace: "", at: revision) }
            } else {
                #expect(known.digest(SHA256Hasher.self) == all.digest(SHA256Hasher.self))
                let listed = try log.excerpt(of: [.store(Self.events, namespace: "a")], at: revision)
                #expect(
                    listed.objects(Self.events, namespace: "a").map(\.body)
                        == all.objects(Self.events, namespace: "a").map(\.body))
            }
        }
        for name in 0..<12 {
            let key = ObjectKey(resource: name % 2 == 1 ? "events" : "pods", namespace: "b", name: "o\(name)")
            let first = name % 2 == 1 ? floor : log.floor
            #expect(try log.versions(of: key) == memory.versions(of: key).filter { $0.revision > first })
        }
        let (kept, all) = (
            try log.events(from: log.floor + 1, limit: .max), try memory.events(from: log.floor + 1, limit: .max)
        )
        for (event, original) in zip(kept, all) where event != original {
            // Nothing but bodies of events is missing.
            var filled = event
            for i in filled.changes.indices where filled.changes[i].body.isEmpty && event.revision <= floor {
                guard filled.changes[i].key.resource == "events" else { continue }
                filled.changes[i].body = original.changes[i].body
            }
            #expect(filled == original)
        }
        #expect(kept.count == all.count)
    }

    /// What is forgotten frees its pages, whatever ages the turns of a server are given; what others rest on is not forgotten alone.
    @Test func turnsFreeSpace() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 8)
        cluster.hasEvents = true
        let log = try DiskLog(directory: directory.path)
        var state = try log.recover().state
        for _ in 0..<8 {
            let batch = cluster.batch(2000)
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
        }
        let before = try log.statistics().liveBytes
        let retention = Retention(kinds: [Self.events: 1_000_000])
        let turn = try log.retain(retention, now: cluster.time)
        let floor = try #require(turn.kindFloors[Self.events])
        #expect(try log.revision(at: cluster.time.adding(microseconds: -1_000_000)) == floor && log.floor == 0)
        let after = try log.statistics().liveBytes
        // Half of the journal are events; of each change the half is who made it, and when.
        #expect(after < before * 9 / 10)
        #expect(try log.due(retention, now: cluster.time).didNothing)
        #expect(log.verify { _ in }.findings == [])
        #expect(throws: LogError.self) { try log.forget(GroupResource(resource: "namespaces"), before: floor) }
        #expect(throws: LogError.beyondHead(head: log.head.revision)) {
            try log.forget(Self.events, before: log.head.revision + 1)
        }
        log.close()
    }

    /// A copy that is begun afterwards is restored with the same floors, and only to where everything is known.
    @Test func copiesKnowWhatIsForgotten() throws {
        let place = TemporaryDirectory()
        defer { LogRestoreTools.remove(place.path) }
        var cluster = RandomCluster(seed: 9)
        cluster.hasEvents = true
        let log = try DiskLog(directory: place.path + "/data")
        var state = try log.recover().state
        for _ in 0..<10 {
            let batch = cluster.batch(300)
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
        }
        let floor = log.head.revision / 2
        try log.forget(Self.events, before: floor)
        let shipper = try LogShipper(log: log, directory: place.path + "/copy")
        while try shipper.turn(now: cluster.time) {}
        _ = try LogRestore.run(from: place.path + "/copy", to: place.path + "/restored")
        let restored = try DiskLog(directory: place.path + "/restored")
        let known = restored.floor(of: Self.events)
        #expect(known > floor / 2 && known <= floor && restored.kindFloors.count == 1)
        #expect(try restored.recover().state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
        #expect(
            try restored.state(at: floor).digest(SHA256Hasher.self) == log.state(at: floor).digest(SHA256Hasher.self))
        #expect(try restored.events(from: 1, limit: .max) == log.events(from: 1, limit: .max))
        #expect(restored.verify { _ in }.findings == [])
        restored.close()
        #expect(throws: LogError.self) {
            try LogRestore.run(from: place.path + "/copy", to: place.path + "/early", point: .revision(floor / 2))
        }
        log.close()
    }
}
