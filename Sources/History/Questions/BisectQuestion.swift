import ClusterState
import Document
import Records
import Requests
import Schema

/// `bisect`: the event with which a condition began to hold.
enum BisectQuestion {
    /// `when`, the condition that is bad; `good` (the beginning without it) and `bad` (now without it); `namespace`.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        guard let text = query["when"], !text.isEmpty else { throw .badRequest("when: \(Condition.help)") }
        let condition = try Condition(text, namespace: query["namespace"] ?? "", ground)
        let bad = try ground.revision(query, "bad")
        let good = query["good"] == nil ? ground.past.floor : try ground.revision(query, "good")
        guard good < bad else { throw .badRequest("good: revision \(good) is not before \(bad)") }
        var probes = 1
        guard try condition.holds(at: bad, ground) else {
            let why = try condition.failure(at: bad, ground).map { " (\($0))" } ?? ""
            throw .badRequest("bad: \"\(text)\" does not hold at revision \(bad)\(why): there is nothing to look for")
        }
        let candidates = try condition.candidates(after: good, through: bad, ground)
        guard var search = Bisection(candidates: candidates) else {
            throw .badRequest(
                "good: \"\(text)\" held at revision \(good) already, and nothing it speaks of changed since")
        }
        while let revision = search.next() {
            probes += 1
            search.answer(try condition.holds(at: revision, ground) ? .bad : .good)
        }
        guard case .found(let revision) = search.result else { throw .internalError("the search did not end") }
        // The first of all: was it good before?
        if revision == candidates[0], try condition.holds(at: revision - 1, ground) {
            throw .badRequest("good: \"\(text)\" held at revision \(good) already")
        }
        return [
            "kind": "Bisection", "apiVersion": "reckon.dev/v1", "when": .string(text), "good": .int(Int64(good)),
            "bad": .int(Int64(bad)), "candidates": .int(Int64(candidates.count)), "probes": .int(Int64(probes)),
            "revision": .int(Int64(revision)), "event": try EventQuestion.event(revision, ground),
        ]
    }
}

/// `event`: one event whole, with the fields that it changed and the chain of its causes.
enum EventQuestion {
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let revision = try ground.revision(query, "revision")
        var answer = try event(revision, ground)
        answer["kind"] = "EventExplanation"
        answer["apiVersion"] = "reckon.dev/v1"
        return answer
    }

    static func event(_ revision: UInt64, _ ground: Ground) throws(APIError) -> JSON {
        guard let event = try ground.past.event(revision) else {
            throw .gone("event \(revision) is not kept: history begins at \(ground.past.floor)")
        }
        var objects: [JSON] = []
        var refusal: APIError?
        for change in event.changes {
            if let no = ground.refusal("get", change.key) {
                refusal = no
            } else {
                objects.append(try HistoryQuestion.entry(event, change, ground).json)
            }
        }
        if objects.isEmpty, let refusal { throw refusal }
        return [
            "revision": .int(Int64(revision)), "chain": try Chains.chain(revision, ground), "objects": .array(objects),
        ]
    }
}

/// Chains of causes as answers show them.
enum Chains {
    /// The event and its causes, the root last. What happened to objects that the one who asks may not see is not told.
    static func chain(_ revision: UInt64, _ ground: Ground) throws(APIError) -> JSON {
        let past = ground.past
        let causes = try Causes(of: revision) { (revision: UInt64) throws(APIError) in try past.event(revision) }
        var links = causes.chain.map { event -> JSON in
            if event.changes.contains(where: { ground.refusal("get", $0.key) == nil }) {
                var link = EventSummary.whole(event)
                if causes.impliedOf.contains(event.revision) { link["causeIsImplied"] = true }
                return link
            }
            return [
                "revision": .int(Int64(event.revision)), "time": .string(event.time.rfc3339Micro),
                "summary": "a change that you may not see", "isHidden": true,
            ]
        }
        if causes.isCut, !links.isEmpty { links[links.count - 1]["isCut"] = true }
        return .array(links)
    }
}
