public import Admission
import Dispatch
import Document
import Records
public import Requests
import Schema
import Synchronization

/// Calls servers outside: what a decision needs of them is asked before it is taken.
public protocol OutsideCaller: Sendable {
    /// Asks all at once; `done` is called once, from any thread, with one answer for each call. A server that does not answer in the
    /// call's time has failed: `done` comes in any case.
    func ask(_ calls: [WebhookCall], _ done: @escaping @Sendable ([WebhookAnswer]) -> Void)
}

/// What is asked outside.
public enum OutsideScope: Sendable {
    /// Admission webhooks, and those that convert custom resources.
    case everything
    /// Only how custom resources look at other versions.
    case conversions
}

/// Who calls out for an engine, and what is under way.
final class Outside: Sendable {
    private struct State {
        var caller: (any OutsideCaller)?
        var underWay = 0
    }
    private let state = Mutex(State())
    /// Whether there is a caller; looked at for every write.
    private let present = Atomic<Bool>(false)
    private let admission = Atomic<Bool>(false)
    let queue = DispatchQueue(label: "reckon-gather", attributes: .concurrent)

    /// Requests that wait for answers at most; beyond, clients are told 429.
    static let underWayMax = 2000
    /// How often a request is asked about again because its object changed meanwhile.
    static let roundsMax = 5
    /// Microseconds that all calls of one request may take together.
    static let requestMicroseconds: Int64 = 60_000_000

    var isThere: Bool { present.load(ordering: .acquiring) }
    /// Whether admission webhooks are heard.
    var asksAdmission: Bool { admission.load(ordering: .acquiring) }
    var caller: (any OutsideCaller)? { state.withLock { $0.caller } }
    func set(_ caller: (any OutsideCaller)?, _ scope: OutsideScope) {
        state.withLock { $0.caller = caller }
        admission.store(caller != nil && scope == .everything, ordering: .releasing)
        present.store(caller != nil, ordering: .releasing)
    }
    func begin() -> Bool {
        state.withLock { state in
            guard state.underWay < Self.underWayMax else { return false }
            state.underWay += 1
            return true
        }
    }
    func end() { state.withLock { $0.underWay -= 1 } }
}

/// Gather, then decide: a request that webhooks are meant for is decided on the newest state as a trial, they are asked about the outcome,
/// and it is decided again with their answers, until no question is left. Then it queues like every other write, answers in hand; the
/// writer never waits. When the object has changed since, the answers no longer fit, the writer says so and the round begins anew.
extension Engine {
    /// From now on webhooks are called. Before that, the server's own first objects are no webhook's business.
    public func callOutside(with caller: (any OutsideCaller)?, about scope: OutsideScope = .everything) {
        outside.set(caller, scope)
    }

    /// Whether the newest configurations may mean this write. One that is not gathered for, but should have been, comes back.
    func mustGather(_ write: PendingWrite) -> Bool {
        guard outside.asksAdmission else { return false }
        let webhooks = snapshot.webhooks
        if webhooks.isEmpty { return false }
        switch write.work {
        case .command(let command): return webhooks.mayConcern(command.type)
        case .amendment: return true
        case .expiry: return false
        }
    }

    func gather(_ write: PendingWrite) {
        @Sendable func queue(_ work: PendingWrite.Work, _ outcome: Result<Decision, Unsettled>) {
            var write = write
            write.work = work
            // A refusal of the trial may be out of date: the writer finds its own.
            if case .failure(let refusal) = outcome, refusal.isFinal { write.refusal = refusal.refusal.error }
            enqueue(write)
        }
        switch write.work {
        case .command(let command): settle(command) { queue(.command($0), $1) }
        case .amendment(let amendment): settle(amendment) { queue(.amendment($0), $1) }
        case .expiry: enqueue(write)
        }
    }

    /// The writer found that answers are missing: on its own thread, which goes on at once.
    func gatherAgain(_ write: PendingWrite) {
        var again = write
        again.rounds += 1
        guard outside.isThere, again.rounds <= Outside.roundsMax else {
            again.refusal = Self.outOfTime(write.work)
            enqueue(again)
            return
        }
        let next = again
        outside.queue.async { [self] in gather(next) }
    }

    /// Asks admission about something that is not stored (`WriteCommand.Verb.connect`), webhooks included. `done` is called from any
    /// thread; nothing is recorded.
    public func consult(_ command: WriteCommand, _ done: @escaping @Sendable (Result<Decision, Refusal>) -> Void) {
        settle(command) { _, outcome in
            switch outcome {
            case .success(let decision): done(.success(decision))
            case .failure(let failure): done(.failure(failure.refusal))
            }
        }
    }

    /// Answers never fitted: what they were about changed each time.
    private static func outOfTime(_ work: PendingWrite.Work) -> APIError {
        switch work {
        case .command(let command):
            .conflict(
                command.type.groupResource, command.name,
                "the object has been modified; please apply your changes to the latest version and try again")
        case .amendment, .expiry:
            APIError(
                code: 409, reason: "Conflict",
                message:
                    "nothing was changed: the objects were modified while webhooks were asked about them, try again")
        }
    }

    struct Unsettled: Error {
        var refusal: Refusal
        /// Whether it is one of the gathering itself, which the writer would not find.
        var isFinal = false
    }

    static let tooManyWait = Unsettled(
        refusal: Refusal(
            error: APIError(
                code: 429, reason: "TooManyRequests",
                message: "too many requests wait for webhooks, please try again later", retryAfterSeconds: 1)),
        isFinal: true)
    static let tooLate = Unsettled(
        refusal: Refusal(
            error: APIError(
                code: 504, reason: "Timeout",
                message: "Timeout: request did not complete within requested timeout - context deadline exceeded")),
        isFinal: true)

    /// Decides on trial until nothing is left to ask.
    private func settle(
        _ command: WriteCommand, _ done: @escaping @Sendable (WriteCommand, Result<Decision, Unsettled>) -> Void
    ) {
        guard outside.begin() else { return done(command, .failure(Self.tooManyWait)) }
        var first = command
        // What was answered already bears the moment of its asking.
        if command.answers.isEmpty { first.now = max(now, snapshot.state.time) }
        let started = steadyMicroseconds()
        let begun = first
        outside.queue.async { [self] in
            advance(begun, started) { [self] command, outcome in
                outside.end()
                done(command, outcome)
            }
        }
    }

    /// What a trial is decided on: the newest state, and the webhooks that are heard.
    var ground: DecisionGround {
        let snapshot = self.snapshot
        return DecisionGround(
            state: snapshot.state, catalog: snapshot.catalog, settings: settings,
            webhooks: outside.asksAdmission ? snapshot.webhooks : .none)
    }

    private func advance(
        _ command: WriteCommand, _ started: Int64,
        _ done: @escaping @Sendable (WriteCommand, Result<Decision, Unsettled>) -> Void
    ) {
        let ground = self.ground
        do throws(Refusal) {
            done(command, .success(try Requests.decide(command, on: ground)))
        } catch {
            guard !error.wanted.isEmpty, let caller = outside.caller else {
                return done(command, .failure(Unsettled(refusal: error)))
            }
            if steadyMicroseconds() - started > Outside.requestMicroseconds {
                return done(command, .failure(Self.tooLate))
            }
            caller.ask(error.wanted) { [self] answers in
                var next = command
                next.answers += answers
                let informed = next
                outside.queue.async { [self] in advance(informed, started, done) }
            }
        }
    }
}
