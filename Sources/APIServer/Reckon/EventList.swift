import Document
import Engine
import EventLog
import History
import Records
import Requests
import Schema

/// `/reckon/v1/events`: the events of the journal, oldest first or (`order=newest`) newest first. A request looks at so many events at
/// most, so an answer may hold fewer than `limit` items (or none) and still say `continue`.
extension APIServer {
    static let eventsLimitMax = 1000
    /// Events that one request looks at.
    static let eventsScannedMax = 20_000

    func events(_ exchange: Exchange, _ snapshot: Snapshot, named revision: String?) throws(APIError) {
        if let revision {
            try event(exchange, snapshot, revision)
            return
        }
        let wish = try EventWish(exchange, snapshot)
        let limit = try number(exchange, "limit", default: 100, in: 1...Self.eventsLimitMax)
        inPast { [self] in
            do throws(APIError) {
                var sight = ObjectSight(self, exchange.authentication.user, snapshot)
                let low = max(try momentRevision(exchange, "since") ?? 0, engine.floor) + 1
                let high = try momentRevision(exchange, "until") ?? snapshot.revision
                var scan = EventScan(low: low, high: high, isDescending: wish.isDescending)
                if let token = exchange.info.query["continue"], !token.isEmpty {
                    guard let next = UInt64(token) else {
                        throw .badRequest("continue: \"\(token)\" did not come from an answer of this server")
                    }
                    scan.start(at: next)
                }
                let found = try find(wish, limit, &scan, &sight)
                var answer: JSON = [
                    "kind": "EventList", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(snapshot.revision)),
                    "items": .array(found),
                ]
                if let next = scan.next { answer["continue"] = .string(String(next)) }
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }

    private func find(_ wish: EventWish, _ limit: Int, _ scan: inout EventScan, _ sight: inout ObjectSight)
        throws(APIError) -> [JSON]
    {
        var found: [JSON] = []
        var left = Self.eventsScannedMax
        // Of one object the index of versions names the events.
        if let key = wish.key {
            let versions = try engine.reading { log throws(LogError) in try log.versions(of: key) }
            var revisions = versions.map(\.revision).filter { scan.remaining.contains($0) }
            if scan.isDescending { revisions.reverse() }
            for revision in revisions {
                guard found.count < limit, left > 0 else { return found }
                left -= 20
                let events = try engine.reading { log throws(LogError) in
                    try log.outlines(from: revision, limit: 1, facts: true)
                }
                scan.pass(revision)
                for event in events where event.revision == revision {
                    if let line = wish.line(event, &sight) { found.append(line) }
                }
            }
            scan.end()
            return found
        }
        while left > 0, let piece = scan.piece(ofAtMost: min(2048, left)) {
            var events = try engine.reading { log throws(LogError) in
                try log.outlines(from: piece.lowerBound, limit: piece.count, facts: true)
            }
            left -= piece.count
            if scan.isDescending { events.reverse() }
            for event in events {
                guard found.count < limit else { return found }
                scan.pass(event.revision)
                if let line = wish.line(event, &sight) { found.append(line) }
            }
            scan.pass(scan.isDescending ? piece.lowerBound : piece.upperBound)
        }
        return found
    }

    // MARK: one event

    private func event(_ exchange: Exchange, _ snapshot: Snapshot, _ text: String) throws(APIError) {
        guard let revision = UInt64(text), revision > 0 else {
            throw .badRequest("\"\(text)\" is no revision")
        }
        inPast { [self] in
            do throws(APIError) {
                guard revision > engine.floor else {
                    throw .gone("revision \(revision) is no longer kept: history begins at \(engine.floor + 1)")
                }
                let found = try engine.reading { log throws(LogError) in
                    try log.events(from: revision, limit: 1)
                }
                guard let event = found.first else {
                    throw APIError(
                        code: 404, reason: "NotFound",
                        message: "revision \(revision) has not happened yet: the newest is \(snapshot.revision)")
                }
                var sight = ObjectSight(self, exchange.authentication.user, snapshot)
                let changes = event.changes.filter { sight.mayGet($0.key) }
                guard !changes.isEmpty || event.changes.isEmpty else {
                    throw APIError(
                        code: 403, reason: "Forbidden",
                        message:
                            "User \"\(exchange.authentication.user.name)\" cannot get any of the objects that revision \(revision) changed"
                    )
                }
                var shown = event
                shown.changes = changes
                var answer = EventFields.json(shown, previous: EventBodies(engine, of: event).body)
                answer["kind"] = "Event"
                answer["apiVersion"] = "reckon.dev/v1"
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }
}

/// The bodies before an event.
private struct EventBodies {
    private let engine: Engine
    private let revision: UInt64
    init(_ engine: Engine, of event: EventRecord) {
        self.engine = engine
        revision = event.revision
    }

    func body(before change: Change) -> [UInt8]? {
        guard change.previousRevision > 0 else { return nil }
        return try? engine.reading { log throws(LogError) in
            try log.object(change.key, at: revision - 1)?.body
        }
    }
}

/// Which events a list wants.
private struct EventWish: Sendable {
    var isDescending = false
    var namespace: String?
    var store: GroupResource?
    var name: String?
    var user: String?
    var verb: String?

    init(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let query = exchange.info.query
        func text(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch text("order") {
        case nil, "oldest": break
        case "newest": isDescending = true
        case let other?: throw .badRequest("order: \"\(other)\" is neither oldest nor newest")
        }
        namespace = text("namespace")
        name = text("name")
        user = text("user")
        verb = text("verb")
        if let resource = text("resource") {
            let group = query["group"] ?? ""
            guard let type = snapshot.catalog.resources.first(where: { APIServer.names($0, resource, group) }) else {
                throw .badRequest("no kind of resource is called \"\(resource)\"")
            }
            store = type.store
            if name != nil, !type.isNamespaced { namespace = "" }
            if name != nil, type.isNamespaced, namespace == nil { namespace = "default" }
        }
    }

    /// The one object that is asked about.
    var key: ObjectKey? {
        guard let store, let name, let namespace else { return nil }
        return ObjectKey(group: store.group, resource: store.resource, namespace: namespace, name: name)
    }

    /// The line of an event; nil when it is not wanted or not for these eyes.
    func line(_ event: EventRecord, _ sight: inout ObjectSight) -> JSON? {
        if let user, event.authentication.user.name != user { return nil }
        if let verb, event.request.verb != verb { return nil }
        var isMeant = namespace == nil && store == nil && name == nil
        var seen: [Change] = []
        for change in event.changes {
            guard sight.mayList(change.key.group, change.key.resource, in: change.key.namespace) else { continue }
            seen.append(change)
            if namespace.map({ $0 == change.key.namespace }) ?? true,
                store.map({ $0.group == change.key.group && $0.resource == change.key.resource }) ?? true,
                name.map({ $0 == change.key.name }) ?? true
            {
                isMeant = true
            }
        }
        guard isMeant, !seen.isEmpty else { return nil }
        var shown = event
        shown.changes = seen
        return EventSummary.json(shown)
    }
}

/// Walks a range of revisions up or down, and knows where to go on.
private struct EventScan {
    private(set) var remaining: ClosedRange<UInt64>
    private var isOver: Bool
    let isDescending: Bool

    init(low: UInt64, high: UInt64, isDescending: Bool) {
        remaining = low...max(low, high)
        isOver = low > high
        self.isDescending = isDescending
    }

    /// The first revision that was not looked at; nil at the end.
    var next: UInt64? { isOver ? nil : isDescending ? remaining.upperBound : remaining.lowerBound }

    mutating func start(at revision: UInt64) {
        if isDescending {
            if revision < remaining.upperBound { pass(revision + 1) }
        } else if revision > 0 {
            pass(revision - 1)
        }
    }

    mutating func pass(_ revision: UInt64) {
        if isDescending {
            if revision <= remaining.lowerBound {
                isOver = true
            } else if revision <= remaining.upperBound {
                remaining = remaining.lowerBound...(revision - 1)
            }
        } else {
            if revision >= remaining.upperBound {
                isOver = true
            } else if revision >= remaining.lowerBound {
                remaining = (revision + 1)...remaining.upperBound
            }
        }
    }

    mutating func end() { isOver = true }

    func piece(ofAtMost count: Int) -> ClosedRange<UInt64>? {
        guard !isOver else { return nil }
        let (low, high) = (remaining.lowerBound, remaining.upperBound)
        if isDescending { return (high - low < UInt64(count) ? low : high - UInt64(count) + 1)...high }
        return low...(high - low < UInt64(count) ? high : low + UInt64(count) - 1)
    }
}
