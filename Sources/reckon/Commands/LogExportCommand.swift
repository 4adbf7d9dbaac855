import ArgumentParser
import Document
import EventLog
import Foundation
import History
import Records

struct LogExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the records of a log for other tools, oldest first.",
        discussion: """
              reckon log export --data DIR --since -1h
              reckon log export --data DIR --format audit.k8s.io > audit.log
            jsonl has a record a line, with everything that the log knows; audit.k8s.io an audit Event a line, as a kube-apiserver's
            audit log has them (--list makes one EventList of them). Both streams are merged in the order of time. Members are in
            the byte order of their names. Secrets' values are never in it.
            Exit status: 0 written, 1 the log cannot be read, 64 usage.
            """)

    @Option(help: "The data directory of the log. A running server may have it open.")
    var data: String
    @Option(help: "jsonl or audit.k8s.io.")
    var format = "jsonl"
    @Option(help: ArgumentHelp("The beginning; that of the log without it.", valueName: "when"))
    var since: When?
    @Option(help: ArgumentHelp("The end; now without it.", valueName: "when"))
    var until: When?
    @Flag(help: "With audit.k8s.io: one EventList.")
    var list = false
    @Flag(help: "With the objects after each change.")
    var bodies = false
    @Flag(help: "Leave the access stream out: only what changed the cluster.")
    var withoutAccess = false

    func validate() throws {
        guard ["jsonl", "audit.k8s.io"].contains(format) else {
            throw ValidationError("--format takes jsonl or audit.k8s.io")
        }
    }

    func run() throws {
        guard FileManager.default.fileExists(atPath: data) else { throw StartupError("there is no directory \(data)") }
        do throws(LogError) {
            let log = try DiskLog(directory: data, isReadOnly: true)
            defer { log.close() }
            try export(log)
        } catch { throw StartupError(error.description) }
    }

    private func time(_ when: When?, _ log: DiskLog, _ now: Timestamp) throws(LogError) -> Timestamp? {
        guard let moment = when?.moment else { return nil }
        if let time = moment.time(now: now) { return time }
        guard case .revision(let revision) = moment else { return nil }
        guard revision <= log.head.revision else { throw .beyondHead(head: log.head.revision) }
        return try log.time(of: revision) ?? log.floorTime
    }

    private func export(_ log: DiskLog) throws(LogError) {
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        let (first, last) = (try time(since, log, now), try time(until, log, now))
        var journal = Reader(next: log.floor + 1) { next throws(LogError) in
            next > log.head.revision
                ? []
                : (bodies
                    ? try log.events(from: next, limit: 500) : try log.outlines(from: next, limit: 2000, facts: true))
        }
        if let first {
            var start = try log.revision(at: first)
            // The events of that very moment belong to it.
            while start > log.floor, let time = try log.time(of: start), time >= first { start -= 1 }
            journal.next = max(start, log.floor) + 1
        }
        var access = Reader(next: 1) { next throws(LogError) in
            withoutAccess ? [] : try log.accesses(from: next, limit: 2000)
        }
        if let first {
            var (low, high) = (UInt64(1), log.head.ordinal + 1)
            while low < high {
                let middle = low + (high - low) / 2
                if let record = try log.accesses(from: middle, limit: 1).first, record.time >= first {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            access.next = low
        }
        let out = FileHandle.standardOutput
        var buffer: [UInt8] = []
        var isFirst = true
        if list { buffer += Array("{\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[".utf8) }
        while true {
            let (a, b) = (try journal.peek(), try access.peek())
            guard let record = Self.earlier(a, b) else { break }
            if record.stream == .journal { journal.take() } else { access.take() }
            if let last, record.time > last { break }
            if list, !isFirst { buffer.append(0x2C) }
            isFirst = false
            let json =
                format == "jsonl"
                ? RecordRendering.json(record, withBodies: bodies) : AuditEvent.json(record, withObject: bodies)
            buffer += json.encoded()
            buffer.append(0x0A)
            if buffer.count > 1 << 16 {
                out.write(Data(buffer))
                buffer = []
            }
        }
        if list { buffer += Array("],\"kind\":\"EventList\",\"metadata\":{}}\n".utf8) }
        out.write(Data(buffer))
    }

    private static func earlier(_ a: EventRecord?, _ b: EventRecord?) -> EventRecord? {
        guard let a else { return b }
        guard let b else { return a }
        return b.time < a.time ? b : a
    }

    /// One stream, a piece at a time.
    private struct Reader {
        var next: UInt64
        private var records: ArraySlice<EventRecord> = []
        private let read: (UInt64) throws(LogError) -> [EventRecord]
        init(next: UInt64, _ read: @escaping (UInt64) throws(LogError) -> [EventRecord]) {
            self.next = next
            self.read = read
        }
        mutating func peek() throws(LogError) -> EventRecord? {
            if records.isEmpty {
                records = try read(next)[...]
                if let last = records.last { next = (last.stream == .journal ? last.revision : last.ordinal) + 1 }
            }
            return records.first
        }
        mutating func take() { records.removeFirst() }
    }
}
