public import Admission
public import ClusterState
import Controllers
public import Document
public import Records
import Requests
import Scheduling
import Schema

/// A run of recorded requests on a state: see the README.
public struct Replay {
    /// How it ended.
    public struct End: Sendable {
        public let state: ClusterState
        /// What happened, from the start state's next revision on.
        public let events: [EventRecord]
        /// Recorded requests from outside that were made again.
        public let requests: Int
        /// Those that could not be, by their recorded revisions, and why.
        public let left: [(revision: UInt64, why: String)]
        /// The loops were still at work when the run was ended.
        public let isUnsettled: Bool
    }

    /// Turns of the loops without a pause after which something is taken to go round for ever.
    private static let turnsMax = 100_000

    let rules: ReplayRules
    let settings: ClusterSettings
    private let start: ClusterState
    var state: ClusterState
    var catalog: Catalog
    var now: Timestamp
    var names = RecordedNames()
    var kubelet = ReplayedKubelet()
    private let identities: [ReplayedIdentity]
    private var controllers: ControllerSet
    private var scheduler: Scheduler
    private(set) var events: [EventRecord] = []
    /// Events that the loops have not seen.
    private var fresh: [EventRecord] = []
    var drawn: UInt64 = 0
    private var requests = 0
    private var left: [(revision: UInt64, why: String)] = []
    private var isUnsettled = false
    /// The recorded versions of objects, as far as the record has been walked.
    private var recorded: [ObjectKey: [UInt8]] = [:]

    public init(from start: ClusterState, rules: ReplayRules, settings: ClusterSettings) {
        self.rules = rules
        self.settings = settings
        self.start = start
        state = start
        catalog = Catalog.serving(start)
        now = start.time
        let authority = start.object(GroupResource(resource: "configmaps"), "kube-system", "kube-root-ca.crt")
        let all = standardControllers(
            caCertificate: authority?.document["data", "ca.crt"]?.string ?? ""
        ).filter { !rules.idle.contains($0.name) }
        identities = all.map(ReplayedIdentity.init)
        controllers = ControllerSet(all, state: start, catalog: catalog, now: now)
        scheduler = Scheduler(state: start, now: now, settings: rules.scheduler)
    }

    /// Runs through the record, which follows the start state without a gap, up to `end`.
    public mutating func run(_ record: [EventRecord], until end: Timestamp) -> End {
        for event in record {
            switch RecordedRole(event) {
            case .loop:
                names.take(event)
                rememberBindings(event)
            case .kubelet(let node): kubelet.expect(event, node)
            case .outside, .expiry: break
            }
        }
        settle()
        for event in record {
            defer { for change in event.changes { recorded[change.key] = change.body } }
            let role = RecordedRole(event)
            switch role {
            case .loop, .expiry: continue
            case .kubelet, .outside: break
            }
            advance(to: event.time)
            if rules.without.contains(event.request.auditID) {
                left.append((event.revision, "left out as asked"))
                continue
            }
            again(event, role)
            settle()
        }
        advance(to: end)
        settle()
        return End(state: state, events: events, requests: requests, left: left, isUnsettled: isUnsettled)
    }

    // MARK: the record

    /// Where equal nodes were chosen among, the record's choice is chosen again.
    private mutating func rememberBindings(_ event: EventRecord) {
        guard event.request.path.hasSuffix("/binding") else { return }
        for change in event.changes where change.key.resource == "pods" {
            scheduler.tieBreaks[change.uid] = (try? JSON(parsing: change.body))?["spec", "nodeName"]?.string
        }
    }

    private mutating func again(_ event: EventRecord, _ role: RecordedRole) {
        var changes: [Change] = []
        for change in event.changes {
            if case .kubelet(let node) = role, !kubelet.fits(change, node, state) { continue }
            let before = recorded[change.key] ?? start.object(change.key)?.body
            guard let made = RecordedChange.again(change, before: before, on: trial(changes)) else {
                if case .outside = role {
                    left.append(
                        (event.revision, "\(change.key.description) is otherwise here: it was not \(change.kind)"))
                }
                continue
            }
            changes.append(made)
        }
        if case .outside = role { requests += changes.isEmpty ? 0 : 1 }
        guard !changes.isEmpty else { return }
        var request = event
        request.cause = nil
        request.changes = changes
        commit(request)
    }

    private func trial(_ changes: [Change]) -> ClusterState { changes.isEmpty ? state : state.provisional(changes) }

    // MARK: the clock and the loops

    /// Lets time pass up to a moment: what becomes due on the way is done when it is.
    private mutating func advance(to moment: Timestamp) {
        var turns = 0
        while let due = [controllers.nextDue, scheduler.nextDue, kubelet.nextDue].compactMap(\.self).min(),
            due < moment
        {
            turns += 1
            if turns > Self.turnsMax {
                isUnsettled = true
                break
            }
            // Always a little further, or what is due but not done would hold the clock.
            now = max(now.adding(microseconds: 1), due)
            if now >= moment { break }
            settle()
        }
        now = max(now, moment)
    }

    /// Drives the loops until none has anything to do.
    private mutating func settle() {
        flush()
        for _ in 0..<Self.turnsMax {
            if let batch = controllers.nextBatch(now: now) {
                let answers = batch.intents.map { send($0, as: identities[batch.controller]) }
                controllers.answered(batch, answers, now: now)
            } else if let batch = scheduler.nextBatch(now: now) {
                let answers = batch.intents.map { send($0, as: .scheduler) }
                scheduler.answered(batch, answers, now: now)
            } else if let intent = kubelet.next(state, now: now) {
                _ = send(intent.intent, as: .node(intent.node))
            } else {
                return
            }
            flush()
        }
        isUnsettled = true
    }

    private mutating func flush() {
        if fresh.isEmpty { return }
        let news = fresh
        fresh = []
        controllers.observe(news, state: state, now: now)
        scheduler.observe(news, state: state, now: now)
        for event in news { kubelet.observe(event) }
    }

    /// The one way in, here too.
    mutating func commit(_ request: EventRecord) {
        var event = request
        event.stream = .journal
        event.revision = state.revision + 1
        event.time = max(now, state.time)
        guard state.problem(with: event) == nil else { return }
        state.apply(event)
        if event.changes.contains(where: { $0.key.resource == "customresourcedefinitions" }) {
            catalog = Catalog.serving(state)
        }
        events.append(event)
        fresh.append(event)
    }
}
