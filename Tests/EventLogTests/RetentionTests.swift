import ClusterState
import Document
import EventLog
import Records
import Testing

@Suite struct RetentionTests {
    /// Turn by turn the floor follows the age; what is above it is as before, what is below is refused, and the chain verifies.
    @Test func theFloorFollowsTheAge() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 4)
        let log = try DiskLog(directory: directory.path)
        let memory = MemoryLog()
        var state = try log.recover().state
        let age: Int64 = 500_000
        var floors: [UInt64] = []
        for round in 0..<60 {
            let batch = cluster.batch(60)
            try log.append(batch, after: state)
            try memory.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            let turn = try log.retain(
                Retention(journalMicroseconds: age, accessMicroseconds: age / 2), now: cluster.time,
                limit: round < 20 ? 5 : .max)
            if round < 20 { #expect(log.floor <= 5) }
            if let floor = turn.floor { floors.append(floor) }
        }
        #expect(floors.count > 5 && floors == floors.sorted())
        let floor = log.floor
        let cut = cluster.time.adding(microseconds: -age)
        // Nothing that is younger went.
        let floorTime = try #require(log.floorTime)
        #expect(try floorTime <= cut && floorTime == memory.time(of: floor))
        #expect(throws: LogError.belowFloor(floor: floor)) { try log.events(from: floor, limit: 1) }
        #expect(throws: LogError.belowFloor(floor: floor)) { try log.state(at: floor - 1) }
        #expect(try log.events(from: floor + 1, limit: .max) == memory.events(from: floor + 1, limit: .max))
        for revision in [floor, floor + 1, (floor + log.head.revision) / 2] {
            #expect(
                try log.state(at: revision).digest(SHA256Hasher.self)
                    == memory.state(at: revision).digest(SHA256Hasher.self))
        }
        #expect(log.verify { _ in }.findings == [])
        log.close()
        let again = try DiskLog(directory: directory.path)
        #expect(again.floor == floor && again.floorTime == floorTime)
        #expect(try again.recover().state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
        again.close()
    }

    /// A log that may take so much takes no more, and the pages of what went are used again.
    @Test func theSizeIsKept() throws {
        let directory = TemporaryDirectory()
        var cluster = RandomCluster(seed: 5)
        let log = try DiskLog(directory: directory.path)
        var state = try log.recover().state
        let limit: UInt64 = 1 << 20
        for _ in 0..<40 {
            let batch = cluster.batch(600)
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            _ = try log.retain(Retention(bytes: limit), now: cluster.time)
        }
        #expect(log.floor > 0)
        #expect(try log.statistics().liveBytes < limit + limit / 4)
        #expect(try log.statistics().fileBytes < limit * 3)
        #expect(log.verify { _ in }.findings == [])
        log.close()
    }
}
