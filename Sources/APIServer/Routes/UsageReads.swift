import ClusterState
import Document
import Engine
import Records
import Requests
import Schema
import Synchronization
import Usage

/// `metrics.k8s.io`: get and list of what nodes and pods use now. It is there when a node of this process measures and no APIService names
/// another server for it.
extension APIServer {
    /// Whether this server answers for the metrics API at that snapshot. What was used is not recorded, so the past has none.
    func servesUsage(_ exchange: Exchange, _ snapshot: Snapshot) -> Bool {
        exchange.past == nil && shown == nil && engine.usage.isServed
            && snapshot.aggregated.service(for: UsageAPI.path) == nil
    }

    /// Answers a request for the metrics API; false when it is for something else.
    func routeUsage(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) -> Bool {
        let info = exchange.info
        guard info.group == UsageAPI.group, info.apiVersion == UsageAPI.apiVersion else { return false }
        if exchange.past != nil, engine.usage.isServed {
            throw APIError(
                code: 404, reason: "NotFound",
                message: "what nodes and pods use is not recorded: \(UsageAPI.apiVersion) has no past. "
                    + "What an autoscaler saw stands in its decisions: reckon why")
        }
        guard servesUsage(exchange, snapshot) else { return false }
        guard let type = [UsageAPI.nodes, UsageAPI.pods].first(where: { $0.resource == info.resource }),
            info.subresource.isEmpty, ResourcePath.exists(info, of: type)
        else { throw Self.noSuchResource }
        exchange.isCounted = true
        guard type.verbs.contains(info.verb), ResourcePath.allows(info, of: type), info.method == "GET" else {
            throw Self.notAllowed
        }
        let format = try format(exchange, type, isList: info.verb == "list", isWatch: false)
        if info.verb == "get" {
            guard let document = usage(of: type, info.namespace, info.name, snapshot.state) else {
                throw UsageAPI.notFound(type, namespace: info.namespace, name: info.name)
            }
            answer(exchange, document, format)
            return true
        }
        let options = try ListOptions(info.query, isWatch: false)
        // As many as there are pods: not for an event loop.
        inPast { [self] in
            answer(exchange, UsageAPI.list(type, usages(of: type, info.namespace, options, snapshot.state)), format)
        }
        return true
    }

    private func answer(_ exchange: Exchange, _ document: JSON, _ format: AnswerFormat) {
        note(exchange, code: 200)
        exchange.answer(
            200, UsageAPI.encode(document, format, query: exchange.info.query), contentType: format.contentType)
    }

    private func usage(of type: ResourceType, _ namespace: String, _ name: String, _ state: ClusterState) -> JSON? {
        guard let stored = state.object(GroupResource(resource: type.resource), namespace, name) else { return nil }
        return usage(of: stored, state)
    }

    private func usage(of stored: StoredObject, _ state: ClusterState) -> JSON? {
        let (now, labels) = (engine.now, stored.labels)
        if stored.key.resource == UsageAPI.nodes.resource {
            return engine.usage.usage(ofNode: stored.key.name, in: state, now: now).map {
                UsageAPI.document($0, labels: labels, now: now)
            }
        }
        return engine.usage.usage(of: stored, now: now).map { UsageAPI.document($0, labels: labels, now: now) }
    }

    private func usages(of type: ResourceType, _ namespace: String, _ options: ListOptions, _ state: ClusterState)
        -> [JSON]
    {
        let store = GroupResource(resource: type.resource)
        return state.objects(store, namespace: namespace.isEmpty ? nil : namespace).compactMap { stored in
            guard options.labelSelector.isEmpty || options.labelSelector.matches(stored.labels),
                options.fieldSelector.terms.allSatisfy({ term in
                    switch term.field {
                    case "metadata.name": (stored.key.name == term.value) != term.isNegated
                    case "metadata.namespace": (stored.key.namespace == term.value) != term.isNegated
                    default: false
                    }
                })
            else { return nil }
            return usage(of: stored, state)
        }
    }
}

/// The catalog that discovery tells when the metrics API is served: made once for each catalog.
final class UsageCatalogs: Sendable {
    private let kept = Mutex<(plain: Catalog, more: Catalog)?>(nil)

    func adding(to catalog: Catalog) -> Catalog {
        kept.withLock { kept in
            if let kept, kept.plain === catalog { return kept.more }
            let more = UsageAPI.adding(to: catalog)
            kept = (catalog, more)
            return more
        }
    }
}
