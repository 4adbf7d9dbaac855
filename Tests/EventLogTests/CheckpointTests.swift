import ClusterState
import EventLog
import Glibc
import Records
import Testing

@Suite struct CheckpointTests {
    private func grown(_ log: DiskLog, _ cluster: inout RandomCluster, _ state: inout ClusterState, by events: Int)
        throws
    {
        var left = events
        while left > 0 {
            let batch = (0..<min(left, 500)).map { _ in cluster.event() }
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            left -= batch.count
        }
    }

    /// What a start reads of a checkpoint is the state that was written; its bodies stay in the file, which may be deleted while
    /// they are used.
    @Test func bodiesOutliveTheirFile() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 71)
        var state = ClusterState()
        var log = try DiskLog(directory: directory.path)
        try grown(log, &cluster, &state, by: 900)
        try log.writeCheckpoint(state)
        log.close()
        log = try DiskLog(directory: directory.path)
        let recovery = try log.recover()
        #expect(recovery.eventsReplayed == 0)
        for file in directory.files where file.hasPrefix("checkpoint-") { unlink(directory.path + "/" + file) }
        #expect(recovery.state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
        // The next events go on from bodies that lie in the file.
        var next = recovery.state
        try grown(log, &cluster, &next, by: 300)
        log.close()
        log = try DiskLog(directory: directory.path)
        #expect(try log.recover().state.digest(SHA256Hasher.self) == next.digest(SHA256Hasher.self))
        log.close()
    }

    /// Checkpoints of the first format, which had no facts, are read.
    @Test func theFirstFormatIsRead() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 72)
        var state = ClusterState()
        var log = try DiskLog(directory: directory.path)
        try grown(log, &cluster, &state, by: 400)
        log.close()
        var file = ByteWriter()
        func frame(_ content: ByteWriter) {
            file.word(UInt32(content.bytes.count))
            file.word(Checksum.of(content.bytes))
            file.bytes += content.bytes
        }
        var head = ByteWriter()
        head.bytes = Array("RECKONCP".utf8) + [1]
        head.varint(state.revision)
        head.zigzag(state.time.microseconds)
        head.varint(state.creations)
        head.count(state.objectCount)
        frame(head)
        var objects = ByteWriter()
        for store in state.storesInUse {
            for (i, object) in state.objects(store).enumerated() {
                objects.bytes.append(i == 0 ? 1 : 0)
                if i == 0 {
                    objects.text(store.group)
                    objects.text(store.resource)
                }
                for text in [object.key.namespace, object.key.name, object.uid] { objects.text(text) }
                for number in [object.number, object.revision, object.version] { objects.varint(number) }
                objects.run(object.body)
            }
        }
        frame(objects)
        frame(ByteWriter())
        let digits = String(state.revision)
        let path = directory.path + "/checkpoint-" + String(repeating: "0", count: 20 - digits.count) + digits
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        #expect(file.bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == file.bytes.count)
        close(descriptor)
        log = try DiskLog(directory: directory.path)
        let recovery = try log.recover()
        #expect(recovery.eventsReplayed == 0)
        #expect(recovery.state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
        #expect(log.verify { _ in }.findings == [])
        log.close()
    }

    /// At an end small checkpoints are always worth their bytes, and while events come only after many of them.
    @Test func checkpointsAreDueByWhatTheySave() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 73)
        var state = ClusterState()
        let log = try DiskLog(directory: directory.path)
        #expect(!log.isCheckpointDue(at: 0, isEnd: true))
        try grown(log, &cluster, &state, by: 300)
        #expect(log.isCheckpointDue(at: state.revision, isEnd: true))
        #expect(!log.isCheckpointDue(at: state.revision, isEnd: false))
        try log.writeCheckpoint(state)
        #expect(!log.isCheckpointDue(at: state.revision, isEnd: true))
        // Nothing came since, however many events that was; then as much as the checkpoint takes.
        let many = state.revision + 20_000
        #expect(!log.isCheckpointDue(at: many, isEnd: false))
        #expect(log.isCheckpointDue(at: state.revision + 200_000, isEnd: false))
        try grown(log, &cluster, &state, by: 300)
        #expect(log.isCheckpointDue(at: many, isEnd: false))
        #expect(!log.isCheckpointDue(at: state.revision, isEnd: false))
        log.close()
    }
}
