import APIServer
import ClusterState
import Document
import EventLog
import Foundation
import Records
import Schema

/// The forks of one cluster: directories beside its log, started when somebody asks for them and stopped when nobody does.
///
///     DATA/forks/NAME/base        the revision it goes on from: the log keeps that as long as this file is there
///     DATA/forks/NAME/fork.json   who made it, when
///     DATA/forks/NAME/log.mdb     its own events, from the first time it is used
final class ForkHost: ForkKeeper, @unchecked Sendable {
    static let forksMax = 16
    static let runningMax = 4
    /// Seconds without a request or an open watch after which a fork is stopped.
    static let idleSeconds: TimeInterval = 300

    private struct Entry {
        let fork: RunningFork
        var lastUsed: Date
    }
    private let directory: String
    private let parent: DiskLog
    private let parts: ForkParts
    /// Held while forks are made, started, stopped or removed.
    private let work = NSLock()
    private let lock = NSLock()
    // Guarded by the lock.
    private var known: [String: ForkFacts] = [:]
    private var entries: [String: Entry] = [:]
    private var timer: (any DispatchSourceTimer)?

    init(parent: DiskLog, parts: ForkParts) {
        self.parent = parent
        self.parts = parts
        directory = parent.directory + "/forks"
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: directory)) ?? [] {
            let path = directory + "/" + name
            if name.hasPrefix("."), (try? files.removeItem(atPath: path)) != nil { continue }
            // A fork that was never finished is in nobody's way but the log's.
            guard let facts = Self.read(path, name) else {
                try? files.removeItem(atPath: path)
                continue
            }
            known[name] = facts
        }
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "reckon-idle-forks"))
        timer.schedule(deadline: .now() + 30, repeating: 30)
        timer.setEventHandler { [weak self] in self?.stopIdle() }
        timer.resume()
        self.timer = timer
    }

    /// Stops every fork.
    func stop() {
        timer?.cancel()
        work.withLock {
            for entry in lock.withLock({ Array(entries.values) }) { entry.fork.stop() }
            lock.withLock { entries = [:] }
        }
    }

    func list() -> [ForkFacts] { lock.withLock { known.values.sorted { $0.name < $1.name } } }
    func facts(_ name: String) -> ForkFacts? { lock.withLock { known[name] } }

    func running(_ name: String) -> APIServer? {
        lock.withLock {
            entries[name]?.lastUsed = Date()
            return entries[name]?.fork.server
        }
    }

    func create(_ facts: ForkFacts, events: [EventRecord]) throws(APIError) {
        work.lock()
        defer { work.unlock() }
        let count = lock.withLock { known.count }
        if self.facts(facts.name) != nil {
            throw APIError(
                code: 409, reason: "AlreadyExists", message: "there is a fork \"\(facts.name)\" already",
                name: facts.name)
        }
        guard count < Self.forksMax else {
            throw APIError(
                code: 429, reason: "TooManyRequests",
                message:
                    "there are \(count) forks, which is the most: delete one (reckon fork list, reckon fork delete)")
        }
        let path = directory + "/" + facts.name
        do {
            try ForkLog.claim(facts.base, in: path)
            if !events.isEmpty { try append(events, path) }
            try Self.write(facts, path)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw .internalError("the fork cannot be made: \(error)")
        }
        // Pruned between looking and claiming?
        if facts.base < parent.floor {
            try? FileManager.default.removeItem(atPath: path)
            throw .gone("revision \(facts.base) is no longer kept: history begins at \(parent.floor)")
        }
        lock.withLock { known[facts.name] = facts }
    }

    private func append(_ events: [EventRecord], _ path: String) throws {
        let log = try ForkLog(over: parent, directory: path)
        defer { log.close() }
        var state = try log.recover().state
        var start = 0
        while start < events.count {
            let batch = Array(events[start..<min(start + 500, events.count)])
            try log.append(batch, after: state)
            for event in batch { state.apply(event) }
            start += batch.count
        }
    }

    func delete(_ name: String) throws(APIError) {
        work.lock()
        defer { work.unlock() }
        let entry = lock.withLock {
            known[name] = nil
            return entries.removeValue(forKey: name)
        }
        entry?.fork.stop()
        // Renamed first: a fork half removed must not be taken for one.
        let (path, grave) = (directory + "/" + name, directory + "/.deleted-\(name)-\(UUID().uuidString)")
        do {
            try FileManager.default.moveItem(atPath: path, toPath: grave)
            try FileManager.default.removeItem(atPath: grave)
        } catch {
            throw .internalError("the fork cannot be removed: \(error)")
        }
    }

    func open(_ name: String) throws(APIError) -> APIServer {
        work.lock()
        defer { work.unlock() }
        if let server = running(name) { return server }
        guard let facts = facts(name) else {
            throw APIError(code: 404, reason: "NotFound", message: "there is no fork \"\(name)\"")
        }
        try makeRoom()
        let fork: RunningFork
        do {
            fork = try RunningFork(facts, directory: directory + "/" + name, parent: parent, parts: parts)
        } catch let error as LogError {
            if case .belowFloor(let floor) = error { throw .gone("history before revision \(floor) is no longer kept") }
            throw .internalError("the fork \"\(name)\" cannot be started: \(error)")
        } catch {
            throw .internalError("the fork \"\(name)\" cannot be started: \(error)")
        }
        lock.withLock { entries[name] = Entry(fork: fork, lastUsed: Date()) }
        return fork.server
    }

    func size(_ name: String) -> (revision: UInt64, bytes: UInt64) {
        let files = FileManager.default
        var bytes: UInt64 = 0
        for file in (try? files.contentsOfDirectory(atPath: directory + "/" + name)) ?? [] {
            let facts = try? files.attributesOfItem(atPath: directory + "/\(name)/" + file)
            bytes += (facts?[.size] as? UInt64) ?? 0
        }
        let running = lock.withLock { entries[name]?.fork.engine.snapshot.revision }
        return (running ?? 0, bytes)
    }

    // MARK: memory

    /// Stops the fork that was not used for the longest time, when as many run as may.
    private func makeRoom() throws(APIError) {
        let candidates = lock.withLock { entries.sorted { $0.value.lastUsed < $1.value.lastUsed } }
        guard candidates.count >= Self.runningMax else { return }
        guard let idle = candidates.first(where: { $0.value.fork.server.isUnwatched }) else {
            throw APIError(
                code: 503, reason: "ServiceUnavailable",
                message: "\(candidates.count) forks are in use, which is the most: close the watches on one of them",
                retryAfterSeconds: 10)
        }
        stop(idle.key)
    }

    private func stopIdle() {
        work.withLock {
            let limit = Date().addingTimeInterval(-Self.idleSeconds)
            let idle = lock.withLock { entries.filter { $0.value.lastUsed < limit } }
            for (name, entry) in idle where entry.fork.server.isUnwatched { stop(name) }
        }
    }

    private func stop(_ name: String) {
        let entry = lock.withLock { entries.removeValue(forKey: name) }
        entry?.fork.stop()
    }

    // MARK: fork.json

    private static func write(_ facts: ForkFacts, _ path: String) throws {
        let document: JSON = [
            "base": .int(Int64(facts.base)), "baseTime": .string(facts.baseTime.rfc3339Micro),
            "created": .string(facts.created.rfc3339Micro), "owner": .string(facts.owner),
        ]
        try Data(document.encoded()).write(to: URL(fileURLWithPath: path + "/fork.json"), options: .atomic)
    }

    private static func read(_ path: String, _ name: String) -> ForkFacts? {
        guard let data = FileManager.default.contents(atPath: path + "/fork.json"),
            let document = try? JSON(parsing: Array(data)), let base = document["base"]?.int, base >= 0,
            let baseTime = document["baseTime"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            let created = document["created"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            let owner = document["owner"]?.string
        else { return nil }
        return ForkFacts(name: name, base: UInt64(base), baseTime: baseTime, created: created, owner: owner)
    }
}
