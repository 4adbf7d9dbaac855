import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
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
        inPast { [self] in
            do throws(APIError) {
                let moment = try revision(of: exchange.past!)
                exchange.shownRevision = moment
                if info.verb == "watch" {
                    try watchPast(exchange, from: moment)
                    return
                }
                let state = try engine.pastState(at: moment)
                try route(exchange, Snapshot(of: state), now: pastTime(exchange.past!, state))
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// The revision that was the newest at a moment.
    private func revision(of moment: PastMoment) throws(APIError) -> UInt64 {
        let newest = engine.snapshot.revision
        switch moment {
        case .revision(let revision):
            guard revision <= newest else {
                throw APIError(
                    code: 404, reason: "NotFound",
                    message: "revision \(revision) has not happened yet: the newest is \(newest)")
            }
            if revision < engine.floor {
                throw .gone("revision \(revision) is no longer kept: history begins at \(engine.floor)")
            }
            return revision
        case .time(let time): return try revision(at: time)
        case .ago(let micros): return try revision(at: engine.now.adding(microseconds: -micros))
        }
    }

    private func revision(at time: Timestamp) throws(APIError) -> UInt64 {
        let found = try engine.reading { log throws(LogError) in try log.revision(at: time) }
        if found == 0 || found < engine.floor {
            throw .gone("nothing is known of \(time.rfc3339): history begins later")
        }
        return found
    }

    /// The moment that ages count from: the one asked for, or that of the revision.
    private func pastTime(_ moment: PastMoment, _ state: ClusterState) -> Timestamp {
        switch moment {
        case .revision: state.time
        case .time(let time): time
        case .ago(let micros): engine.now.adding(microseconds: -micros)
        }
    }

    /// Plays history on from a moment: its state first, unless a later version is named, then what followed, into the present.
    private func watchPast(_ exchange: Exchange, from moment: UInt64) throws(APIError) {
        let state = try engine.pastState(at: moment)
        let snapshot = Snapshot(of: state)
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

    /// The state at a revision; 410 below the floor. Blocks: not for event loops.
    func pastState(at revision: UInt64) throws(APIError) -> ClusterState {
        let snapshot = snapshot
        if snapshot.revision == revision { return snapshot.state }
        return try reading { log throws(LogError) in try log.state(at: revision) }
    }
}
