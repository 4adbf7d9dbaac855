import ClusterState
import Document
import EventLog
import Glibc
import Records
import Schema
import Testing

@Suite struct DamageTests {
    func makeLog(_ directory: TemporaryDirectory, events: Int = 300) throws -> [EventRecord] {
        let log = try DiskLog(directory: directory.path)
        var cluster = RandomCluster(seed: 11)
        var state = ClusterState()
        var all: [EventRecord] = []
        while all.count < events {
            let batch = cluster.batch(20)
            try log.append(batch, after: state)
            for event in batch where event.stream == .journal { state.apply(event) }
            all += batch
            if all.count > events / 2, try log.statistics().checkpoints.isEmpty { try log.writeCheckpoint(state) }
        }
        log.close()
        return all
    }

    func contents(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { Glibc.close(file) }
        var status = stat()
        fstat(file, &status)
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) {
            $1 = max(0, Glibc.read(file, $0.baseAddress, $0.count))
        }
    }

    func write(_ bytes: [UInt8], _ path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { Glibc.close(file) }
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }

    /// Whatever is done to a page that the log uses, `verify` sees it, and no byte that comes out is wrong.
    @Test func flippedBitsAreFound() throws {
        let directory = TemporaryDirectory()
        let events = try makeLog(directory)
        let path = directory.path + "/log.mdb"
        let sound = contents(path)
        let report = DiskLog.verify(directory: directory.path) { _ in }
        #expect(report.findings == [] && report.checkpoints == 1)
        #expect(report.events + report.accesses == UInt64(events.count))
        var random = SeededGenerator(state: 3)
        var (found, named) = (0, 0)
        for _ in 0..<80 {
            var bad = sound
            // Records begin after the meta pages; what is free or was replaced may change unnoticed, so what is found is compared with what is read.
            let at = 8192 + Int(random.next() % UInt64(sound.count - 8192))
            bad[at] ^= 1 << UInt8(random.next() % 8)
            write(bad, path)
            let damaged = DiskLog.verify(directory: directory.path) { _ in }
            if damaged.isSound {
                #expect(damaged.stateDigest == report.stateDigest && damaged.head == report.head)
            } else {
                found += 1
                if damaged.findings.contains(where: { $0.revision != nil }) { named += 1 }
            }
        }
        #expect(found > 25)
        #expect(named > 10)
        write(sound, path)
    }

    @Test func zeroedPagesAndCutFilesAreFound() throws {
        let directory = TemporaryDirectory()
        _ = try makeLog(directory)
        let path = directory.path + "/log.mdb"
        let sound = contents(path)
        let report = DiskLog.verify(directory: directory.path) { _ in }
        for page in 2..<sound.count / 4096 {
            var bad = sound
            bad.replaceSubrange(page * 4096..<(page + 1) * 4096, with: [UInt8](repeating: 0, count: 4096))
            write(bad, path)
            let damaged = DiskLog.verify(directory: directory.path) { _ in }
            #expect(!damaged.isSound || damaged.stateDigest == report.stateDigest)
        }
        for size in stride(from: 0, to: sound.count - 4096, by: 97 * 512) {
            write(Array(sound[..<size]), path)
            #expect(!DiskLog.verify(directory: directory.path) { _ in }.isSound)
            if size > 0 { #expect(throws: LogError.self) { try DiskLog(directory: directory.path) } }
        }
        write(sound, path)
        #expect(DiskLog.verify(directory: directory.path) { _ in }.isSound)
    }

    /// A record with a changed byte is never answered with, even without a verification.
    @Test func aDamagedRecordIsNotServed() throws {
        let directory = TemporaryDirectory()
        let events = try makeLog(directory).filter { $0.stream == .journal }
        let path = directory.path + "/log.mdb"
        let sound = contents(path)
        let needle = Array("\"app\":\"a".utf8)
        var places: [Int] = []
        for i in 0..<sound.count - needle.count
        where sound[i] == needle[0] && sound[i..<i + needle.count].elementsEqual(needle) { places.append(i) }
        var whole: [UInt64: [[UInt8]]] = [:]
        var state = ClusterState()
        for event in events {
            state.apply(event)
            whole[event.revision] = state.objects(GroupResource(resource: "pods")).map(\.body)
        }
        var (refused, listsRefused) = (0, 0)
        for place in places.prefix(12) {
            var bad = sound
            bad[place + needle.count] ^= 1
            write(bad, path)
            guard let log = try? DiskLog(directory: directory.path) else {
                refused += 1
                continue
            }
            for event in events {
                do throws(LogError) {
                    #expect(try log.events(from: event.revision, limit: 1) == [event])
                } catch {
                    refused += 1
                    #expect(error.isFatal)
                    break
                }
            }
            // Nor in a list of the past.
            for revision in stride(from: UInt64(10), through: UInt64(events.count), by: 17) {
                do throws(LogError) {
                    var list = try log.listing(
                        StateListing(GroupResource(resource: "pods"), namespace: ""), at: revision)
                    #expect(try list.rest().map(\.body) == whole[revision])
                } catch {
                    listsRefused += 1
                    #expect(error.isFatal)
                }
            }
            log.close()
            write(sound, path)
        }
        #expect(refused > 0 && listsRefused > 0)
        write(sound, path)
    }

    @Test func aDamagedCheckpointCostsOnlyTime() throws {
        let directory = TemporaryDirectory()
        _ = try makeLog(directory)
        let sound = try DiskLog(directory: directory.path)
        let digest = try sound.recover().state.digest(SHA256Hasher.self)
        sound.close()
        let name = try #require(directory.files.first { $0.hasPrefix("checkpoint-") })
        var bytes = contents(directory.path + "/" + name)
        bytes[bytes.count / 2] ^= 4
        write(bytes, directory.path + "/" + name)
        let log = try DiskLog(directory: directory.path)
        #expect(try log.recover().state.digest(SHA256Hasher.self) == digest)
        #expect(log.verify { _ in }.findings.count == 1)
        log.close()
    }

    @Test func prunedHistoryIsGoneAndTheRestIsWhole() throws {
        let directory = TemporaryDirectory()
        let events = try makeLog(directory, events: 1200)
        let journal = events.filter { $0.stream == .journal }
        var log = try DiskLog(directory: directory.path)
        let floor: UInt64 = 400
        let before = try log.state(at: floor)
        let key = journal[500].changes[0].key
        let object = try log.object(key, at: 600)
        try log.prune(journalBefore: floor, accessBefore: journal[300].time)
        for _ in 0..<2 {
            #expect(log.floor == floor)
            #expect(try log.state(at: floor).digest(SHA256Hasher.self) == before.digest(SHA256Hasher.self))
            #expect(throws: LogError.belowFloor(floor: floor)) { try log.state(at: floor - 1) }
            #expect(throws: LogError.belowFloor(floor: floor)) { try log.events(from: floor, limit: 1) }
            #expect(try log.events(from: floor + 1, limit: .max) == Array(journal[Int(floor)...]))
            #expect(try log.object(key, at: 600)?.body == object?.body)
            #expect(try log.excerpt(of: [.object(key)], at: 600).object(key)?.body == object?.body)
            #expect(try log.versions(of: key).allSatisfy { $0.revision > floor })
            #expect(log.verify { _ in }.findings == [])
            let oldest = try log.accesses(from: 1, limit: 1).first
            #expect((oldest?.ordinal ?? 0) > 20)
            log.close()
            log = try DiskLog(directory: directory.path)
        }
        log.close()
    }
}

