import Access
public import Admission
import ClusterState
import Document
public import Engine
import EventLog
public import HTTPEdge
import History
public import Identity
public import Logging
public import NIOCore
public import NIOHTTP1
import Records
public import Requests
import Schema
import Synchronization

/// The API server: answers every HTTP request from the engine's state, by way of authentication, authorization and the routes.
public final class APIServer: EdgeHandler {
    let engine: Engine
    let authenticator: Authenticator
    let tokens: ServiceAccountTokens
    let version: ServerVersion
    let settings: ClusterSettings
    let logger: Logger
    let metrics = RequestMetrics()
    let streamMetrics = StreamMetrics()
    /// The seed of the last audit id.
    private let auditIDs = Atomic<UInt64>(UInt64.random(in: .min ... .max))
    /// Whether the server is about to end: readiness fails.
    private let stopping = Atomic<Bool>(false)
    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    /// What other parts of the process say of themselves in the status and the metrics.
    public let reports = StatusReports()
    private let definitions: CustomResourceLifecycle
    let fairness: RequestFairness
    let refusals = HeldRefusals()
    let clients: OutsideClients
    let conversions: Conversions
    let availability: AvailabilityLoop
    let openAPIDocuments = OpenAPIDocuments()
    let usageCatalogs = UsageCatalogs()
    /// Counts of the log for timelines.
    let activity: ActivityReader
    /// Where reads that may take long run: past states, big lists.
    private let pastReaders = WorkQueue("reckon-past", threads: 2)
    /// What runs pods here, for logs, exec and port-forward; nil without nodes.
    public let nodes: NodeRegistry
    /// The certificate (PEM) that clients of this server see; empty where that is another's to say.
    let servingCertificate: [UInt8]
    /// Set when the server only shows a log.
    let shown: ShownLog?
    /// In a fork, who made it: may do anything there.
    private let owner: String?
    /// Whether this serves a fork, from which nothing outside is called.
    var isFork: Bool { owner != nil }
    let captures = CaptureFiles()
    private let forkKeeper = Mutex<(any ForkKeeper)?>(nil)
    /// Where undo, undelete and rewind read the log and wait for webhooks: reads of the past do not wait behind them.
    let amenders = WorkQueue("reckon-amendments", threads: 2)
    /// Where forks are started, made and removed: never on an event loop.
    let forkStarts = WorkQueue("reckon-forks", threads: 2)

    /// `frontProxy` is what this server shows to aggregated ones.
    public init(
        engine: Engine, authenticator: Authenticator, tokens: ServiceAccountTokens, settings: ClusterSettings,
        version: ServerVersion,
        nodes: NodeRegistry, group: any EventLoopGroup, frontProxy: KeyPair?, shown: ShownLog? = nil,
        logger: Logger, owner: String? = nil, servingCertificate: [UInt8] = []
    ) {
        self.servingCertificate = servingCertificate
        self.owner = owner
        self.tokens = tokens
        self.version = version
        self.engine = engine
        self.authenticator = authenticator
        self.settings = settings
        self.nodes = nodes
        self.shown = shown
        self.logger = logger
        activity = ActivityReader(engine)
        clients = OutsideClients(
            group: group, frontProxy: frontProxy.map { ($0.certificateBytes, $0.privateKeyBytes) })
        definitions = CustomResourceLifecycle(engine)
        fairness = RequestFairness(engine)
        // A fork changes nothing but itself: nobody outside hears of it. Admission webhooks are passed over there, a conversion that
        // would need one fails, and whether aggregated servers are there stays as it was.
        let caller: any OutsideCaller =
            owner == nil ? WebhookCaller(engine: engine, clients: clients, logger: logger) : ForkSilence()
        conversions = Conversions(caller)
        availability = AvailabilityLoop(engine, clients, logger)
        guard shown == nil else { return }
        engine.callOutside(with: caller, about: owner == nil ? .everything : .conversions)
        definitions.start()
        fairness.start()
        if owner == nil { availability.start() }
    }

    /// Ends what the server does by itself.
    public func stop() {
        stopping.store(true, ordering: .relaxed)
        definitions.stop()
        fairness.stop()
        availability.stop()
        clients.shutdown()
    }

    /// Serves forks under `/fork/NAME/` from now on.
    public func keepForks(_ keeper: any ForkKeeper) { forkKeeper.withLock { $0 = keeper } }
    var forks: (any ForkKeeper)? { forkKeeper.withLock { $0 } }
    /// Nobody has a watch or another stream open here.
    public var isUnwatched: Bool { streamMetrics.open.allSatisfy { $0.count == 0 } }

    /// Whether this is a fork that the user made.
    func ownsFork(_ user: UserInfo) -> Bool { owner != nil && user.name == owner }

    /// Whether the user may, by the rules of the newest state.
    func allows(_ attributes: AccessAttributes) -> AuthorizationFacts {
        if ownsFork(attributes.user) {
            return AuthorizationFacts(verdict: .allowed, authorizer: "Fork", reason: "made this fork")
        }
        return engine.authorize(attributes)
    }

