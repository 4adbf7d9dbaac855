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

/// `POST /reckon/v1/undo {revision | auditID, dryRun}` and `POST /reckon/v1/undelete {revision | auditID | object, dryRun}`:
/// takes back what one request and its consequences changed, in one event, or says what stands in the way.
extension APIServer {
    func undo(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let body = try askedChange(exchange, "UndoRequest", members: ["revision", "auditID", "dryRun"])
        amenders.run { [self] in
            do throws(APIError) {
                try perform(exchange, Undo(of: try revision(askedBy: body)), kind: "Undo", isDryRun(body))
            } catch {
                fail(exchange, error)
            }
        }
    }

    func undelete(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let body = try askedChange(
            exchange, "UndeleteRequest",
            members: ["revision", "auditID", "group", "resource", "namespace", "name", "dryRun"])
        var wanted: ObjectKey?
        if body["resource"] != nil || body["name"] != nil {
            let names = ["group", "resource", "namespace", "name"].compactMap { name in
                body[name]?.string.map { Query.Parameter(name: name, value: $0) }
            }
            wanted = try ground(of: exchange, snapshot).object(Query(names))
        }
        let key = wanted
        amenders.run { [self] in
            do throws(APIError) {
                let revision: UInt64
                if let key { revision = try deletion(of: key) } else { revision = try self.revision(askedBy: body) }
                let undo = Undo(of: revision, scope: .deletions(of: key))
                try perform(exchange, undo, kind: "Undelete", isDryRun(body))
            } catch {
                fail(exchange, error)
            }
        }
    }

    private func isDryRun(_ body: JSON) -> Bool { body["dryRun"]?.bool ?? false }

    /// Gathers, plans, asks the rights, and writes. Blocks while it reads the log.
    private func perform(_ exchange: Exchange, _ empty: Undo, kind: String, _ isDryRun: Bool) throws(APIError) {
        let undo = try gathered(empty)
        let snapshot = engine.snapshot
        let plan = UndoPlan(undo, on: snapshot.state)
        if let error = plan.error { throw error }
        let (rights, evidence) = try askRights(exchange, plan.writes, snapshot.catalog)
        var told: JSON = [
            "kind": .string(kind), "apiVersion": "reckon.dev/v1", "dryRun": .bool(isDryRun), "revision": 0,
            "undone": undo.root?.json ?? .null, "consequences": .int(Int64(undo.chain.count - 1)), "items": [],
            "left": Self.left(plan.left),
        ]
        if plan.writes.isEmpty {
            note(exchange, code: 200)
            exchange.answer(200, told.encoded())
            return
        }
        let amendment = amendment(exchange, rights) { ground throws(APIError) in
            let plan = UndoPlan(undo, on: ground.state)
            if let error = plan.error { throw error }
            return plan.writes
        }
        if isDryRun {
            let decision = try trial(amendment)
            exchange.warnings += decision.warnings
            told["items"] = try items(decision.changes, snapshot.catalog) { snapshot.state.object($0.key)?.document }
            note(exchange, code: 200)
            exchange.answer(200, told.encoded())
            return
        }
        let reasons: JSON = [kind == "Undo" ? "undo" : "undelete": undo.root?.json ?? .null, "rights": evidence]
        let answer = told
        submit(exchange, amendment, reasons: reasons) { [self] reply in
            inPast { [self] in
                switch reply {
                case .refused(let error, let warnings):
                    exchange.warnings += warnings
                    exchange.answer(error)
                case .decided(let decision, let revision):
                    var told = answer
                    told["revision"] = .int(Int64(revision))
                    exchange.warnings += decision.warnings
                    do throws(APIError) {
                        told["items"] = try items(decision.changes, engine.snapshot.catalog, before: replaced)
                        exchange.answer(200, told.encoded())
                    } catch {
                        exchange.answer(error)
                    }
                }
            }
        }
    }

    /// Reads the journal from the request on.
    private func gathered(_ empty: Undo) throws(APIError) -> Undo {
        var undo = empty
        let newest = engine.snapshot.revision
        guard undo.revision > 0, undo.revision <= newest else {
            throw APIError(
                code: 404, reason: "NotFound",
                message: "revision \(undo.revision) has not happened yet: the newest is \(newest)")
        }
        var trail = UndoTrail(of: undo.revision)
        if undo.revision <= engine.floor { throw .gone("history before revision \(engine.floor) is no longer kept") }
        var next = undo.revision
        while next <= newest {
            let from = next
            let outlines = try engine.reading { log throws(LogError) in
                try log.outlines(from: from, limit: 4096, facts: false)
            }
            guard let last = outlines.last else { break }
            for outline in outlines { trail.take(outline) }
            next = last.revision + 1
        }
        for revision in trail.revisions {
            let event = try engine.reading { log throws(LogError) in try log.events(from: revision, limit: 1).first }
            if let forgotten = event?.changes.first(where: { $0.body.isEmpty }) {
                throw .gone(
                    "what \(forgotten.key.description) became with revision \(revision) is no longer kept: what rests on it cannot be undone"
                )
            }
            if let event { undo.take(event) }
        }
        for (key, revision) in undo.wanted {
            let former = try engine.reading { log throws(LogError) in try log.object(key, at: revision) }
            if let former { undo.know(key, former.document) }
        }
        return undo
    }

    /// The revision that a body names by number or by the request's audit ID.
    private func revision(askedBy body: JSON) throws(APIError) -> UInt64 {
        if let number = body["revision"]?.int, number > 0 { return UInt64(number) }
        guard let id = body["auditID"]?.string, !id.isEmpty else {
            throw .badRequest("name the request: revision (a number) or auditID (the Audit-Id of its answer)")
        }
        let floor = engine.floor
        var end = engine.snapshot.revision
        while end > floor {
            let start = end > floor + 4096 ? end - 4095 : floor + 1
            let count = Int(end - start + 1)
            let outlines = try engine.reading { log throws(LogError) in
                try log.outlines(from: start, limit: count, facts: true)
            }
            if let found = outlines.last(where: { $0.request.auditID == id }) { return found.revision }
            end = start - 1
        }
        throw APIError(
            code: 404, reason: "NotFound",
            message: "no change was made by a request \(id): it changed nothing, or is older than what the log keeps")
    }

    /// The revision at which the newest object of a key was deleted, or marked to be.
    private func deletion(of key: ObjectKey) throws(APIError) -> UInt64 {
        let versions = try engine.reading { log throws(LogError) in try log.versions(of: key) }
        guard let last = versions.last else {
            throw APIError(
                code: 404, reason: "NotFound", message: "there never was a \(key.description) in what the log keeps")
        }
        guard last.kind == .deleted else {
            throw APIError(
                code: 409, reason: "AlreadyExists", message: "\(key.description) is there: nothing is to be undeleted")
        }
        // The request that asked for it may have been earlier than the one that let it go.
        var asked = last.revision
        for version in versions.reversed() where version.uid == last.uid {
            let revision = version.revision
            let event = try engine.reading { log throws(LogError) in try log.events(from: revision, limit: 1).first }
            let body = event?.changes.first { $0.key == key }?.body ?? []
            let isMarked = (try? JSON(parsing: body))?["metadata", "deletionTimestamp"] != nil
            guard isMarked || version.kind == .deleted else { break }
            asked = revision
        }
        return asked
    }
}
