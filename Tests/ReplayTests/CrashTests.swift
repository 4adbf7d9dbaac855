import ClusterState
import EventLog
import Glibc
import Records
import Testing

/// What a power cut can leave behind: LMDB writes a transaction's pages, flushes, writes a meta page, flushes. Between two flushes any
/// part of what was written may be on the disk, in any order.
@Suite struct CrashTests {
    @Test(arguments: [UInt64(1), 2]) func everyStateBetweenTwoFlushesOpensAtACommit(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/log.mdb"
        var cluster = RandomCluster(seed: seed)
        var log = try DiskLog(directory: directory.path)
        var state = ClusterState()
        var digests = [state.digest(SHA256Hasher.self)]
        for round in 0..<8 {
            log.close()
            let before = File.contents(path)
            log = try DiskLog(directory: directory.path)
            let old = state.revision
            let batch = cluster.batch(round % 3 == 0 ? 60 : 6)
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal {
                state.apply(event)
                digests.append(state.digest(SHA256Hasher.self))
            }
            let after = File.contents(path)
            for _ in 0..<4 {
                let crashed = TemporaryDirectory()
                let cut = Self.crash(before, after, &cluster.random)
                File.write(cut, crashed.path + "/log.mdb")
                let found = try DiskLog(directory: crashed.path)
                let recovered = try found.recover()
                // Either all of the batch or nothing of it.
                #expect(recovered.head.revision == old || recovered.head.revision == state.revision)
                #expect(recovered.state.digest(SHA256Hasher.self) == digests[Int(recovered.head.revision)])
                #expect(found.verify { _ in }.findings == [])
                found.close()
            }
        }
        log.close()
    }

    /// The file before a commit with some of the commit's pages in it, the meta pages as before; now and then the whole commit.
    private static func crash(_ before: [UInt8], _ after: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        if random.chance(15) { return after }
        var file = before
        if file.count < after.count { file += [UInt8](repeating: 0, count: after.count - file.count) }
        for page in 2..<after.count / 4096 {
            let range = page * 4096..<(page + 1) * 4096
            if file[range] == after[range] { continue }
            switch random.next() % 4 {
            case 0: continue
            case 1:
                // Torn at a sector.
                let cut = page * 4096 + 512 * Int(random.next() % 8)
                file.replaceSubrange(page * 4096..<cut, with: after[page * 4096..<cut])
            default: file.replaceSubrange(range, with: after[range])
            }
        }
        return file
    }
}

enum File {
    static func contents(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { Glibc.close(file) }
        var status = stat()
        fstat(file, &status)
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) {
            $1 = max(0, Glibc.read(file, $0.baseAddress, $0.count))
        }
    }
    static func write(_ bytes: [UInt8], _ path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { Glibc.close(file) }
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
}
