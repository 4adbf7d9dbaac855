import ClusterState
import Dispatch
import Document
import EventLog
import Glibc
import LogArchive
import Logging
import Records
import Schema
import Synchronization

/// The one writer of a recording. Observations of all kinds queue here and share commits; what was seen already is passed over.
final class RecordingWriter: Sendable {
    private struct State {
        var cluster: ClusterState
        var pending: [EventRecord] = []
        var next: ClusterState
        /// How far each kind was seen, by its name: the source's resourceVersion.
        var versions: [String: String] = [:]
        /// Those of them that the log's own objects do not say yet.
        var unsaid: Set<String> = []
        var openGaps: [String: String] = [:]
        var gapCount: UInt64 = 0
    }
    private let log: DiskLog
    private let source: String
    private let redaction: Redaction
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "reckon-recording")
    private let logger: Logger
    /// Until when the run before this one is known to have watched; nil for the first.
    let observedBefore: Timestamp?

    init(_ log: DiskLog, source: String, redaction: Redaction, logger: Logger) throws(LogError) {
        self.log = log
        self.source = source
        self.redaction = redaction
        self.logger = logger
        let cluster = try log.recover().state
        var state = State(cluster: cluster, next: cluster)
        let own = cluster.object(RecordingKinds.recordings, "", RecordingKinds.own)
        observedBefore = own?.document["status", "observedThrough"]?.string.flatMap { Timestamp(rfc3339: $0) }
        for recording in cluster.objects(RecordingKinds.recordings) {
            guard let version = recording.document["status", "sourceResourceVersion"]?.string else { continue }
            state.versions[recording.key.name] = version
        }
        for gap in cluster.objects(RecordingKinds.gaps) {
            let spec = gap.document["spec"] ?? .null
            if spec["type"] == "Open", let resource = spec["resource"]?.string {
                state.openGaps[resource] = gap.key.name
            }
        }
        state.gapCount = UInt64(cluster.count(RecordingKinds.gaps))
        // What was recorded after the objects last said how far it is.
        var from = max((own?.revision ?? 0) + 1, log.floor + 1)
        while from <= log.head.revision {
            let events = try log.events(from: from, limit: 1000)
            guard let last = events.last else { break }
            for event in events {
                guard let said = try? JSON(parsing: event.decision), let name = said["resource"]?.string,
                    let version = said["sourceResourceVersion"]?.string
                else { continue }
                state.versions[name] = version
                state.unsaid.insert(name)
            }
            from = last.revision + 1
        }
        self.state = Mutex(state)
    }

    /// From where on a kind is to be watched; nil when it was never seen.
    func resumeVersion(_ kind: SourceKind) -> String? { state.withLock { $0.versions[kind.name] } }

    /// Objects of the kind that are kept, of one namespace or all.
    func keptCount(_ kind: SourceKind) -> Int { state.withLock { $0.next.count(kind.store) } }

    // MARK: what followers say

    /// Changes that a watch brought, and how far it is with them. Returns when they are on the disk.
    func observe(_ kind: SourceKind, _ observations: [Observation], through version: String) async throws {
        try await write { [self] state in
            for observation in observations { record(kind, observation, through: observation.version, &state) }
            state.versions[kind.name] = version
            state.unsaid.insert(kind.name)
        }
    }

    /// Everything there is of a kind (in the namespace, when one is given) at a resourceVersion: what is kept and not in it was deleted.
    func reconcile(_ kind: SourceKind, _ items: [JSON], namespace: String?, through version: String) async throws {
        try await write { [self] state in
            var seen: Set<ObjectKey> = []
            for item in items {
                let observation = Observation(kind: .present, object: item)
                seen.insert(key(kind, item))
                record(kind, observation, through: version, &state)
            }
            for object in state.next.objects(kind.store, namespace: kind.isNamespaced ? namespace : nil)
            where !seen.contains(object.key) && !isOwn(object) {
                var last = object.document
                last["metadata", "resourceVersion"] = .string(version)
                record(kind, Observation(kind: .deleted, object: last), through: version, &state)
            }
            state.versions[kind.name] = version
            state.unsaid.insert(kind.name)
        }
    }

    /// Says that a kind is not observed since a moment.
    func openGap(_ kind: SourceKind, from: Timestamp, reason: String) async throws {
        try await write { [self] state in
            guard state.openGaps[kind.name] == nil else { return }
            state.gapCount += 1
            let name = "gap-\(state.gapCount)-\(kind.name)"
            let gap = RecordingKinds.gap(name, resource: kind.name, from: from, reason: reason, now: now())
            keep(RecordingKinds.gaps, name, gap, &state)
            state.openGaps[kind.name] = name
        }
    }

    /// Says that a kind is observed again. `isMissed`: versions in between were never seen; else only when they were made is unknown.
    func closeGap(_ kind: SourceKind, to: Timestamp, isMissed: Bool, reason: String?) async throws {
        try await write { [self] state in
            guard let name = state.openGaps.removeValue(forKey: kind.name),
                let object = state.next.object(RecordingKinds.gaps, "", name)
            else { return }
            var gap = object.document
            gap["spec", "to"] = .string(to.rfc3339Micro)
            gap["spec", "type"] = isMissed ? "Missed" : "Late"
            if let reason { gap["spec", "reason"] = .string(reason) }
            keep(RecordingKinds.gaps, name, gap, &state)
        }
    }

    /// Says in the log how far everything was seen, and that the recorder runs.
    func bookkeep(_ kinds: [SourceKind]) async throws {
        try await write { [self] state in
            let time = now()
            var documents: [(String, JSON)] = []
            for kind in kinds where state.unsaid.contains(kind.name) {
                var recording =
                    state.next.object(RecordingKinds.recordings, "", kind.name)?.document
                    ?? RecordingKinds.recording(kind.name, kind: kind, now: time)
                recording["status", "sourceResourceVersion"] = state.versions[kind.name].map { .string($0) }
                recording["status", "state"] = state.openGaps[kind.name] == nil ? "Watching" : "Lost"
                recording["status", "observedThrough"] = .string(time.rfc3339Micro)
                documents.append((kind.name, recording))
            }
            state.unsaid = []
            var own =
                state.next.object(RecordingKinds.recordings, "", RecordingKinds.own)?.document
                ?? RecordingKinds.recording(RecordingKinds.own, kind: nil, now: time)
            own["status", "observedThrough"] = .string(time.rfc3339Micro)
            own["status", "state"] = "Running"
            own["spec", "source"] = .string(source)
            documents.append((RecordingKinds.own, own))
            keep(RecordingKinds.recordings, documents, &state)
        }
    }

    /// Makes the recorder's own kinds known, and those that the source serves without defining them, once.
    func define(_ undefined: [UndefinedKind] = []) async throws {
        try await write { [self] state in
            let made = undefined.map {
                RecordingKinds.definition(of: $0.kind, singular: $0.singular, shortNames: $0.shortNames, now: now())
            }
            for document in RecordingKinds.definitionDocuments(now: now()) + made {
                let name = document["metadata", "name"]?.string ?? ""
                guard state.next.object(RecordingKinds.definitions, "", name) == nil else { continue }
                keep(RecordingKinds.definitions, name, document, &state)
            }
        }
    }

    func close() {
        queue.sync {}
        let cluster = state.withLock { $0.cluster }
        try? log.writeCheckpoint(cluster)
        log.close()
    }

    // MARK: events

    /// Whether the recorder made the object, so that the source need not have it.
    private func isOwn(_ object: StoredObject) -> Bool {
        guard object.key.resource == RecordingKinds.definitions.resource else { return false }
        return object.key.name.hasSuffix("." + RecordingKinds.group)
            || object.document["metadata", "annotations", RecordingKinds.madeAnnotation] != nil
    }

    private func key(_ kind: SourceKind, _ object: JSON) -> ObjectKey {
        ObjectKey(
            group: kind.store.group, resource: kind.store.resource,
            namespace: kind.isNamespaced ? object["metadata", "namespace"]?.string ?? "" : "",
            name: object["metadata", "name"]?.string ?? "")
    }

    /// Adds the event of one observation, unless it was seen before.
    private func record(_ kind: SourceKind, _ observation: Observation, through version: String, _ state: inout State) {
        let key = key(kind, observation.object)
        guard !key.name.isEmpty else { return }
        let existing = state.next.object(key)
        let before = existing?.document
        if let existing, existing.uid != observation.uid {
            // Another object has taken its place: that it was deleted was not seen.
            guard observation.kind == .present else { return }
            var last = existing.document
            last["metadata", "resourceVersion"] = .string(version)
            record(kind, Observation(kind: .deleted, object: last), through: version, &state)
            record(kind, observation, through: version, &state)
            return
        }
        if let before, observation.kind == .present {
            let known = Observation.sourceVersion(of: before)
            if known == observation.version { return }
            if let old = UInt64(known), let new = UInt64(observation.version), new < old { return }
        }
        if existing == nil, observation.kind == .deleted { return }
        let revision = state.next.revision + 1
        let body = observation.kept(as: kind, revision: revision, redaction).encoded()
        let change = Change(
            kind: observation.kind == .deleted ? .deleted : (existing == nil ? .created : .updated), key: key,
            uid: observation.uid, previousRevision: existing?.revision ?? 0, body: body)
        let author = observation.kind == .deleted ? "" : observation.author(after: before)
        let verb = observation.kind == .deleted ? "delete" : (existing == nil ? "create" : "update")
        var said: JSON = [
            "resource": .string(kind.name), "sourceResourceVersion": .string(version),
            "objectResourceVersion": .string(observation.version),
        ]
        if let gap = state.openGaps[kind.name], let since = state.next.object(RecordingKinds.gaps, "", gap) {
            // It was not seen when it happened.
            said["unseenSince"] = since.document["spec", "from"]
        }
        append(
            [change], verb: verb,
            path: kind.path(namespace: key.namespace.isEmpty ? nil : key.namespace) + "/" + key.name,
            user: author.isEmpty ? "unknown" : author, said: said, &state)
    }

    private func keep(_ store: GroupResource, _ name: String, _ document: JSON, _ state: inout State) {
        keep(store, [(name, document)], &state)
    }

    /// Writes objects of the recorder's own, in one event.
    private func keep(_ store: GroupResource, _ documents: [(String, JSON)], _ state: inout State) {
        let revision = state.next.revision + 1
        var changes: [Change] = []
        for (name, document) in documents {
            let key = ObjectKey(group: store.group, resource: store.resource, name: name)
            let existing = state.next.object(key)
            let uid = existing?.uid ?? Self.uuid()
            var document = document
            document["metadata", "uid"] = .string(uid)
            document["metadata", "resourceVersion"] = .string(String(revision))
            changes.append(
                Change(
                    kind: existing == nil ? .created : .updated, key: key, uid: uid,
                    previousRevision: existing?.revision ?? 0, body: document.encoded()))
        }
        let version = store == RecordingKinds.definitions ? "apiextensions.k8s.io/v1" : RecordingKinds.apiVersion
        append(
            changes, verb: "update", path: "/apis/\(version)/\(store.resource)/\(documents[0].0)",
            user: "reckon-recorder",
            said: nil, &state)
    }

    private func append(
        _ changes: [Change], verb: String, path: String, user: String, said: JSON?, _ state: inout State
    ) {
        let record = EventRecord(
            stream: .journal, revision: state.next.revision + 1, time: max(now(), state.next.time),
            request: RequestFacts(
                auditID: "", verb: verb, path: path, userAgent: user, source: source,
                fieldManager: user == "unknown" ? "" : user),
            authentication: AuthenticationFacts(authenticator: "recorder", user: UserInfo(name: user)),
            authorization: .notAsked, outcome: Outcome(code: 200), changes: changes,
            decision: said?.encoded() ?? [])
        if let problem = state.next.problem(with: record) {
            logger.error("an observation does not fit and is left out: \(problem)")
            return
        }
        state.next.apply(record)
        state.pending.append(record)
    }

    /// Changes the state, and returns when what came of it is on the disk.
    private func write(_ body: @escaping @Sendable (inout State) -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            state.withLock { body(&$0) }
            queue.async { [self] in
                do throws(LogError) {
                    try flush()
                    continuation.resume()
                } catch { continuation.resume(throwing: error) }
            }
        }
    }

    /// On the queue: everything that is pending in one commit.
    private func flush() throws(LogError) {
        let (records, before, after) = state.withLock { state in
            defer {
                state.pending = []
                state.cluster = state.next
            }
            return (state.pending, state.cluster, state.next)
        }
        guard !records.isEmpty else { return }
        do throws(LogError) { try log.append(records, after: before) } catch {
            // What is in memory is ahead of the disk now: only a new start can go on from there.
            logger.critical("the recording cannot be written, stopping: \(error.description)")
            exit(74)
        }
        if after.revision / 20_000 != before.revision / 20_000 { try? log.writeCheckpoint(after) }
    }

    private func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    private static func uuid() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (i, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(i) { text.append(0x2D) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
