import ClusterState
import Document
import EventLog
import Glibc
import Records
import Testing

@Suite struct ShippingTests {
    /// A log that is copied while it grows, by a shipper that is forgotten at random moments, is restored as it was: the same events,
    /// the same chain, at the end and at any revision or time.
    @Test(arguments: [UInt64(1), 2, 3]) func aCopyIsTheLog(seed: UInt64) throws {
        let place = TemporaryDirectory()
        let (data, copy) = (place.path + "/data", place.path + "/copy")
        defer { LogRestoreTools.remove(place.path) }
        var cluster = RandomCluster(seed: seed)
        let secret = seed == 2 ? ArchiveSecret(Array("a phrase\n".utf8)) : nil
        let log = try DiskLog(directory: data)
        var state = try log.recover().state
        var shipper = try LogShipper(log: log, directory: copy, secret: secret) { [("pki/ca.key", [1, 2, 3])] }
        for round in 0..<30 {
            let batch = cluster.batch(round % 9 == 0 ? 300 : 20)
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            if cluster.random.chance(60) { try shipper.turn(now: cluster.time) }
            if cluster.random.chance(20) {
                shipper = try LogShipper(log: log, directory: copy, secret: secret) { [("pki/ca.key", [1, 2, 3])] }
            }
            // With a log that was pruned behind the copy.
            if seed == 3, round == 15 {
                while try shipper.turn(now: cluster.time) {}
                try log.prune(journalBefore: log.head.revision / 2, accessBefore: nil)
            }
        }
        while try shipper.turn(now: cluster.time) {}
        #expect(shipper.status.revision == log.head.revision && shipper.status.revisionsBehind == 0)
        if seed == 1 { try shipper.finish() }

        let restored = place.path + "/restored"
        let outcome = try LogRestore.run(from: copy, to: restored, secret: secret)
        #expect(outcome.files == ["pki/ca.key"])
        let copied = try DiskLog(directory: restored)
        #expect(copied.head == log.head)
        #expect(copied.verify { _ in }.findings == [])
        let first = log.floor + 1
        #expect(try copied.events(from: first, limit: .max) == log.events(from: first, limit: .max))
        #expect(try copied.accesses(from: 1, limit: .max) == log.accesses(from: 1, limit: .max))
        #expect(try copied.recover().state.digest(SHA256Hasher.self) == state.digest(SHA256Hasher.self))
        // The index that was built anew finds what the old one finds.
        for name in 0..<10 {
            let key = ObjectKey(resource: "pods", namespace: "a", name: "o\(name)")
            if seed != 3 { #expect(try copied.versions(of: key) == log.versions(of: key)) }
            let revision = first + cluster.random.next() % (log.head.revision - first)
            #expect(try copied.object(key, at: revision)?.body == log.object(key, at: revision)?.body)
        }
        // It goes on as a log does.
        let more = cluster.batch(50)
        try copied.append(more, after: state)
        #expect(copied.verify { _ in }.findings == [])
        copied.close()

        let all = try log.events(from: first, limit: .max)
        for turn in 0..<4 {
            let target = place.path + "/part\(turn)"
            let chosen = all[Int(cluster.random.next() % UInt64(all.count))]
            let byTime = turn % 2 == 0
            _ = try LogRestore.run(
                from: copy, to: target, point: byTime ? .time(chosen.time) : .revision(chosen.revision), secret: secret)
            let part = try DiskLog(directory: target)
            let expected = byTime ? all.last { $0.time <= chosen.time }! : chosen
            #expect(part.head.revision == expected.revision)
            #expect(
                try part.recover().state.digest(SHA256Hasher.self)
                    == log.state(at: expected.revision).digest(SHA256Hasher.self))
            let accesses = try log.accesses(from: 1, limit: .max).filter { $0.time <= expected.time }
            if !byTime { #expect(try part.accesses(from: 1, limit: .max) == accesses) }
            #expect(part.verify { _ in }.findings == [])
            part.close()
        }
        log.close()
    }

    /// A bit that changed in a copy is found, and the file is named; without the secret nothing is read.
    @Test func damageOfACopyIsNamed() throws {
        let place = TemporaryDirectory()
        defer { LogRestoreTools.remove(place.path) }
        let (data, copy) = (place.path + "/data", place.path + "/copy")
        var cluster = RandomCluster(seed: 9)
        let log = try DiskLog(directory: data)
        let state = try log.recover().state
        try log.append(cluster.batch(400), after: state)
        let secret = ArchiveSecret([1, 2, 3])
        let shipper = try LogShipper(log: log, directory: copy, secret: secret)
        while try shipper.turn(now: cluster.time) {}
        try shipper.finish()
        log.close()
        let file = copy + "/00000001.reckon"
        let whole = try #require(LogRestoreTools.read(file))
        for i in stride(from: 0, to: whole.count, by: max(1, whole.count / 60)) {
            var bytes = whole
            bytes[i] ^= 0x10
            LogRestoreTools.write(bytes, file)
            do {
                _ = try LogRestore.run(from: copy, to: place.path + "/r", secret: secret)
                Issue.record("byte \(i) of \(whole.count) is not noticed")
            } catch LogError.damaged(_, let text) {
                #expect(text.contains("00000001.reckon"))
            } catch {
                Issue.record("byte \(i): \(error)")
            }
        }
        LogRestoreTools.write(whole, file)
        #expect(throws: LogError.self) { try LogRestore.run(from: copy, to: place.path + "/r") }
        #expect(throws: LogError.self) {
            try LogRestore.run(from: copy, to: place.path + "/r", secret: ArchiveSecret([1, 2, 4]))
        }
        #expect(try LogRestore.run(from: copy, to: place.path + "/r", secret: secret).head.revision > 0)
    }
}

enum LogRestoreTools {
    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            let n = fread(&part, 1, part.count, file)
            if n == 0 { return bytes }
            bytes += part[..<n]
        }
    }
    static func write(_ bytes: [UInt8], _ path: String) {
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        _ = fwrite(bytes, 1, bytes.count, file)
    }
    /// Removes what a test made below its directory.
    static func remove(_ path: String) {
        guard let folder = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(folder)
        for name in names where unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
        rmdir(path)
    }
}
