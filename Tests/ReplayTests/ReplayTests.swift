import ClusterState
import EventLog
import Records
import Testing

/// Same log, same state: at every revision, however the log was cut into batches, and wherever the fold began.
@Suite struct ReplayTests {
    @Test(arguments: [UInt64(21), 22]) func everyRevisionHasTheDigestItHadLive(seed: UInt64) throws {
        var cluster = RandomCluster(seed: seed)
        var history: [EventRecord] = []
        var live = ClusterState()
        var digests = [live.digest(SHA256Hasher.self)]
        while live.revision < 700 {
            let event = cluster.event()
            history.append(event)
            guard event.stream == .journal else { continue }
            live.apply(event)
            digests.append(live.digest(SHA256Hasher.self))
        }
        for most in [1, 7, 400] {
            let directory = TemporaryDirectory()
            var log = try DiskLog(directory: directory.path)
            var state = ClusterState()
            var rest = history[...]
            while !rest.isEmpty {
                let batch = Array(rest.prefix(1 + Int(cluster.random.next() % UInt64(most))))
                rest = rest.dropFirst(batch.count)
                if most == 1, state.revision > 60 { break }
                try log.append(batch, after: state)
                for event in batch where event.stream == .journal { state.apply(event) }
                if most == 400, state.revision > 300, try log.statistics().checkpoints.isEmpty {
                    try log.writeCheckpoint(state)
                }
            }
            log.close()
            log = try DiskLog(directory: directory.path)
            let recovered = try log.recover().state
            #expect(recovered.digest(SHA256Hasher.self) == digests[Int(state.revision)])
            // From nothing, one event after the other as they are read back.
            var folded = ClusterState()
            for event in try log.events(from: 1, limit: .max) {
                folded.apply(event)
                #expect(folded.digest(SHA256Hasher.self) == digests[Int(folded.revision)])
            }
            #expect(folded.revision == state.revision)
            // At random places, near and far from what is at hand.
            for _ in 0..<20 {
                let revision = cluster.random.next() % (state.revision + 1)
                #expect(try log.state(at: revision).digest(SHA256Hasher.self) == digests[Int(revision)])
            }
            let report = log.verify { _ in }
            #expect(report.findings == [] && report.stateDigest == digests[Int(state.revision)])
            log.close()
        }
    }
}
