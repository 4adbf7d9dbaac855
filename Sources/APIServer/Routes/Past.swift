import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import History
import Records
import Requests
import Schema

/// `/at/{when}/…`: every read, answered from the state of that moment.
extension APIServer {
    func handlePast(_ exchange: Exchange) {
        let info = exchange.info
        let isReview = info.verb == "create" && ["authorization.k8s.io", "authentication.k8s.io"].contains(info.group)
        guard info.isReadOnly || isReview, !info.isConnect, info.subresource != "log" else {
            fail(
                exchange,
                APIError(
                    code: 405, reason: "MethodNotAllowed",
                    message:
                        "the past is read-only: \(info.method) is not possible under /at/; send it to the server's own URL to change the present"
                ))
            return
        }
        if info.verb != "watch" { exchange.responder.onOverdue { [self] in timeOut(exchange) } }
        inPast { [self] in
            // Whoever drags a playhead asks faster than states can be folded, and leaves what is no longer wanted.
            guard !exchange.responder.isClosed else {
                note(exchange, code: 499, reason: "ClientClosedRequest")
                return
            }
            do throws(APIError) {
                let moment = try exchange.past!.revision(in: LogPast(engine.wholeLog), now: engine.now)
                exchange.shownRevision = moment
                if info.verb == "watch" {
                    try watchPast(exchange, from: moment)
                    return
                }
                try warnOfShownLog(exchange, atRevision: moment)
                let snapshot = try pastSnapshot(for: exchange.info, at: moment)
                try route(exchange, snapshot, now: pastTime(exchange.past!, snapshot.state))
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// As much of the moment as the request needs.
    private func pastSnapshot(for info: RequestInfo, at moment: UInt64) throws(APIError) -> Snapshot {
        let snapshot = Snapshot(of: try engine.past(PastParts(for: info), at: moment))
        guard info.isResourceRequest, snapshot.catalog.resource(apiVersion: info.apiVersion, info.resource) == nil
        else {
            return snapshot
        }
        // Whether its group was served at all, the other kinds say.
        return Snapshot(of: try engine.past(.kinds, at: moment))
    }

    /// The moment that ages count from: the one asked for, or that of the revision.
    private func pastTime(_ moment: PastMoment, _ state: ClusterState) -> Timestamp {
        moment.time(now: engine.now) ?? state.time
    }

    /// Plays history on from a moment: its state first, unless a later version is named, then what followed, into the present.
    private func watchPast(_ exchange: Exchange, from moment: UInt64) throws(APIError) {
        let snapshot = try pastSnapshot(for: exchange.info, at: moment)
        guard let type = snapshot.catalog.resource(apiVersion: exchange.info.apiVersion, exchange.info.resource),
            exchange.info.subresource.isEmpty
        else {
            throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        try watch(exchange, type, snapshot)
        note(exchange, code: 200)
    }
}

extension Engine {
    /// The oldest revision that can still be read.
    var floor: UInt64 { logFloor }
    /// As much of the state at a revision as is asked for; nil asks for the whole. Blocks: not for event loops.
    func past(_ parts: PastParts, at revision: UInt64) throws(APIError) -> ClusterState {
        guard let parts = parts.parts, snapshot.revision != revision else { return try pastState(at: revision) }
        return try reading { log throws(LogError) in try log.excerpt(of: parts, at: revision) }
    }
    /// The state at a revision; 410 below the floor. Blocks: not for event loops.
    func pastState(at revision: UInt64) throws(APIError) -> ClusterState {
        let snapshot = snapshot
        if snapshot.revision == revision { return snapshot.state }
        return try reading { log throws(LogError) in try log.state(at: revision) }
    }
}
