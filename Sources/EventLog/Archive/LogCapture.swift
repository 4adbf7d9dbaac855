public import ClusterState
public import Document
internal import Glibc
import LogArchive
internal import Records
internal import Schema

/// A window of a log as one file: the state at its beginning, and everything that followed until its end.
public enum LogCapture {
    /// What goes into the file.
    public struct Scope: Sendable {
        public var since: Timestamp
        public var until: Timestamp
        /// Empty for all. What lies in no namespace is in the file in any case.
        public var namespaces: [String] = []
        /// Whether it says who asked what and was refused.
        public var includesAccess = true
        /// `secrets`, `env`, `configmaps`, `args`.
        public var redactions: [String] = []
        public init(since: Timestamp, until: Timestamp) {
            self.since = since
            self.until = until
        }
    }

    /// The names that `Scope.redactions` may hold.
    public static let redactions = Redaction.Subject.allCases.map(\.rawValue)

    /// What the file's head says of it.
    public struct Manifest: Equatable, Sendable {
        public var floor: UInt64 = 0
        public var head: UInt64 = 0
        /// When the window really begins: the log may not reach as far back as was asked.
        public var since = Timestamp(microseconds: 0)
        public var until = Timestamp(microseconds: 0)
        public var objects = 0
        public var accesses = 0
        public var bytes = 0
        /// Kinds that are left out, because it is no longer known what their objects were when the window begins.
        public var unknown: [String] = []

        /// As commands and answers tell it.
        public var document: JSON {
            var document: JSON = [
                "since": .string(since.rfc3339Micro), "until": .string(until.rfc3339Micro), "floor": .int(Int64(floor)),
                "head": .int(Int64(head)), "objects": .int(Int64(objects)), "accesses": .int(Int64(accesses)),
                "bytes": .int(Int64(bytes)),
            ]
            if !unknown.isEmpty { document["unknown"] = .array(unknown.map { .string($0) }) }
            return document
        }
    }

    /// What an archive's head says of the cluster it is of, beside what it holds.
    public static func about(_ state: ClusterState, reckon version: String) -> JSON {
        var about: JSON = ["reckon": .string(version)]
        if let uid = state.object(GroupResource(resource: "namespaces"), "", "kube-system")?.uid {
            about["cluster"] = .string(uid)
        }
        return about
    }

    /// The same file once more, encrypted.
    public static func seal(_ path: String, to sealed: String, secret: ArchiveSecret) throws(LogError) {
        guard let head = try ArchiveFileReader.head(path) else { throw .unusable("\(path) is no incident file") }
        let draft = sealed + ".draft"
        unlink(draft)
        do throws(LogError) {
            let writer = try ArchiveFileWriter(draft, head: head, sealing: try ArchiveSealing(secret))
            let outcome = try ArchiveFileReader.read(path, secret: nil) { batch throws(LogError) in
                try writer.append(batch)
                return true
            }
            guard case .complete = outcome.ending else { throw .unusable("\(path) did not arrive whole") }
            try writer.finish()
        } catch {
            unlink(draft)
            throw error
        }
        guard rename(draft, sealed) == 0 else { throw ArchiveFileWriter.failure(sealed) }
        ArchiveFileWriter.flushDirectory(of: sealed)
    }

    /// Writes the file, which must not exist, for its owner's eyes only. What is being built lies beside it until then.
    public static func run(
        _ log: DiskLog, _ scope: Scope, to path: String, secret: ArchiveSecret? = nil, about: JSON = [:]
    ) throws(LogError) -> Manifest {
        guard access(path, F_OK) != 0 else { throw .unusable("\(path) exists: name a new file") }
        let drafting = path + ".drafting"
        LogRestore.remove(drafting)
        defer { LogRestore.remove(drafting) }
        var manifest = Manifest()
        let key = (0..<32).map { _ in UInt8.random(in: 0...255) }
        let redaction = Redaction(Set(scope.redactions.compactMap { Redaction.Subject(rawValue: $0) })) {
            KeyedCode.of($0, key: key)
        }
        let window = try window(of: log, scope)
        let small = try copy(log, scope, window, redaction, to: drafting, &manifest)
        defer { small.close() }
        manifest.since = max(scope.since, log.floorTime ?? scope.since)
        manifest.until = scope.until
        try write(small, manifest, scope, to: path, secret, about, drafting)
        manifest.bytes = Int(small.fileBytes(path))
        return manifest
    }

    private static func window(of log: DiskLog, _ scope: Scope) throws(LogError) -> (floor: UInt64, head: UInt64) {
        guard scope.since <= scope.until else { throw .unusable("the window ends before it begins") }
        let head = try log.revision(at: scope.until)
        let floor = max(try log.revision(at: scope.since), log.floor)
        guard head >= floor, head > 0 else { throw .unusable("nothing had happened by \(scope.until.rfc3339)") }
        return (floor, head)
    }

