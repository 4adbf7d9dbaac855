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
                let state = try pastState(for: exchange.info, at: moment)
                try route(exchange, Snapshot(of: state), now: pastTime(exchange.past!, state))
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// As much of the state at a revision as answers the request: the whole of it, or what a get or list is about.
    private func pastState(for info: RequestInfo, at revision: UInt64) throws(APIError) -> ClusterState {
        guard info.isResourceRequest, ["get", "list"].contains(info.verb), revision != engine.snapshot.revision
        else { return try engine.pastState(at: revision) }
        let type = Catalog.builtin.resource(apiVersion: info.apiVersion, info.resource)
        return try pastState(
            type, GroupResource(group: info.group, resource: info.resource), namespace: info.namespace,
            name: info.verb == "get" ? info.name : nil, at: revision)
    }

    /// As much of the state at a revision as a list of a kind, everywhere or in one namespace, is made of.
    func listedState(_ group: String, _ resource: String, namespace: String, at revision: UInt64) throws(APIError)
        -> ClusterState
    {
        let type = Catalog.builtin.resources.first { $0.group == group && $0.resource == resource }
        return try pastState(
            type, GroupResource(group: group, resource: resource), namespace: namespace, name: nil, at: revision)
    }

    /// One object of a kind (`name`) or all of a namespace or of everywhere. `type` is nil for what a definition defines.
    private func pastState(
        _ type: ResourceType?, _ store: GroupResource, namespace: String, name: String?, at revision: UInt64
    ) throws(APIError) -> ClusterState {
        var parts: [StatePart] = []
        var store = store
        var namespace = namespace
        if let type {
            store = type.store
            if !type.isNamespaced { namespace = "" }
        } else {
            // What is served under a name, and how, its definition of that time says.
            parts.append(
                .object(
                    ObjectKey(
                        group: "apiextensions.k8s.io", resource: "customresourcedefinitions", namespace: "",
                        name: store.resource + "." + store.group)))
        }
        if let name {
            parts.append(
                .object(ObjectKey(group: store.group, resource: store.resource, namespace: namespace, name: name)))
        } else {
            parts.append(.store(store, namespace: namespace))
        }
        let wanted = parts
        return try engine.reading { log throws(LogError) in try log.excerpt(of: wanted, at: revision) }
    }

    /// The moment that ages count from: the one asked for, or that of the revision.
    private func pastTime(_ moment: PastMoment, _ state: ClusterState) -> Timestamp {
        moment.time(now: engine.now) ?? state.time
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
