public import Access
public import Admission
public import ClusterState
public import Document
public import EventLog
public import Logging
public import Records
public import Requests
public import Schema

/// The one writer. Requests that may change the cluster queue here; a batch at a time is decided, appended to the log, made durable,
/// and only then published to readers, watchers, loops and the clients that wait.
///
///     submit ─► queue ─► writer: decide… append, commit ─► publisher: snapshot, answers, watches, followers
///     note   ─► queue ─┘ (the access stream rides along, at most 50 ms late)
public final class Engine: Sendable {
    public struct Limits: Sendable {
        /// Writes decided into one commit at most.
        public var batchWritesMax = 512
        /// Writes that wait at most; beyond, clients are told 429.
        public var queuedWritesMax = 20_000
        /// The longest object that is stored: etcd's limit.
        public var objectBytesMax = 1_572_864
        /// Microseconds that an answered read may stay off the disk.
        public var accessDelayMicroseconds: Int64 = 50_000
        /// Events after which the log is asked whether a checkpoint is due, at least.
        public var checkpointEvents: UInt64 = 20_000
        public init() {}
    }

    let log: any EventLog
    let settings: ClusterSettings
    let limits: Limits
    let logger: Logger
    let queue = Monitor(WriteQueue())
    let publications = Monitor(PublicationQueue())
    let published: Monitor<Snapshot>
    let authorizer: Monitor<Authorizer>
    let hub: WatchHub
    let followers = Monitor(Followers())
    let threads = Monitor([EngineThread]())
    let checkpointing = Monitor(false)
    let outside = Outside()
    let meter = Monitor(EngineMeters())
    /// What nodes and pods use now.
    public let usage = UsageBoard()

    /// Starts with what the log recovered.
    public init(
        log: any EventLog, recovered: ClusterState, settings: ClusterSettings, limits: Limits = Limits(), logger: Logger
    ) {
        self.log = log
        var settings = settings
        settings.compiled = CompiledMemory()
        self.settings = settings
        self.limits = limits
        self.logger = logger
        let start = Snapshot(of: recovered)
        published = Monitor(start)
        authorizer = Monitor(Authorizer(recovered))
        hub = WatchHub(revision: recovered.revision)
    }

    /// Starts the writer and the publisher.
    public func start() {
        let first = snapshot
        let writer = EngineThread { [self] in WriterLoop(self, first).run() }
        let publisher = EngineThread { [self] in publish() }
        threads.with { $0 = [writer, publisher] }
    }

    /// Writes what is queued, makes it durable, and stops. Later submissions are refused.
    public func stop() {
        queue.signal {
            $0.isStopping = true
            return true
        }
        let running = threads.with { threads in
            defer { threads = [] }
            return threads
        }
        running.first?.join()
        publications.signal {
            $0.isStopping = true
            return true
        }
        running.dropFirst().forEach { $0.join() }
    }

    /// The newest durable state and what goes with it.
    public var snapshot: Snapshot { published.with { $0 } }

    /// Whether the user may, by the rules of the newest state.
    public func authorize(_ request: AccessAttributes) -> AuthorizationFacts {
        let state = snapshot.state
        return authorizer.with { $0.authorize(request, state) }
    }

    /// The rules of the newest state.
    public var accessRules: AccessRules { authorizer.with { $0.rules } }

    /// Microseconds of the wall clock now.
    public var now: Timestamp { Timestamp(microseconds: wallClockMicroseconds()) }

    // MARK: requests

    /// Queues a write; `reply` is called once, on the publisher's thread, when it is durable or refused. One that servers outside
    /// must be asked about waits for them first.
    public func submit(_ write: PendingWrite) {
        if mustGather(write) { gather(write) } else { enqueue(write) }
    }

    func enqueue(_ write: PendingWrite) {
        var refused = false
        queue.signal { queue in
            if queue.isStopping || queue.writes.count >= limits.queuedWritesMax {
                refused = true
                return false
            }
            queue.writes.append(write)
            return queue.writes.count == 1
        }
        if refused {
            write.reply(
                .refused(
                    APIError(
                        code: 429, reason: "TooManyRequests",
                        message: "too many writes are waiting, please try again later",
                        retryAfterSeconds: 1), warnings: []))
        }
    }