    /// A log of its own with what is wanted of the other.
    private static func copy(
        _ log: DiskLog, _ scope: Scope, _ window: (floor: UInt64, head: UInt64), _ redaction: Redaction,
        to directory: String, _ manifest: inout Manifest
    ) throws(LogError) -> DiskLog {
        let unknown = Set(log.kindsForgotten(at: window.floor))
        func isWanted(_ key: ObjectKey) -> Bool {
            if !unknown.isEmpty, unknown.contains(key.store) {
                return false
            }
            if scope.namespaces.isEmpty { return true }
            if key.group.isEmpty, key.resource == "namespaces" { return scope.namespaces.contains(key.name) }
            return key.namespace.isEmpty || scope.namespaces.contains(key.namespace)
        }
        let whole = try log.state(at: window.floor)
        var objects: [StoredObject] = []
        for store in whole.storesInUse {
            for object in whole.objects(store) where isWanted(object.key) {
                objects.append(
                    StoredObject(
                        key: object.key, number: object.number, uid: object.uid, revision: object.revision,
                        version: object.version, body: redaction.redacted(object.body, of: object.key)))
            }
        }
        manifest.objects = objects.count
        manifest.unknown = unknown.map(\.description).sorted()
        manifest.floor = window.floor
        manifest.head = window.head
        var state = ClusterState(
            restoring: objects, revision: whole.revision, time: whole.time, creations: whole.creations)
        let small = try DiskLog(directory: directory, beginningWith: state)
        var next = window.floor + 1
        while next <= window.head {
            let limit = Int(min(500, window.head - next + 1))
            let events = try log.events(from: next, limit: limit)
            guard let last = events.last else { break }
            let before = state
            var batch: [EventRecord] = []
            for event in events {
                var event = event
                event.changes = event.changes.filter { isWanted($0.key) }.map { change in
                    var change = change
                    change.body = redaction.redacted(change.body, of: change.key)
                    return change
                }
                if event.changes.isEmpty, !(scope.namespaces.isEmpty && unknown.isEmpty) { event = blank(event) }
                if let problem = state.problem(with: event) { throw .damaged(revision: event.revision, problem) }
                state.apply(event)
                batch.append(event)
            }
            try small.append(batch, after: before)
            next = last.revision + 1
        }
        if scope.includesAccess { manifest.accesses = try copyAccesses(log, scope, to: small, after: state) }
        return small
    }

    /// An event that concerns nobody here: it happened, and that is all that is told.
    private static func blank(_ event: EventRecord) -> EventRecord {
        EventRecord(
            stream: .journal, revision: event.revision, time: event.time,
            request: RequestFacts(verb: event.request.verb, path: "/elsewhere"),
            authentication: AuthenticationFacts(authenticator: "", user: UserInfo(name: "")),
            authorization: .notAsked, outcome: event.outcome)
    }

    private static func copyAccesses(
        _ log: DiskLog, _ scope: Scope, to small: DiskLog, after state: ClusterState
    ) throws(LogError) -> Int {
        // The first of the window, by halves.
        var (low, high) = (UInt64(1), log.head.ordinal + 1)
        while low < high {
            let middle = low + (high - low) / 2
            if let record = try log.accesses(from: middle, limit: 1).first, record.time >= scope.since {
                high = middle
            } else {
                low = middle + 1
            }
        }
        var count = 0
        var next = low
        while true {
            let records = try log.accesses(from: next, limit: 2000)
            guard let last = records.last else { return count }
            let wanted = records.filter { record in
                guard record.time >= scope.since, record.time <= scope.until else { return false }
                guard !scope.namespaces.isEmpty else { return true }
                let parts = record.request.path.split(separator: "/")
                guard let place = parts.firstIndex(of: "namespaces"), place + 1 < parts.count else { return true }
                return scope.namespaces.contains(String(parts[place + 1]))
            }
            if !wanted.isEmpty { try small.append(wanted, after: state) }
            count += wanted.count
            if last.time > scope.until { return count }
            next = last.ordinal + 1
        }
    }

    /// The small log as one file.
    private static func write(
        _ small: DiskLog, _ manifest: Manifest, _ scope: Scope, to path: String, _ secret: ArchiveSecret?,
        _ about: JSON,
        _ drafting: String
    ) throws(LogError) {
        var more = about
        more["kind"] = "Capture"
        more["capture"] = [
            "since": .string(manifest.since.rfc3339Micro), "until": .string(manifest.until.rfc3339Micro),
            "floor": .int(Int64(manifest.floor)), "head": .int(Int64(manifest.head)),
            "objects": .int(Int64(manifest.objects)), "accesses": .int(Int64(manifest.accesses)),
            "namespaces": .array(scope.namespaces.map { .string($0) }),
            "redacted": .array(scope.redactions.map { .string($0) }),
            "unknown": .array(manifest.unknown.map { .string($0) }),
        ]
        let sealing: ArchiveSealing?
        if let secret { sealing = try ArchiveSealing(secret) } else { sealing = nil }
        let head = ArchiveHead(
            archive: Hex.text((0..<16).map { _ in UInt8.random(in: 0...255) }), number: 1, framesBefore: 0, more: more)
        let draft = path + ".draft"
        unlink(draft)
        do throws(LogError) {
            let writer = try ArchiveFileWriter(draft, head: head, sealing: sealing)
            var position = ArchivePosition()
            if let floor = try small.archiveFloor() {
                var entries: [ArchiveEntry] = [.floor(floor)]
                let bytes = try ArchiveFileReader.whole(small.checkpointPath(floor.revision))
                for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                    entries.append(.stateBytes(Array(bytes[start..<min(start + (1 << 20), bytes.count)])))
                    try writer.append(ArchiveBatch(position: position, entries: entries))
                    entries = []
                }
            }
            while true {
                let part = try small.archivePart(after: position, bytesMax: 1 << 20)
                if !part.batch.entries.isEmpty { try writer.append(part.batch) }
                position = part.batch.position
                if part.isComplete || part.batch.entries.isEmpty { break }
            }
            try writer.finish()
        } catch {
            unlink(draft)
            throw error
        }
        guard rename(draft, path) == 0 else { throw ArchiveFileWriter.failure(path) }
        ArchiveFileWriter.flushDirectory(of: path)
    }
}
