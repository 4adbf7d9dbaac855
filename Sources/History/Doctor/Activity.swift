import ClusterState
import Document
import Records
import Schema

/// What happened in a stretch of the log, looked at for what happens again and again.
struct Activity {
    /// Records of each stream that are looked at, at most.
    static let recordsMax = 20_000
    private let ground: Ground
    private let namespace: String?
    private var events: [EventRecord] = []
    private var accesses: [EventRecord] = []
    private let minutes: Double
    private let revision: UInt64

    /// The records up to `revision` and not before `since`.
    init(before revision: UInt64, since: Timestamp, _ namespace: String?, _ ground: Ground) throws(APIError) {
        self.ground = ground
        self.namespace = namespace
        self.revision = revision
        var events: [EventRecord] = []
        try ground.past.eachBackwards(from: revision) { event in
            guard event.time >= since, events.count < Self.recordsMax else { return false }
            events.append(event)
            return true
        }
        var accesses: [EventRecord] = []
        try ground.past.eachAccessBackwards(from: ground.past.newestAccess) { record in
            guard record.time >= since, accesses.count < Self.recordsMax else { return false }
            if record.revision <= revision { accesses.append(record) }
            return true
        }
        self.events = events.reversed()
        self.accesses = accesses.reversed()
        let times = (events + accesses).map(\.time)
        let span = (times.max() ?? since).since(times.min() ?? since)
        minutes = max(Double(span) / 60_000_000, 1.0 / 6)
    }

    var looked: Int { events.count + accesses.count }

    func findings(_ visibility: inout Visibility) -> [Finding] {
        loops(&visibility) + noOps() + refusals()
    }

    /// `40 times within 3m`.
    private func rate(_ records: [EventRecord]) -> String {
        guard let first = records.first?.time, let last = records.last?.time, records.count > 1 else { return "once" }
        return "\(records.count) times within \(Ink.span(last.since(first)))"
    }
    private func rate(_ revisions: [UInt64]) -> String {
        let wanted = Set(revisions)
        return rate(events.filter { wanted.contains($0.revision) })
    }

    // MARK: fights and hot loops

    private struct Write {
        let revision: UInt64
        let user: String
        let previous: UInt64
        let uid: String
    }

    private func loops(_ visibility: inout Visibility) -> [Finding] {
        var writes: [ObjectKey: [Write]] = [:]
        for event in events {
            for change in event.changes where change.kind == .updated && !Noise.isNoisy(change.key) {
                guard namespace == nil || change.key.namespace == namespace else { continue }
                writes[change.key, default: []].append(
                    Write(
                        revision: event.revision, user: event.authentication.user.name,
                        previous: change.previousRevision, uid: change.uid))
            }
        }
        var found: [Finding] = []
        for key in writes.keys.sorted() where writes[key]!.count >= 4 && visibility.shows(key) {
            let list = writes[key]!
            // A node's kubelet and its controllers report at the same time.
            if Set(list.map(\.user)).count > 1, key.resource != "nodes", let fight = fight(key, list) {
                found.append(fight)
            }
            found += hot(key, list)
        }
        return found
    }

