import Access
import ClusterState
import Document
import Engine
import EventLog
import Foundation
import HTTPEdge
import History
import Records
import Requests
import Schema

/// `POST /reckon/v1/rewind {to, namespace, dryRun, partial}`: makes a namespace or the cluster what it was, by ordinary new events.
extension APIServer {
    /// Objects that one event of a rewind writes at most; what is more goes on in the next.
    private static let rewoundPerEventMax = 2000

    func rewind(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let body = try askedChange(exchange, "RewindRequest", members: ["to", "namespace", "dryRun", "partial"])
        let text = body["to"]?.string ?? body["to"]?.int.map { String($0) } ?? ""
        guard let moment = PastMoment(text) else {
            throw .badRequest(
                "to: give a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m), not \"\(text)\""
            )
        }
        amenders.run { [self] in
            do throws(APIError) {
                let revision = try moment.revision(in: LogPast(engine.wholeLog), now: engine.now)
                let past = try engine.pastState(at: revision)
                let namespace = body["namespace"]?.string
                let namespaces = GroupResource(resource: "namespaces")
                if let namespace, past.object(namespaces, "", namespace) == nil,
                    engine.snapshot.state.object(namespaces, "", namespace) == nil
                {
                    throw APIError.notFound(namespaces, namespace)
                }
                let rewind = Rewind(
                    to: past, namespace: namespace?.isEmpty == true ? nil : namespace,
                    unknown: LogPast(engine.wholeLog).kindsUnknown(at: revision))
                try perform(
                    exchange, rewind, isDryRun: body["dryRun"]?.bool ?? false, isPartial: body["partial"]?.bool ?? false
                )
            } catch {
                fail(exchange, error)
            }
        }
    }

    private func perform(_ exchange: Exchange, _ rewind: Rewind, isDryRun: Bool, isPartial: Bool) throws(APIError) {
        var told: JSON = [
            "kind": "Rewind", "apiVersion": "reckon.dev/v1", "dryRun": .bool(isDryRun),
            "to": ["revision": .int(Int64(rewind.past.revision)), "time": .string(rewind.past.time.rfc3339Micro)],
            "untouched":
                .array(
                    (Rewind.untouched + rewind.unknown.map { "\($0.description), of which the past is no longer kept" })
                        .map { .string($0) }),
        ]
        if let namespace = rewind.namespace { told["namespace"] = .string(namespace) }
        var items: [JSON] = []
        var left: [JSON] = []
        var revisions: [JSON] = []
        var handled: Set<ObjectKey> = []
        var waits = 0
        while true {
            let snapshot = engine.snapshot
            let plan = rewind.plan(on: snapshot.state) { snapshot.catalog.stored($0) != nil }
            let due = plan.writes.filter { !handled.contains($0.key) }
            if due.isEmpty {
                // Definitions that came back are served a moment later; their objects follow.
                let isWaiting = handled.contains { $0.resource == "customresourcedefinitions" }
                if isWaiting, waits < 50, plan.left.contains(where: { $0.why == "its kind is not served" }) {
                    waits += 1
                    Thread.sleep(forTimeInterval: 0.1)
                    continue
                }
                left = Self.left(plan.left).elements + left
                break
            }
            let (rights, evidence) = try askRights(exchange, due, snapshot.catalog)
            let batch = Array(due.prefix(Self.rewoundPerEventMax))
            let done = handled
            var amendment = amendment(exchange, rights) { ground throws(APIError) in
                // Nothing happened to these objects meanwhile, as a rule: then the plan stands.
                if batch.allSatisfy({
                    ground.state.object($0.key)?.revision == snapshot.state.object($0.key)?.revision
                }) {
                    return batch
                }
                let plan = rewind.plan(on: ground.state) { ground.catalog.stored($0) != nil }
                return Array(plan.writes.filter { !done.contains($0.key) }.prefix(Self.rewoundPerEventMax))
            }
            amendment.skipsRefused = isPartial
            let decision: Decision
            if isDryRun {
                decision = try trial(amendment)
                items += try self.items(decision.changes, snapshot.catalog) {
                    snapshot.state.object($0.key)?.document
                }.elements
            } else {
                var reasons: JSON = ["rewind": told["to"] ?? .null, "rights": evidence]
                reasons["namespace"] = told["namespace"]
                let (settled, revision) = try write(exchange, amendment, reasons)
                decision = settled
                if revision > 0 { revisions.append(.int(Int64(revision))) }
                items += try self.items(decision.changes, snapshot.catalog, before: replaced).elements
            }
            left += (decision.answer["refused"]?.elements ?? []).map {
                ["object": $0["object"] ?? "", "why": $0["message"] ?? ""]
            }
            handled.formUnion(batch.map(\.key))
            if isDryRun, due.count == batch.count { break }
        }
        told["items"] = .array(items)
        told["left"] = .array(left)
        told["revisions"] = .array(revisions)
        if revisions.isEmpty { note(exchange, code: 200) }
        exchange.answer(200, told.encoded())
    }
}
