import Access
import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import History
import Records
import Requests
import Schema

/// `/reckon/v1/forks`: forks are listed, made, compared and removed. Whoever may make one may read everything of the past in it,
/// Secrets included: the right to POST here is worth as much as an administrator's.
extension APIServer {
    func forkEndpoint(_ exchange: Exchange, _ snapshot: Snapshot, _ parts: [String]) throws(APIError) {
        guard let forks else {
            throw APIError(
                code: 404, reason: "NotFound", message: "this server keeps no forks: ask the one it belongs to")
        }
        let name = parts.count > 1 ? parts[1] : ""
        switch (exchange.info.method, parts.count) {
        case ("GET", 1), ("HEAD", 1):
            inPast { [self] in
                note(exchange, code: 200)
                exchange.answer(
                    200,
                    ([
                        "kind": "ForkList", "apiVersion": "reckon.dev/v1",
                        "items": .array(forks.list().map { document($0, forks) }),
                    ] as JSON).encoded())
            }
        case ("POST", 1): try makeFork(exchange, forks)
        case ("GET", 2), ("HEAD", 2):
            guard let facts = forks.facts(name) else { throw Self.noFork(name) }
            inPast { [self] in
                note(exchange, code: 200)
                exchange.answer(200, document(facts, forks).encoded())
            }
        case ("DELETE", 2):
            guard forks.facts(name) != nil else { throw Self.noFork(name) }
            forkStarts.run { [self] in
                do throws(APIError) {
                    try forks.delete(name)
                    note(exchange, code: 200) {
                        exchange.answer(
                            200,
                            ([
                                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                                "details": ["kind": "forks", "name": .string(name)],
                            ] as JSON).encoded())
                    }
                } catch {
                    fail(exchange, error)
                }
            }
        case ("GET", 3) where parts[2] == "diff":
            guard let facts = forks.facts(name) else { throw Self.noFork(name) }
            forkStarts.run { [self] in
                do throws(APIError) {
                    let answer = try difference(exchange, facts, try forks.open(name))
                    note(exchange, code: 200)
                    exchange.answer(200, answer.encoded())
                } catch {
                    fail(exchange, error)
                }
            }
        default: throw Self.notAllowed
        }
    }

    private func makeFork(_ exchange: Exchange, _ forks: any ForkKeeper) throws(APIError) {
        let body = try askedChange(exchange, "Fork", members: ["name", "at"])
        let name = body["name"]?.string ?? ""
        try Self.checkForkName(name)
        let text = body["at"]?.string ?? body["at"]?.int.map { String($0) } ?? String(engine.snapshot.revision)
        guard let moment = PastMoment(text) else {
            throw .badRequest(
                "at: give a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m), not \"\(text)\""
            )
        }
        forkStarts.run { [self] in
            do throws(APIError) {
                let revision = try moment.revision(in: LogPast(engine.wholeLog), now: engine.now)
                let time = try engine.reading { log throws(LogError) in try log.time(of: revision) }
                let facts = ForkFacts(
                    name: name, base: revision, baseTime: time ?? engine.snapshot.state.time, created: engine.now,
                    owner: exchange.authentication.user.name)
                try forks.create(facts, events: [])
                let answer = document(facts, forks).encoded()
                note(exchange, code: 201) { exchange.answer(201, answer) }
            } catch {
                fail(exchange, error)
            }
        }
    }

    static func checkForkName(_ name: String) throws(APIError) {
        let isName =
            !name.isEmpty && name.utf8.count <= 40 && name.first != "-" && name.last != "-"
            && name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 45 }
        if !isName {
            throw .badRequest(
                "name: a fork's name has 1 to 40 lower case letters, digits and inner dashes, not \"\(name)\"")
        }
    }

    private func document(_ facts: ForkFacts, _ forks: any ForkKeeper) -> JSON {
        let size = forks.size(facts.name)
        let isRunning = size.revision > 0
        return [
            "kind": "Fork", "apiVersion": "reckon.dev/v1", "name": .string(facts.name),
            "base": ["revision": .int(Int64(facts.base)), "time": .string(facts.baseTime.rfc3339Micro)],
            "created": .string(facts.created.rfc3339Micro), "owner": .string(facts.owner),
            "path": .string("/fork/\(facts.name)"), "running": .bool(isRunning),
            "revision": .int(Int64(size.revision)), "bytes": .int(Int64(size.bytes)),
        ]
    }

    /// What is otherwise in a fork now than in its parent now, or than at its base.
    private func difference(_ exchange: Exchange, _ facts: ForkFacts, _ fork: APIServer) throws(APIError) -> JSON {
        let query = exchange.info.query
        let against = query["against"] ?? "parent"
        guard against == "parent" || against == "base" else {
            throw .badRequest(
                "against: parent (what is there now) or base (what the fork began with), not \"\(against)\"")
        }
        let present = engine.snapshot
        let other = against == "parent" ? present.state : try engine.pastState(at: facts.base)
        let inside = fork.engine.snapshot
        let user = exchange.authentication.user
        let ground = Ground(
            past: LogPast(engine.wholeLog), present: inside.state, catalog: inside.catalog, now: engine.now
        ) { [self] verb, key in
            let attributes = AccessAttributes(
                user: user, verb: verb, group: key.group, resource: key.resource, namespace: key.namespace,
                name: key.name)
            // Both sides are shown: both must be open to him.
            for server in [self, fork] {
                let facts = server.allows(attributes)
                if facts.verdict != .allowed { return attributes.forbidden(facts) }
            }
            return nil
        }
        var answer = try Questions.difference(query, ground, from: other, to: inside.state)
        answer["fork"] = .string(facts.name)
        answer["against"] = .string(against)
        return answer
    }
}
