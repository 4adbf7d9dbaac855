public import Document
public import Records

/// Which records a listing or an audit wants; everything that is set must hold.
public struct RecordFilter: Equatable, Sendable {
    public var user: String?
    public var verb: String?
    /// The plural name: `pods`.
    public var resource: String?
    public var namespace: String?
    public var name: String?
    /// A status code, or its first digit as hundreds: 404, 400 for all of 4xx.
    public var code: Int?
    public var since: Timestamp?
    public var until: Timestamp?
    public init() {}

    public func holds(_ record: EventRecord) -> Bool {
        if let user, record.authentication.user.name != user { return false }
        if let verb, record.request.verb != verb { return false }
        if let code,
            code % 100 == 0 && code != 200 ? record.outcome.code / 100 != code / 100 : record.outcome.code != code
        {
            return false
        }
        if let since, record.time < since { return false }
        if let until, record.time > until { return false }
        guard resource != nil || namespace != nil || name != nil else { return true }
        if record.changes.contains(where: { change in
            (resource == nil || change.key.resource == resource)
                && (namespace == nil || change.key.namespace == namespace)
                && (name == nil || change.key.name == name)
        }) {
            return true
        }
        return pathHolds(record.request.path)
    }

    /// Reads resource, namespace and name from `/api/v1/…` and `/apis/group/version/…`.
    private func pathHolds(_ path: String) -> Bool {
        var parts = path.split(separator: "/").map(String.init)[...]
        if parts.first == "at" { parts = parts.dropFirst(2) }
        guard parts.first == "api" || parts.first == "apis" else { return false }
        parts = parts.dropFirst(parts.first == "api" ? 2 : 3)
        var space = ""
        if parts.first == "namespaces", parts.count > 2 {
            space = parts[parts.startIndex + 1]
            parts = parts.dropFirst(2)
        }
        guard let found = parts.first else { return false }
        return (resource == nil || found == resource) && (namespace == nil || space == namespace)
            && (name == nil || parts.dropFirst().first == name)
    }
}
