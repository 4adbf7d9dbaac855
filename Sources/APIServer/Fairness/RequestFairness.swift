import Access
import ClusterState
import Dispatch
import Engine
import FlowControl
import Records
import Requests
import Schema
import Synchronization

/// Priority and fairness at work: gives every request a seat, a place in a queue, or a refusal.
final class RequestFairness: Sendable {
    private struct Waiting {
        let exchange: Exchange
        let server: APIServer
    }
    private struct Desk {
        var dispatcher: FlowDispatcher
        /// Who waits, by the numbers that the dispatcher knows them by.
        var waiting: [Int: Waiting] = [:]
        var lastNumber = 0
    }
    private let desk: Mutex<Desk>
    private let handle = Mutex<(any FollowHandle)?>(nil)
    private let sweeps = Atomic<Bool>(false)
    private let sweeper = DispatchQueue(label: "reckon-fairness")
    private let engine: Engine
    private let status: FlowSchemaStatus
    private let statusWork = WorkQueue("reckon-flow-schemas", threads: 1)
    private let mutating = Atomic<Int>(0)
    private let reading = Atomic<Int>(0)

    init(_ engine: Engine) {
        self.engine = engine
        status = FlowSchemaStatus(engine: engine)
        desk = Mutex(
            Desk(dispatcher: FlowDispatcher(FlowConfiguration(engine.state, serverSeats: Limits.serverSeats))))
    }

    /// Follows changes of the configuration.
    func start() {
        let (state, handle) = engine.follow { [self] events, state in
            let isChanged = events.contains { $0.changes.contains { FlowConfiguration.concerns(group: $0.key.group) } }
            guard isChanged else { return }
            configure(state)
            let cause = events.last?.revision
            statusWork.run { [self] in status.settle(engine.state, cause: cause) }
        }
        configure(state)
        // Before the first request: who looks finds what a server that has run for long would show.
        status.settle(state, cause: nil)
        self.handle.withLock { $0 = handle }
    }
    func stop() { handle.withLock { $0?.cancel() } }

    private func configure(_ state: ClusterState) {
        let configuration = FlowConfiguration(state, serverSeats: Limits.serverSeats)
        desk.withLock { $0.dispatcher.configure(configuration) }
    }

    /// Lets a request in (true), or keeps it for later, or refuses it; then it has been, or will be, dealt with.
    func admit(_ exchange: Exchange, _ attributes: AccessAttributes, seats: Int, by server: APIServer) -> Bool {
        let now = steadyMicroseconds()
        let (arrival, uids, isFirst) = desk.withLock { desk in
            let found = desk.dispatcher.configuration.classify(attributes)
            let uids = FlowUIDs(
                schema: desk.dispatcher.configuration.schemas[found.schema].uid,
                level: desk.dispatcher.configuration.levels[found.level].uid)
            desk.lastNumber += 1
            let arrival = desk.dispatcher.arrive(attributes, found, seats: seats, now: now, desk.lastNumber)
            if case .wait = arrival { desk.waiting[desk.lastNumber] = Waiting(exchange: exchange, server: server) }
            return (arrival, uids, desk.waiting.count == 1)
        }
        exchange.flow = uids
        switch arrival {
        case .run(let ticket):
            exchange.seat = Seat(ticket, self, isMutating: !exchange.info.isReadOnly)
            return true
        case .wait:
            if isFirst { sweepLater() }
            return false
        case .refuse:
            server.refuseForLoad(exchange)
            return false
        }
    }

    fileprivate func finish(_ ticket: FlowTicket) {
        let ready = desk.withLock { desk in
            desk.dispatcher.finish(ticket, now: steadyMicroseconds()).compactMap { number, ticket in
                desk.waiting.removeValue(forKey: number).map { ($0, ticket) }
            }
        }
        for (waiting, ticket) in ready {
            waiting.exchange.responder.eventLoop.execute {
                waiting.exchange.seat = Seat(ticket, self, isMutating: !waiting.exchange.info.isReadOnly)
                waiting.server.resume(waiting.exchange)
            }
        }
    }

