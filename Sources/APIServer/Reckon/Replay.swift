import Access
import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import History
import NIOCore
import Records
import Replay
import Requests
import Schema

/// `POST /reckon/v1/replay {from, to, set, without, patch, name}`: lets the requests of a stretch of the past happen again under other rules,
/// and says what would have come of it. Nothing of it touches the cluster.
extension APIServer {
    /// Events that a replay reads at most.
    private static let replayedMax: UInt64 = 100_000

    func replay(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let body = try askedChange(
            exchange, "ReplayRequest", members: ["from", "to", "set", "without", "patch", "name"])
        var rules = ReplayRules()
        for (name, value) in body["set"]?.entries ?? JSONObject() {
            guard let number = value.int, rules.set(name, to: number) else {
                throw .badRequest(
                    "set: \"\(name)\" with \(value.text) is no rule: there are \(ReplayRules.names.joined(separator: ", ")); a scheduler's takes a weight from 0 to 1000, a controller's 0 for off or 1 for on"
                )
            }
        }
        for manifest in body["patch"]?.elements ?? [] {
            // Objects, or their YAML as text.
            rules.manifests.append(
                try manifest.string.map { text throws(APIError) in
                    var duplicates: [String] = []
                    return try RequestBody(ByteBuffer(string: text), .patch(.apply)).document(.yaml, &duplicates)
                } ?? manifest)
        }
        rules.without = Set(body["without"]?.strings ?? [])
        let settled = rules
        forkStarts.run { [self] in
            do throws(APIError) {
                let answer = try replayed(exchange, body, settled)
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }

    private func replayed(_ exchange: Exchange, _ body: JSON, _ rules: ReplayRules) throws(APIError) -> JSON {
        let snapshot = engine.snapshot
        let from = try moment(body, "from") ?? 0
        let to = try moment(body, "to") ?? snapshot.revision
        guard body["from"] != nil, from < to else {
            throw .badRequest("from: give a moment before to, which is revision \(to)")
        }
        guard to - from <= Self.replayedMax else {
            throw .badRequest(
                "from revision \(from) to \(to) are \(to - from) events: at most \(Self.replayedMax) are replayed at once"
            )
        }
        let past = LogPast(engine.wholeLog)
        for unknown in past.kindsUnknown(at: from) { try past.requireKnown(unknown, at: from) }
        let (start, end) = (try engine.pastState(at: from), try engine.pastState(at: to))
        let record = try engine.reading { log throws(LogError) in
            var record: [EventRecord] = []
            while record.count < Int(to - from) {
                let next = try log.events(
                    from: from + 1 + UInt64(record.count), limit: min(1024, Int(to - from) - record.count))
                if next.isEmpty { break }
                record += next
            }
            return record
        }
        // The same rules first: what differs from that comes from the rules alone.
        var unchanged = Replay(from: start, rules: ReplayRules(), settings: settings)
        let before = unchanged.run(record, until: end.time)
        var after = before
        if rules != ReplayRules() {
            var changed = Replay(from: start, rules: rules, settings: settings)
            try changed.applyManifests(as: exchange.authentication.user)
            after = changed.run(record, until: end.time)
        }
        let ground = ground(of: exchange, snapshot)
        var answer = try Questions.difference(Query(), ground, from: before.state, to: after.state)
        answer["kind"] = "Replay"
        answer["from"] = Self.side(start)
        answer["to"] = Self.side(end)
        answer["requests"] = .int(Int64(after.requests))
        answer["events"] = .int(Int64(after.events.count))
        answer["unsettled"] = .bool(after.isUnsettled || before.isUnsettled)
        answer["digest"] = .string(Self.hexadecimal(after.state.digest(SHA256Hasher.self)))
        answer["left"] = .array(
            after.left.prefix(1000).map { ["revision": .int(Int64($0.revision)), "why": .string($0.why)] })
        answer["placements"] = placements(before.state, after.state, ground)
        // How far the replay itself strays from what was recorded, without any change of rules.
        let drift = try Questions.difference(Query(), ground, from: end, to: before.state)
        answer["drift"] = [
            "objects": .array(
                (drift["items"]?.elements ?? []).map { item in
                    ["object": item["object"] ?? .null, "change": item["change"] ?? ""]
                }),
            "placements": placements(end, before.state, ground),
        ]
        if let name = body["name"]?.string, !name.isEmpty {
            try keep(exchange, name, start, after.events)
            answer["fork"] = .string(name)
        }
        return answer
    }

    private func moment(_ body: JSON, _ name: String) throws(APIError) -> UInt64? {
        guard let value = body[name] else { return nil }
        let text = value.string ?? value.int.map { String($0) } ?? ""
        guard let moment = PastMoment(text) else {
            throw .badRequest(
                "\(name): give a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m), not \"\(text)\""
            )
        }
        return try moment.revision(in: LogPast(engine.wholeLog), now: engine.now)
    }

    /// The end of a replay as a fork. Needs the right to make one.
    private func keep(_ exchange: Exchange, _ name: String, _ start: ClusterState, _ events: [EventRecord])
        throws(APIError)
    {
        let attributes = AccessAttributes(
            user: exchange.authentication.user, verb: "post", path: "/reckon/v1/forks")
        let facts = allows(attributes)
        guard facts.verdict == .allowed else { throw attributes.forbidden(facts) }
        guard let forks else {
            throw APIError(code: 404, reason: "NotFound", message: "this server keeps no forks: leave name out")
        }
        try Self.checkForkName(name)
        try forks.create(
            ForkFacts(
                name: name, base: start.revision, baseTime: start.time, created: engine.now,
                owner: exchange.authentication.user.name),
            events: events)
    }

    /// Pods of both states that are on another node in the second.
    private func placements(_ before: ClusterState, _ after: ClusterState, _ ground: Ground) -> JSON {
        let pods = GroupResource(resource: "pods")
        var found: [JSON] = []
        var visible: [String: Bool] = [:]
        after.forEach(pods) { pod in
            guard let old = before.object(pod.key), old.nodeName != pod.nodeName else { return true }
            let space = pod.key.namespace
            let mayList =
                visible[space]
                ?? (ground.refusal("list", ObjectKey(resource: "pods", namespace: space, name: "")) == nil)
            visible[space] = mayList
            if mayList {
                found.append([
                    "namespace": .string(space), "pod": .string(pod.key.name), "before": .string(old.nodeName),
                    "after": .string(pod.nodeName),
                ])
            }
            return found.count < 10_000
        }
        return .array(found)
    }

    private static func side(_ state: ClusterState) -> JSON {
        ["revision": .int(Int64(state.revision)), "time": .string(state.time.rfc3339Micro)]
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