    /// Queues several writes at once, so that they share commits.
    public func submit(_ all: [PendingWrite]) {
        var writes = all
        if outside.asksAdmission, !snapshot.webhooks.isEmpty {
            writes = all.filter { !mustGather($0) }
            if writes.count < all.count { for write in all where mustGather(write) { gather(write) } }
            if writes.isEmpty { return }
        }
        var isStopping = false
        queue.signal { queue in
            isStopping = queue.isStopping
            if !isStopping { queue.writes += writes }
            return !isStopping
        }
        guard isStopping else { return }
        let error = APIError(code: 503, reason: "ServiceUnavailable", message: "the server is stopping")
        for write in writes { write.reply(.refused(error, warnings: [])) }
    }

    /// Notes a request that changed nothing. `whenDurable` is given for answers that must wait for the disk (denials, failed logins).
    public func note(_ entry: AccessEntry, whenDurable: (@Sendable () -> Void)? = nil) {
        queue.signal { queue in
            if queue.access.isEmpty {
                queue.accessSince = steadyMicroseconds()
                queue.access.reserveCapacity(queue.accessRoom)
            }
            queue.access.append(entry)
            if let whenDurable { queue.waiters.append(whenDurable) }
            return whenDurable != nil || queue.access.count == 1
        }
    }
}

/// A write on its way to the log, with the evidence that its event will hold.
public struct PendingWrite: Sendable {
    public enum Reply: Sendable {
        /// Durable (or without effect): the decision and the revision of its event; 0 when nothing changed.
        case decided(Decision, revision: UInt64)
        case refused(APIError, warnings: [String])
    }
    /// What it asks for: one write, or several that happen together.
    public enum Work: Sendable {
        case command(WriteCommand)
        case amendment(Amendment)
        case expiry(Expiry)

        func decide(on ground: DecisionGround, now: Timestamp) throws(Refusal) -> Decision {
            switch self {
            case .command(var command):
                // What servers outside were asked about bears the moment of the asking.
                if command.answers.isEmpty { command.now = now }
                return try Requests.decide(command, on: ground)
            case .amendment(let amendment): return try amendment.decide(on: ground, now: now)
            case .expiry(let expiry): return expiry.decide(on: ground)
            }
        }
    }
    public var work: Work
    public var request: RequestFacts
    public var authentication: AuthenticationFacts
    public var authorization: AuthorizationFacts
    public var cause: UInt64?
    /// A loop's reasons as JSON text; empty for none.
    public var reasons: [UInt8]
    public var reply: @Sendable (Reply) -> Void
    /// Why it must be refused, found before it came to a decision.
    var refusal: APIError?
    /// How often the answers that were gathered no longer fitted what they were about.
    var rounds = 0

    public init(
        command: WriteCommand, request: RequestFacts, authentication: AuthenticationFacts,
        authorization: AuthorizationFacts,
        cause: UInt64? = nil, reasons: [UInt8] = [], reply: @escaping @Sendable (Reply) -> Void
    ) {
        self.init(
            .command(command), request: request, authentication: authentication, authorization: authorization,
            cause: cause, reasons: reasons, reply: reply)
    }

    public init(
        _ work: Work, request: RequestFacts, authentication: AuthenticationFacts, authorization: AuthorizationFacts,
        cause: UInt64? = nil, reasons: [UInt8] = [], reply: @escaping @Sendable (Reply) -> Void
    ) {
        self.work = work
        self.request = request
        self.authentication = authentication
        self.authorization = authorization
        self.cause = cause
        self.reasons = reasons
        self.reply = reply
    }
}

/// A request of the access stream.
public struct AccessEntry: Sendable {
    /// The revision that the request saw.
    public var revision: UInt64
    public var request: RequestFacts
    public var authentication: AuthenticationFacts
    public var authorization: AuthorizationFacts
    public var admission: [AdmissionFact]
    public var outcome: Outcome
    public init(
        revision: UInt64, request: RequestFacts, authentication: AuthenticationFacts, authorization: AuthorizationFacts,
        admission: [AdmissionFact] = [], outcome: Outcome
    ) {
        self.revision = revision
        self.request = request
        self.authentication = authentication
        self.authorization = authorization
        self.admission = admission
        self.outcome = outcome
    }
}

struct WriteQueue: ~Copyable {
    var writes: [PendingWrite] = []
    var access: [AccessEntry] = []
    /// Entries to make room for: as many as the batch before had, so that the list need not grow step by step.
    var accessRoom = 0
    /// When the oldest of `access` came, by the steady clock.
    var accessSince: Int64 = 0
    var waiters: [@Sendable () -> Void] = []
    var isStopping = false
}
