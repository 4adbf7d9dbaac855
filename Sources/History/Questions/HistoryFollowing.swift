public import Document
public import Records
public import Requests
public import Schema

/// The changes that a history would show, as they happen.
public struct HistoryFollowing: Sendable {
    private let ground: Ground
    private let scope: Scope

    /// The same parameters as `history`.
    public init(_ query: Query, _ ground: Ground) throws(APIError) {
        self.ground = ground
        if query["name"] != nil {
            let key = try ground.object(query)
            scope = Scope(
                store: key.store, namespace: key.namespace, name: key.name
            )
            return
        }
        guard query["resource"].map({ !$0.isEmpty }) ?? false else {
            throw .badRequest("resource: name a kind, and with name one object of it")
        }
        scope = try ground.scope(query)
        if let namespace = scope.namespace {
            let all = ObjectKey(
                group: scope.store!.group, resource: scope.store!.resource, namespace: namespace, name: "")
            if let refusal = ground.refusal("list", all) { throw refusal }
        }
    }

    /// The entries of one event that belong to it, each naming its object; rights are asked anew each time.
    public func entries(_ event: EventRecord) throws(APIError) -> [JSON] {
        var found: [JSON] = []
        for change in event.changes where scope.holds(change.key) {
            let asked = scope.name == nil ? "list" : "get"
            var key = change.key
            if scope.name == nil { key.name = "" }
            guard ground.refusal(asked, key) == nil else { continue }
            let entry = try HistoryQuestion.entry(event, change, ground)
            if let labels = scope.labels, !labels.matches(entry.labels) { continue }
            found.append(entry.json)
        }
        return found
    }
}
