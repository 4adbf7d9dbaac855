import ClusterState
import Document
import EventLog
import Glibc
import Records
import Testing

@Suite struct ForkLogTests {
    /// Two histories that part at a random moment: the fork answers as a log in memory that holds both its parts, the parent as if
    /// there were no fork, before and after both are opened again.
    @Test(arguments: [UInt64(1), 2, 3, 4]) func aForkAndItsParentDoNotSeeEachOther(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        let place = directory.path + "/forks/f"
        defer {
            if let folder = opendir(place) {
                while let entry = readdir(folder) {
                    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                    }
                    unlink(place + "/" + name)
                }
                closedir(folder)
            }
            rmdir(place)
            rmdir(directory.path + "/forks")
        }
        var cluster = RandomCluster(seed: seed)
        cluster.names = seed == 3 ? 4 : 30
        var parent: DiskLog! = try DiskLog(directory: directory.path)
        let memory = MemoryLog()
        var state = try parent.recover().state
        func grow(_ rounds: Int) throws {
            for _ in 0..<rounds {
                let batch = cluster.batch(60)
                try memory.append(batch, after: state)
                try parent.append(batch, after: state)
                for event in batch where event.stream == .journal { state.apply(event) }
            }
        }
        try grow(Int(20 + seed * 30))
        let (base, baseCluster) = (state, cluster)
        try grow(40)

        try ForkLog.claim(base.revision, in: place)
        var fork: ForkLog! = try ForkLog(over: parent, directory: place)
        let model = MemoryLog(events: try memory.events(from: 1, limit: Int(base.revision)))
        var (forkState, forkCluster) = (try fork.recover().state, baseCluster)
        forkCluster.random = SeededGenerator(state: seed &+ 1000)
        #expect(forkState.digest(SHA256Hasher.self) == base.digest(SHA256Hasher.self))
        #expect(fork.head.revision == base.revision)
        for round in 0..<150 {
            let batch = forkCluster.batch(60)
            try model.append(batch, after: forkState)
            try fork.append(batch, after: forkState)
            for event in batch where event.stream == .journal { forkState.apply(event) }
            if round % 10 == 3 { try grow(2) }
            if round % 50 == 25 {
                try compare(fork, model, &cluster.random)
                if round == 75 { fork.close() }
                fork = nil
                fork = try ForkLog(over: parent, directory: place)
                #expect(try fork.recover().state.digest(SHA256Hasher.self) == forkState.digest(SHA256Hasher.self))
            }
        }
        try compare(fork, model, &cluster.random)
        try compare(parent, memory, &cluster.random)
        #expect(fork.verify { _ in }.stateDigest == forkState.digest(SHA256Hasher.self))
        #expect(parent.verify { _ in }.findings == [])

        // What the fork goes on from is kept, whatever is asked.
        try parent.prune(journalBefore: parent.head.revision, accessBefore: nil)
        #expect(parent.floor == base.revision)
        #expect(fork.floor == base.revision)
        fork.close()
        parent.close()
        parent = nil
        parent = try DiskLog(directory: directory.path)
        fork = try ForkLog(over: parent, directory: place)
        #expect(try fork.recover().state.digest(SHA256Hasher.self) == forkState.digest(SHA256Hasher.self))
        #expect(try fork.state(at: base.revision).digest(SHA256Hasher.self) == base.digest(SHA256Hasher.self))
        let (again, before) = (
            try fork.events(from: base.revision + 1, limit: .max),
            try model.events(from: base.revision + 1, limit: .max)
        )
        #expect(again == before)
        fork.close()
        parent.close()
    }

    private func compare(_ log: any EventLog, _ model: MemoryLog, _ random: inout SeededGenerator) throws {
        let head = model.head
        #expect(log.head.revision == head.revision && log.head.ordinal == head.ordinal)
        #expect(try log.events(from: 1, limit: .max) == model.events(from: 1, limit: .max))
        #expect(try log.accesses(from: 1, limit: .max) == model.accesses(from: 1, limit: .max))
        for _ in 0..<8 {
            let from = 1 + random.next() % head.revision
            #expect(try log.events(from: from, limit: 7) == model.events(from: from, limit: 7))
            let (found, expected) = (try log.state(at: from), try model.state(at: from))
            #expect(found.digest(SHA256Hasher.self) == expected.digest(SHA256Hasher.self))
            #expect(try log.revision(at: expected.time) == model.revision(at: expected.time))
            #expect(try log.time(of: from) == model.time(of: from))
        }
        for name in 0..<8 {
            let key = ObjectKey(resource: "pods", namespace: "a", name: "o\(name)")
            #expect(try log.versions(of: key) == model.versions(of: key))
            for _ in 0..<10 {
                let revision = random.next() % (head.revision + 1)
                let (found, expected) = (try log.object(key, at: revision), try model.object(key, at: revision))
                #expect(
                    found?.body == expected?.body && found?.uid == expected?.uid
                        && found?.revision == expected?.revision)
            }
        }
    }
}
