import ClusterState
import Document
import EventLog
import Records
import Schema
import Testing

@Suite struct DiskLogTests {
    /// Whatever can be asked, the log on disk answers as the one in memory, before and after it is opened again.
    @Test(arguments: [UInt64(1), 2, 3]) func agreesWithTheLogInMemory(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: seed)
        cluster.names = seed == 3 ? 4 : 30
        let memory = MemoryLog()
        var disk: DiskLog? = try DiskLog(directory: directory.path)
        var state = try disk!.recover().state
        for round in 0..<120 {
            let batch = cluster.batch(round % 10 == 0 ? 400 : 12)
            try memory.append(batch, after: state)
            try disk!.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            if round % 30 == 10 { try disk!.writeCheckpoint(state) }
            if round % 40 == 20 {
                try compare(disk!, memory, &cluster.random)
                // Once closed as it should be, once let go of without a word.
                if round % 80 == 20 { disk!.close() }
                disk = nil
                disk = try DiskLog(directory: directory.path)
                #expect(try disk!.recover().state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
                try compare(disk!, memory, &cluster.random)
            }
        }
        try compare(disk!, memory, &cluster.random)
        #expect(disk!.verify { _ in }.findings == [])
        disk!.close()
    }

    /// A part of a past state holds what the whole does.
    private func compareExcerpt(
        _ disk: DiskLog, _ memory: MemoryLog, at revision: UInt64, _ random: inout SeededGenerator
    ) throws {
        let pods = GroupResource(resource: "pods")
        let namespace = ["", "a", "b"].randomElement(using: &random)!
        let key = ObjectKey(resource: "pods", namespace: "a", name: "o\(random.next() % 8)")
        let whole = try memory.state(at: revision)
        let part = try disk.excerpt(of: [.store(pods, namespace: namespace)], at: revision)
        let expected = namespace.isEmpty ? whole.objects(pods) : whole.objects(pods, namespace: namespace)
        let found = namespace.isEmpty ? part.objects(pods) : part.objects(pods, namespace: namespace)
        #expect(found.map(\.key) == expected.map(\.key), "at \(revision)")
        #expect(found.map(\.body) == expected.map(\.body) && found.map(\.uid) == expected.map(\.uid))
        #expect(part.revision == revision && part.time == whole.time)
        let one = try disk.excerpt(of: [.object(key)], at: revision)
        #expect(one.object(key)?.body == whole.object(key)?.body)
    }

    private func compare(_ disk: DiskLog, _ memory: MemoryLog, _ random: inout SeededGenerator) throws {
        let head = memory.head
        #expect(disk.head.revision == head.revision && disk.head.ordinal == head.ordinal && disk.head.time == head.time)
        let events = try memory.events(from: 1, limit: .max)
        #expect(try disk.events(from: 1, limit: .max) == events)
        #expect(try disk.accesses(from: 1, limit: .max) == memory.accesses(from: 1, limit: .max))
        for _ in 0..<5 {
            let from = 1 + random.next() % head.revision
            #expect(try disk.events(from: from, limit: 7) == memory.events(from: from, limit: 7))
            #expect(try disk.accesses(from: from, limit: 7) == memory.accesses(from: from, limit: 7))
        }
        for name in 0..<8 {
            let key = ObjectKey(resource: "pods", namespace: "a", name: "o\(name)")
            #expect(try disk.versions(of: key) == memory.versions(of: key))
            for _ in 0..<10 {
                let revision = random.next() % (head.revision + 1)
                let (found, expected) = (try disk.object(key, at: revision), try memory.object(key, at: revision))
                #expect(
                    found?.body == expected?.body && found?.uid == expected?.uid
                        && found?.revision == expected?.revision)
            }
        }
        for _ in 0..<6 {
            let revision = random.next() % (head.revision + 1)
            #expect(
                try disk.state(at: revision).digest(SHA256Hasher.self)
                    == memory.state(at: revision).digest(SHA256Hasher.self))
            let event = events.randomElement(using: &random)!
            for moment in [event.time, event.time.adding(microseconds: -1), event.time.adding(microseconds: 1)] {
                #expect(try disk.revision(at: moment) == memory.revision(at: moment))
            }
            #expect(try disk.time(of: event.revision) == event.time)
        }
        for _ in 0..<12 { try compareExcerpt(disk, memory, at: random.next() % (head.revision + 1), &random) }
        #expect(try disk.revision(at: Timestamp(seconds: 1)) == 0)
        #expect(throws: LogError.beyondHead(head: head.revision)) { try disk.state(at: head.revision + 1) }
    }

    @Test func oneWriterAtATime() throws {
        let directory = TemporaryDirectory()
        let first = try DiskLog(directory: directory.path)
        #expect(throws: LogError.inUse(directory: directory.path)) { try DiskLog(directory: directory.path) }
        first.close()
        let second = try DiskLog(directory: directory.path)
        var cluster = RandomCluster(seed: 1)
        #expect(throws: LogError.closed) { try first.append([cluster.event()], after: ClusterState()) }
        second.close()
    }

    @Test func aBatchThatDoesNotContinueIsRefusedWhole() throws {
        let directory = TemporaryDirectory()
        let log = try DiskLog(directory: directory.path)
        var cluster = RandomCluster(seed: 5)
        var state = ClusterState()
        let batch = cluster.batch(50).filter { $0.stream == .journal }
        try log.append(batch, after: state)
        #expect(throws: LogError.self) { try log.append(batch, after: state) }
        for event in batch { state.apply(event) }
        var next = cluster.event()
        while next.stream == .access { next = cluster.event() }
        var wrong = next
        wrong.time = Timestamp(seconds: 1)
        #expect(throws: LogError.self) { try log.append([wrong], after: state) }
        #expect(log.head.revision == state.revision)
        try log.append([next], after: state)
        #expect(log.head.revision == next.revision)
        log.close()
    }

    /// Lease renewals and repeated reads cost what they should.
    @Test func smallThingsAreSmall() throws {
        let directory = TemporaryDirectory()
        let log = try DiskLog(directory: directory.path)
        var state = ClusterState()
        func lease(_ revision: UInt64) -> [UInt8] {
            let second = 10 + revision % 49
            return Array(
                #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"managedFields":[{"manager":"kubelet","time":"2026-11-23T10:00:\#(second)Z"}],"name":"n1","namespace":"kube-node-lease","resourceVersion":"\#(revision)","uid":"4f3d"},"spec":{"holderIdentity":"n1","leaseDurationSeconds":40,"renewTime":"2026-11-23T10:00:\#(second).123456Z"}}"#
                    .utf8)
        }
        var cluster = RandomCluster(seed: 1)
        let key = ObjectKey(group: "coordination.k8s.io", resource: "leases", namespace: "kube-node-lease", name: "n1")
        for revision in UInt64(1)...300 {
            var record = cluster.event()
            record.stream = .journal
            record.revision = revision
            record.cause = nil
            record.request.path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"
            record.changes = [
                Change(
                    kind: revision == 1 ? .created : .updated, key: key, uid: "4f3d", previousRevision: revision - 1,
                    body: lease(revision))
            ]
            try log.append([record], after: state)
            state.apply(record)
        }
        let writes = try log.statistics().journal.first { $0.kind == "update leases.coordination.k8s.io" }
        let size = try #require(writes?.size)
        #expect(size.bytes / size.events <= 150)
        for _ in 0..<40 {
            let reads = (0..<50).map { _ in
                var record = cluster.event()
                record.stream = .access
                record.changes = []
                record.request.path = "/api/v1/pods"
                return record
            }
            try log.append(reads, after: state)
        }
        let found = try log.statistics().access.reduce(into: LogStatistics.PerKind()) {
            $0.events += $1.size.events
            $0.bytes += $1.size.bytes
        }
        #expect(found.events == 2000)
        #expect(found.bytes / found.events <= 40)
        log.close()
    }
}