    /// Two who write the same field in turns, each putting back what it had before.
    private func fight(_ key: ObjectKey, _ writes: [Write]) -> Finding? {
        var lastOf: [String: [(user: String, revision: UInt64, value: JSON?)]] = [:]
        // Of very many the newest tell enough.
        let writes = Array(writes.suffix(200))
        var before = version(key, writes[0].previous)
        for write in writes {
            let after = version(key, write.revision) ?? .null
            if let before {
                for field in Noise.difference(before, after, all: false) where !field.path.hasPrefix("status.") {
                    lastOf[field.path, default: []].append((write.user, write.revision, field.after))
                }
            }
            before = after
        }
        for path in lastOf.keys.sorted(by: { $0.bytesPrecede($1) }) {
            let steps = lastOf[path]!
            var turns = 0
            for i in steps.indices where i >= 2 {
                let (a, b, c) = (steps[i - 2], steps[i - 1], steps[i])
                if c.user == a.user, b.user != a.user, c.value == a.value, b.value != a.value { turns += 1 }
            }
            guard turns >= 2, let last = steps.last else { continue }
            let users = Set(steps.map(\.user)).sorted()
            let values = steps.suffix(2).map { "\(Ink.user($0.user)) sets \(Ink.value($0.value, most: 40))" }
            let name = Ink.object(ground.reference(key, uid: ""))
            return Finding(
                severity: .critical, kind: "Fight",
                title: "\(users.map(Ink.user).joined(separator: " and ")) fight over \(path) of \(name)",
                objects: [ground.reference(key, uid: writes[0].uid)],
                evidence: values + [rate(steps.map(\.revision))], count: steps.count, revision: last.revision,
                command: "reckon why \(name) \(path)")
        }
        return nil
    }

    private func version(_ key: ObjectKey, _ revision: UInt64) -> JSON? {
        (try? ground.past.object(key, at: revision)).flatMap { $0 }.map { Hidden.cleared($0.document, of: key) }
    }

    /// One who writes the same object without end. A node reports its state all the time, and may.
    private func hot(_ key: ObjectKey, _ writes: [Write]) -> [Finding] {
        guard key.resource != "nodes" else { return [] }
        let byUser = Dictionary(grouping: writes, by: \.user)
        return byUser.keys.sorted().compactMap { user in
            let count = byUser[user]!.count
            guard count >= 60, Double(count) / minutes >= 10 else { return nil }
            let name = Ink.object(ground.reference(key, uid: ""))
            return Finding(
                severity: .warning, kind: "HotLoop", title: "\(Ink.user(user)) writes \(name) without end",
                objects: [ground.reference(key, uid: writes[0].uid)],
                evidence: [rate(byUser[user]!.map(\.revision))], count: count,
                revision: writes.last?.revision, command: "reckon history \(name) --diff --limit 10")
        }
    }

    // MARK: requests that change nothing

    private struct Sort: Hashable {
        let user: String
        let verb: String
        let path: String
    }

    private func counted(_ wanted: (EventRecord) -> Bool) -> [(sort: Sort, records: [EventRecord])] {
        var groups: [Sort: [EventRecord]] = [:]
        for record in accesses where wanted(record) {
            guard namespace == nil || record.request.path.contains("/namespaces/\(namespace!)/") else { continue }
            let sort = Sort(
                user: record.authentication.user.name, verb: record.request.verb, path: record.request.path)
            groups[sort, default: []].append(record)
        }
        return groups.keys.sorted { ($0.user, $0.path, $0.verb) < ($1.user, $1.path, $1.verb) }.map {
            ($0, groups[$0]!)
        }
    }

    private func noOps() -> [Finding] {
        guard ground.mayAudit else { return [] }
        let writes: Set<String> = ["create", "update", "patch", "delete"]
        return counted { $0.outcome.code < 300 && writes.contains($0.request.verb) }.compactMap { sort, records in
            guard records.count >= 20, Double(records.count) / minutes >= 5, !Self.isReview(sort.path) else {
                return nil
            }
            return Finding(
                severity: .warning, kind: "NoOpStorm",
                title: "\(Ink.user(sort.user)) writes without changing anything: \(sort.verb) \(sort.path)",
                evidence: [rate(records)], count: records.count, revision: records.last?.revision,
                command: "reckon audit --user \(sort.user) --verb \(sort.verb)")
        }
    }

    /// Questions are creates that never store anything.
    private static func isReview(_ path: String) -> Bool {
        path.hasPrefix("/apis/authorization.k8s.io/") || path.hasPrefix("/apis/authentication.k8s.io/")
            || path.hasSuffix("/token")
    }

