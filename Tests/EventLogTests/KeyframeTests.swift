import ClusterState
import Document
import EventLog
import Glibc
import Records
import Schema
import Testing

/// Keyframes shorten the way to past bodies and change no answer, whatever becomes of their files.
@Suite struct KeyframeTests {
    private let pods = GroupResource(resource: "pods")

    /// A log with keyframes now and then, and the same in memory. It is opened again, so that no state is at hand.
    private func makeLog(_ directory: TemporaryDirectory, seed: UInt64, kinds: Bool = false) throws -> (
        disk: DiskLog, memory: MemoryLog, state: ClusterState
    ) {
        var cluster = RandomCluster(seed: seed)
        cluster.hasEvents = kinds
        let memory = MemoryLog()
        let disk = try DiskLog(directory: directory.path)
        var state = try disk.recover().state
        for round in 0..<30 {
            let batch = cluster.batch(120)
            try memory.append(batch, after: state)
            try disk.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            if round % 4 == 3 { try disk.writeCheckpoint(state) }
        }
        disk.close()
        return (try DiskLog(directory: directory.path), memory, state)
    }

    private func compare(_ disk: DiskLog, _ memory: MemoryLog, _ random: inout SeededGenerator) throws {
        for _ in 0..<60 {
            let revision = disk.floor + random.next() % (memory.head.revision - disk.floor + 1)
            let state = try memory.state(at: revision)
            var list = try disk.listing(StateListing(pods, namespace: ""), at: revision)
            let (found, expected) = (try list.rest(), state.objects(pods, namespace: nil, after: nil, limit: .max))
            #expect(found.map(\.key) == expected.map(\.key) && found.map(\.revision) == expected.map(\.revision))
            #expect(found.map(\.body) == expected.map(\.body) && found.map(\.uid) == expected.map(\.uid))
            let key = ObjectKey(resource: "pods", namespace: "a", name: "o\(random.next() % 30)")
            #expect(try disk.object(key, at: revision)?.body == state.object(key)?.body)
        }
    }

    private func keyframes(_ directory: TemporaryDirectory) -> [String] {
        directory.files.filter { $0.hasPrefix("keyframe-") }.map { directory.path + "/" + $0 }
    }

    @Test(arguments: [UInt64(5), 6, 7]) func answersAreThoseOfTheJournal(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var random = SeededGenerator(state: seed)
        let (disk, memory, _) = try makeLog(directory, seed: seed)
        try compare(disk, memory, &random)
        let report = disk.verify { _ in }
        #expect(report.findings == [] && report.keyframes == keyframes(directory).count && report.keyframes >= 5)
        #expect(try disk.statistics().keyframes.count == report.keyframes)
        try disk.prune(journalBefore: memory.head.revision / 2, accessBefore: nil)
        #expect(try disk.statistics().keyframes.allSatisfy { $0 >= disk.floor })
        try compare(disk, memory, &random)
        disk.close()
    }

    /// A flipped bit anywhere is found by `verify`; reads go the longer way.
    @Test func damageCostsOnlyTime() throws {
        let directory = TemporaryDirectory()
        var random = SeededGenerator(state: 8)
        let (first, memory, _) = try makeLog(directory, seed: 8)
        first.close()
        let damage = DamageTests()
        for path in keyframes(directory) {
            let sound = damage.contents(path)
            for _ in 0..<25 {
                var bytes = sound
                bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
                damage.write(bytes, path)
                #expect(DiskLog.verify(directory: directory.path) { _ in }.findings.count == 1)
            }
            damage.write(sound, path)
        }
        for path in keyframes(directory) {
            var bytes = damage.contents(path)
            for i in stride(from: 40, to: bytes.count * 3 / 4, by: 200) { bytes[i] ^= 1 }
            damage.write(bytes, path)
        }
        var log = try DiskLog(directory: directory.path)
        try compare(log, memory, &random)
        log.close()
        for path in keyframes(directory) { damage.write(Array(damage.contents(path).dropLast(40)), path) }
        log = try DiskLog(directory: directory.path)
        try compare(log, memory, &random)
        for path in keyframes(directory) { unlink(path) }
        try compare(log, memory, &random)
        log.close()
    }

    /// What is forgotten by kind is in no keyframe.
    @Test func forgottenKindsAreLeftOut() throws {
        let directory = TemporaryDirectory()
        let (disk, memory, state) = try makeLog(directory, seed: 9, kinds: true)
        #expect(!keyframes(directory).isEmpty)
        let floor = memory.head.revision - 3
        try disk.forget(GroupResource(resource: "events"), before: floor)
        #expect(keyframes(directory).isEmpty)
        for file in directory.files where file.hasPrefix("checkpoint-") { unlink(directory.path + "/" + file) }
        try disk.writeCheckpoint(state)
        let path = try #require(keyframes(directory).first)
        #expect(disk.verify { _ in }.findings == [])
        let bytes = DamageTests().contents(path)
        func holds(_ object: StoredObject) -> Bool {
            let uid = Array(object.uid.utf8)
            return bytes.indices.dropLast(uid.count).contains { bytes[$0..<$0 + uid.count].elementsEqual(uid) }
        }
        let events = state.objects(GroupResource(resource: "events"), namespace: nil, after: nil, limit: .max)
        let kept = state.objects(pods, namespace: nil, after: nil, limit: .max)
        #expect(!events.isEmpty && !events.contains(where: holds) && kept.contains(where: holds))
        disk.close()
    }
}
