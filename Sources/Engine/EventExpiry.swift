import Admission
import ClusterState
import Document
import EventLog
import Records
import Requests
import Schema

/// kube-apiserver's `--event-ttl`: an Event that nobody has written for that long leaves the present. The past and the history keep
/// it. Events whose time ends within one pause go together, as upstream's share a lease.
public final class EventExpiry: Sendable {
    /// Events that one request takes away; upstream hangs as many on one lease.
    static let objectsMax = 1000
    private let task: PeriodicTask

    /// `ttl` in microseconds.
    public init(_ engine: Engine, ttl: Int64) {
        let pause = min(60_000_000, max(1_000_000, ttl / 20))
        let ages = Monitor(RevisionAges())
        task = PeriodicTask {
            let through = ages.with { $0.newest(olderThan: ttl, engine) }
            return engine.expireEvents(through: through, ttl: ttl) ? 1_000_000 : pause
        }
    }

    public func stop() { task.stop() }
}

/// Which revisions are how old: what the log says, and for what it no longer keeps, what was seen here.
private struct RevisionAges {
    private var seen: [(time: Timestamp, revision: UInt64)] = []

    /// The newest revision of at least that age; 0 when none is known.
    mutating func newest(olderThan age: Int64, _ engine: Engine) -> UInt64 {
        let now = engine.now
        let limit = now.adding(microseconds: -age)
        if let old = seen.lastIndex(where: { $0.time <= limit }) { seen.removeFirst(old) }
        seen.append((now, engine.state.revision))
        let remembered = seen[0].time <= limit ? seen[0].revision : 0
        if let floor = engine.floorTime, floor > limit { return remembered }
        return max(remembered, (try? engine.log.revision(at: limit)) ?? 0)
    }
}

extension Engine {
    /// Whether there may be more to take away.
    fileprivate func expireEvents(through: UInt64, ttl: Int64) -> Bool {
        let store = GroupResource(resource: "events")
        let state = state
        guard through > 0, state.count(store) > 0 else { return false }
        guard let expiry = Expiry(of: store, in: state, through: through, limit: EventExpiry.objectsMax) else {
            return false
        }
        let seconds = Double(ttl) / 1e6
        let decision: JSON = [
            "controller": "event-ttl", "why": .string("not written for \(seconds) s"),
            "through": .int(Int64(expiry.through)), "events": .int(Int64(expiry.keys.count)),
        ]
        var random = RandomSequence(seed: UInt64.random(in: .min ... .max))
        let done = Monitor(false)
        enqueue(
            PendingWrite(
                .expiry(expiry),
                request: RequestFacts(
                    auditID: random.uuid(), verb: "deletecollection", path: "/api/v1/events",
                    userAgent: "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/reckon"),
                authentication: AuthenticationFacts(
                    authenticator: "internal",
                    user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"])),
                authorization: AuthorizationFacts(verdict: .allowed, authorizer: "internal", reason: "--event-ttl"),
                reasons: decision.encoded()
            ) { _ in
                done.signal {
                    $0 = true
                    return true
                }
            })
        done.wait(until: { $0 }, timeout: { _ in nil }, then: { _ in })
        return expiry.keys.count >= EventExpiry.objectsMax
    }
}
