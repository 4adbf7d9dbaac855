public import ClusterState
public import Document
import Engine
import EventLog
import HTTPEdge
public import History
import Requests
public import Schema

/// A server that only shows a log: what it refuses, and what it says beside its answers.
public struct ShownLog: Sendable {
    /// What it shows, for the refusal of writes: `a recording of https://…`.
    public let title: String
    /// Why what is shown of a resource (nil: of everything) at a moment may not be what was; nil when it is.
    public let notice: @Sendable (_ store: GroupResource?, _ moment: Timestamp, _ newest: ClusterState) -> String?
    /// The stretches of time of which that is so.
    public let gaps: @Sendable (_ newest: ClusterState) -> [ObservationGap]

    public init(
        title: String,
        notice: @escaping @Sendable (_ store: GroupResource?, _ moment: Timestamp, _ newest: ClusterState) -> String?,
        gaps: @escaping @Sendable (_ newest: ClusterState) -> [ObservationGap]
    ) {
        self.title = title
        self.notice = notice
        self.gaps = gaps
    }
}

extension APIServer {
    /// A log into which nothing was written for so long does not go on, in microseconds: nodes and recorders write every ten seconds.
    private static let patience: Int64 = 15_000_000

    /// What ages count from: the clock's time, or, of a shown log that does not go on, when it ended.
    func presentTime(_ newest: ClusterState) -> Timestamp {
        shownEnd(newest) ?? engine.now
    }

    /// When a shown log ended; nil while it goes on.
    func shownEnd(_ newest: ClusterState) -> Timestamp? {
        shown != nil && engine.now.since(newest.time) > Self.patience ? newest.time : nil
    }

    /// Refuses what would change something; true when it did.
    func refusedByShownLog(_ exchange: Exchange) -> Bool {
        guard let shown else { return false }
        let info = exchange.info
        let isReview = info.verb == "create" && ["authorization.k8s.io", "authentication.k8s.io"].contains(info.group)
        if info.isReadOnly || isReview, !info.isConnect, info.subresource != "log" { return false }
        let what =
            info.subresource == "log" || info.isConnect
            ? "containers are not reached from here" : "nothing can be changed"
        fail(
            exchange,
            APIError(code: 405, reason: "MethodNotAllowed", message: "this is \(shown.title), read-only: \(what)"))
        return true
    }

    /// Adds the warning that what is shown at a moment is not certain.
    func warnOfShownLog(_ exchange: Exchange, at moment: Timestamp) {
        guard let shown, exchange.info.isResourceRequest else { return }
        let snapshot = engine.snapshot
        let store = snapshot.catalog.resource(apiVersion: exchange.info.apiVersion, exchange.info.resource)?.store
        if let store, let notice = shown.notice(store, moment, snapshot.state) { exchange.warnings.append(notice) }
    }

    /// The same for a moment of the past. Blocks: not for event loops.
    func warnOfShownLog(_ exchange: Exchange, atRevision revision: UInt64) throws(APIError) {
        guard shown != nil, let past = exchange.past else { return }
        if let time = past.time(now: engine.now) { return warnOfShownLog(exchange, at: time) }
        let time = try engine.reading { log throws(LogError) in try log.time(of: revision) ?? log.floorTime }
        if let time { warnOfShownLog(exchange, at: time) }
    }
}