    private func refusals() -> [Finding] {
        guard ground.mayAudit else { return [] }
        var found: [Finding] = []
        for (sort, records) in counted({ $0.outcome.code == 409 }) where records.count >= 10 {
            found.append(
                Finding(
                    severity: .warning, kind: "ConflictStorm",
                    title: "\(Ink.user(sort.user)) runs into conflicts: \(sort.verb) \(sort.path)",
                    evidence: [rate(records)], count: records.count, revision: records.last?.revision,
                    command: "reckon audit --user \(sort.user) --code 409"))
        }
        for (sort, records) in counted({ $0.admission.contains { $0.effect == .refused } }) where records.count >= 3 {
            let fact = records[records.count - 1].admission.first { $0.effect == .refused }
            found.append(
                Finding(
                    severity: .warning, kind: "AdmissionRefusals",
                    title:
                        "admission refuses what \(Ink.user(sort.user)) wants (\(fact?.plugin ?? "")): \(sort.verb) \(sort.path)",
                    evidence: [fact?.detail ?? "", rate(records)], count: records.count,
                    revision: records.last?.revision,
                    command: "reckon audit explain \(records.last?.request.auditID ?? "")"))
        }
        for (sort, records) in counted({ $0.authorization.verdict == .denied }) where records.count >= 3 {
            found.append(
                Finding(
                    severity: records.count >= 20 ? .warning : .notice, kind: "DeniedRequests",
                    title: "\(Ink.user(sort.user)) may not \(sort.verb) \(sort.path)", evidence: [rate(records)],
                    count: records.count, revision: records.last?.revision,
                    command: "reckon audit explain \(records.last?.request.auditID ?? "")"))
        }
        let failed = Dictionary(grouping: accesses.filter { $0.outcome.code == 401 && namespace == nil }) {
            $0.authentication.fingerprint
        }
        for fingerprint in failed.keys.sorted() where failed[fingerprint]!.count >= 3 {
            let records = failed[fingerprint]!
            let reasons = records[0].authentication.verdicts.filter {
                $0.refusal != .noCredential && $0.refusal != .malformed
            }
            found.append(
                Finding(
                    severity: records.count >= 20 ? .warning : .notice, kind: "FailedLogins",
                    title: fingerprint.isEmpty
                        ? "requests without a credential" : "credential \(fingerprint) is refused",
                    evidence: reasons.map { "\($0.authenticator): \($0.refusal.meaning)" } + [rate(records)],
                    count: records.count, revision: records.last?.revision, command: "reckon audit --failed-logins"))
        }
        let broken = accesses.filter { $0.outcome.code >= 500 }
        if broken.count >= 3, namespace == nil {
            found.append(
                Finding(
                    severity: .critical, kind: "ServerErrors", title: "the server answers with errors",
                    evidence: [rate(broken)], count: broken.count, revision: broken.last?.revision,
                    command: "reckon audit --code 500 --all"))
        }
        return found
    }

    // MARK: what changed

    /// The last requests from outside that changed something, the newest first.
    func changesJustBefore(_ visibility: inout Visibility) throws(APIError) -> [JSON] {
        var found: [JSON] = []
        var looked = 0
        // However long ago: a quiet hour does not hide what broke it.
        try ground.past.eachBackwards(from: revision) { outline throws(APIError) in
            looked += 1
            guard found.count < 8, looked <= Self.recordsMax * 2 else { return false }
            guard outline.authentication.authenticator != "internal",
                let event = try ground.past.event(outline.revision)
            else { return true }
            let shown = event.changes.filter {
                !Noise.isNoisy($0.key) && (namespace == nil || $0.key.namespace == namespace)
                    && visibility.shows($0.key)
            }
            guard let change = shown.first else { return true }
            var json = EventSummary.json(event)
            let entry = try HistoryQuestion.entry(event, change, ground).json
            json["fields"] = .array(
                (entry["changes"]?.elements ?? []).filter { !Noise.isNoisy($0["path"]?.string ?? "") })
            json["object"] = entry["object"]
            json["change"] = entry["kind"]
            found.append(json)
            return true
        }
        return found
    }
}