extension DamageTests {
    /// A log that is damaged in its structure is refused when it is opened; LMDB is never led astray by it.
    @Test func aDamagedStructureIsRefusedAtTheStart() throws {
        let directory = TemporaryDirectory()
        _ = try makeLog(directory)
        let path = directory.path + "/log.mdb"
        let sound = contents(path)
        var random = SeededGenerator(state: 8)
        var refused = 0
        for page in 2..<sound.count / 4096 {
            var bad = sound
            // The heads of pages and the places of nodes.
            for _ in 0..<4 { bad[page * 4096 + Int(random.next() % 40)] = UInt8(truncatingIfNeeded: random.next()) }
            write(bad, path)
            guard let log = try? DiskLog(directory: directory.path) else {
                refused += 1
                continue
            }
            _ = try? log.recover()
            log.close()
        }
        #expect(refused > 5)
        write(sound, path)
    }

    /// The two meta pages say where everything is: whatever is flipped in them, a start is refused or finds a state that was.
    @Test func damagedMetaPagesLeadNowhere() throws {
        let directory = TemporaryDirectory()
        let events = try makeLog(directory)
        let journal = events.filter { $0.stream == .journal }
        let path = directory.path + "/log.mdb"
        let sound = contents(path)
        var random = SeededGenerator(state: 9)
        for _ in 0..<120 {
            var bad = sound
            bad[Int(random.next() % 2) * 4096 + Int(random.next() % 152)] ^= 1 << UInt8(random.next() % 8)
            write(bad, path)
            _ = DiskLog.verify(directory: directory.path) { _ in }
            guard let log = try? DiskLog(directory: directory.path) else { continue }
            if let head = try? log.recover().head, head.revision > 0,
                let last = try? log.events(from: head.revision, limit: 1)
            {
                #expect(last == [journal[Int(head.revision) - 1]])
            }
            log.close()
        }
        write(sound, path)
    }
}