    /// While something waits: looks each second for what has waited too long.
    private func sweepLater() {
        guard !sweeps.exchange(true, ordering: .relaxed) else { return }
        sweeper.asyncAfter(deadline: .now() + 1) { [self] in
            sweeps.store(false, ordering: .relaxed)
            let (late, isWaiting) = desk.withLock { desk in
                let numbers = desk.dispatcher.expire(before: steadyMicroseconds() - Limits.queueWaitMicrosecondsMax)
                return (numbers.compactMap { desk.waiting.removeValue(forKey: $0) }, !desk.waiting.isEmpty)
            }
            for waiting in late { waiting.server.refuseForLoad(waiting.exchange) }
            if isWaiting { sweepLater() }
        }
    }

    fileprivate func seated(_ change: Int, isMutating: Bool) {
        if isMutating { mutating.add(change, ordering: .relaxed) } else { reading.add(change, ordering: .relaxed) }
    }
    /// Requests that hold a seat now.
    var inFlight: (mutating: Int, reading: Int) {
        (mutating.load(ordering: .relaxed), reading.load(ordering: .relaxed))
    }

    /// Numbers for metrics.
    var report: FlowReport { desk.withLock { $0.dispatcher.report } }
}

/// The two UIDs that answers name.
struct FlowUIDs: Sendable {
    let schema: String
    let level: String
}

/// A seat that is held; given back when it goes.
struct Seat: ~Copyable {
    private let ticket: FlowTicket
    private let fairness: RequestFairness
    private let isMutating: Bool
    init(_ ticket: FlowTicket, _ fairness: RequestFairness, isMutating: Bool) {
        self.ticket = ticket
        self.fairness = fairness
        self.isMutating = isMutating
        fairness.seated(1, isMutating: isMutating)
    }
    deinit {
        fairness.seated(-1, isMutating: isMutating)
        fairness.finish(ticket)
    }
}

extension APIServer {
    /// Whether the request may go on now. Streams to elsewhere take no seat: they last as long as their clients like.
    func admitted(_ exchange: Exchange, _ attributes: AccessAttributes) -> Bool {
        let info = exchange.info
        if info.isLongRunning, info.verb != "watch" { return true }
        return fairness.admit(exchange, attributes, seats: seats(info), by: self)
    }

    /// A list takes more seats the more objects it may have to look at.
    private func seats(_ info: RequestInfo) -> Int {
        guard info.verb == "list" || (info.verb == "watch" && info.query["sendInitialEvents"] == "true") else {
            return 1
        }
        let snapshot = engine.snapshot
        guard let type = snapshot.catalog.resource(apiVersion: info.apiVersion, info.resource) else { return 1 }
        var count = snapshot.state.count(type.store)
        if let limit = info.query["limit"].flatMap({ Int($0) }), limit > 0 { count = min(count, limit &* 2) }
        return 1 + (max(0, count - 1)) / Limits.listObjectsPerSeat
    }

    /// A request that waited has a seat now.
    func resume(_ exchange: Exchange) {
        guard !exchange.responder.isClosed else {
            note(exchange, code: 499, reason: "ClientClosedRequest")
            return
        }
        proceed(exchange, attributes(exchange))
    }

    /// 429: the client should come again. What it sent is let go of at once, its answer leaves in its turn.
    func refuseForLoad(_ exchange: Exchange) {
        note(exchange, code: 429, reason: "TooManyRequests")
        exchange.count(429)
        refusals.answer(
            exchange.responder, user: exchange.authentication.user.name, 429,
            exchange.headers("text/plain; charset=utf-8") + [
                ("x-content-type-options", "nosniff"), ("retry-after", "1"),
            ],
            .text("Too many requests, please try again later.\n"))
    }
}