    /// Runs a read that may take long off the event loop.
    func inPast(_ work: @escaping @Sendable () -> Void) { pastReaders.run(work) }

    // MARK: the way of a request

    /// What another server answers goes to it as it comes, however long it is.
    public func takesStream(_ method: HTTPMethod, _ uri: String) -> Bool {
        let aggregated = engine.snapshot.aggregated
        let mayBeProxied = Self.mentionsProxy(uri)
        guard mayBeProxied || !aggregated.isEmpty else { return false }
        let info = RequestInfo(method: method.rawValue, target: uri)
        if mayBeProxied, info.isConnect, info.subresource == "proxy" { return true }
        return shown == nil && aggregated.service(for: info.path) != nil
    }

    /// Whether the text may be the path of a proxy: most are not, and are told by their bytes.
    private static func mentionsProxy(_ uri: String) -> Bool {
        var matched = 0
        let wanted: StaticString = "/proxy"
        for byte in uri.utf8 {
            if byte == UInt8(ascii: "?") { return false }
            if byte == wanted.utf8Start[matched] {
                matched += 1
                if matched == wanted.utf8CodeUnitCount { return true }
            } else {
                matched = byte == wanted.utf8Start[0] ? 1 : 0
            }
        }
        return false
    }

    public func handle(_ request: EdgeRequest, _ responder: EdgeResponder) {
        let auditID =
            request.headers["audit-id"].flatMap { $0.utf8.count <= Limits.auditIDBytesMax ? $0 : nil } ?? newAuditID()
        if handleFork(request, responder, auditID) { return }
        serve(request, responder, nil, auditID)
    }

    /// An id that no other request of this process has; it is no secret, so that the system need not be asked for each.
    private func newAuditID() -> String {
        var random = RandomSequence(seed: auditIDs.wrappingAdd(1, ordering: .relaxed).newValue)
        return random.uuid()
    }

    /// Serves a request; `identity` is who asks when another server has established it.
    func serve(
        _ request: EdgeRequest, _ responder: EdgeResponder, _ identity: AuthenticationFacts?, _ auditID: String
    ) {
        let (target, when) = Self.splitPast(request.uri)
        let info = RequestInfo(method: request.method.rawValue, target: target)
        var past: PastMoment?
        if let when {
            guard let moment = PastMoment(PercentEncoding.decode(when.utf8, plusIsSpace: false) ?? String(when)) else {
                Exchange(request, responder, info: info, past: nil, auditID: auditID).answer(
                    .badRequest(
                        "\"\(when)\" is no moment: give /at/ a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m)"
                    ))
                return
            }
            past = moment
        }
        let exchange = Exchange(request, responder, info: info, past: past, auditID: auditID)
        exchange.metrics = metrics
        if past == nil, identity == nil, servePage(exchange) { return }
        if let identity {
            exchange.authentication = identity
        } else if !isWellFormed(exchange) || !identify(exchange) {
            return
        }
        guard impersonate(exchange) else { return }
        let attributes = attributes(exchange)
        if admitted(exchange, attributes) { proceed(exchange, attributes) }
    }

    /// Goes on with a request that has a seat.
    func proceed(_ exchange: Exchange, _ attributes: AccessAttributes) {
        guard authorize(exchange, attributes) else { return }
        if refusedByShownLog(exchange) { return }
        if exchange.past != nil {
            handlePast(exchange)
            return
        }
        if shown != nil { warnOfShownLog(exchange, at: engine.now) }
        do throws(APIError) {
            let snapshot = engine.snapshot
            try route(exchange, snapshot, now: presentTime(snapshot.state))
        } catch {
            fail(exchange, error)
        }
    }

    /// `/at/WHEN/rest` → (`/rest`, WHEN).
    private static func splitPast(_ uri: String) -> (String, Substring?) {
        guard uri.utf8.starts(with: "/at/".utf8) else { return (uri, nil) }
        let rest = uri.dropFirst(4)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let tail = rest[end...]
        return (tail.isEmpty ? "/" : String(tail), rest[..<end])
    }

    /// Answers with a refusal and notes it; a denial is on the disk first.
    func fail(_ exchange: Exchange, _ error: APIError) {
        note(exchange, code: error.code, reason: error.reason)
        exchange.answer(error)
    }

    /// Notes a request that changed nothing.
    func note(_ exchange: Exchange, code: Int, reason: String = "", whenDurable: (@Sendable () -> Void)? = nil) {
        let entry = AccessEntry(
            revision: exchange.shownRevision ?? engine.snapshot.revision, request: exchange.facts(),
            authentication: exchange.authentication, authorization: exchange.authorization,
            admission: exchange.admission, outcome: Outcome(code: code, reason: reason))
        engine.note(entry, whenDurable: whenDurable)
    }
}
