/// What a request asks for, read from its method and URL alone: Kubernetes' `request.RequestInfo`.
public struct RequestInfo: Sendable, Equatable {
    /// Whether the path lies below `/api/v1` or `/apis/G/V` and names a resource.
    public var isResourceRequest = false
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for other paths the method in lower
    /// case; empty for a resource request with a method that has no verb.
    public var verb = ""
    /// `api` or `apis`.
    public var apiPrefix = ""
    public var group = ""
    public var version = ""
    /// The plural name.
    public var resource = ""
    /// `status`, `scale`, …; empty for the object itself.
    public var subresource = ""
    public var namespace = ""
    /// Also taken from `fieldSelector=metadata.name=X` of a list or watch, for authorization; see `nameIsInPath`.
    public var name = ""
    /// Resource, name, subresource and what follows (a proxied path), as far as given.
    public var parts: [String] = []
    /// The decoded path.
    public var path = ""
    /// The method as sent, `GET`.
    public var method = ""
    public var query = Query()
    /// Whether `name` stands in the path (a field selector can give it too).
    public var nameIsInPath = false
    /// Whether the deprecated `/watch/` form was used.
    public var isWatchPath = false

    public init() {}

    /// `v1`, `apps/v1`; empty for a request for no resource.
    public var apiVersion: String { group.isEmpty ? version : group + "/" + version }
    /// Whether this opens a stream to somewhere else: exec, attach, portforward, proxy.
    public var isConnect: Bool {
        switch subresource {
        case "exec", "attach", "portforward": resource == "pods"
        case "proxy": resource == "pods" || resource == "services" || resource == "nodes"
        default: false
        }
    }
    /// Whether the answer may take as long as it likes: watches, streams, followed logs.
    public var isLongRunning: Bool {
        verb == "watch" || isConnect || (subresource == "log" && resource == "pods")
    }
    /// Whether the method only reads.
    public var isReadOnly: Bool { method == "GET" || method == "HEAD" }

    /// Reads a request's method and target (`/api/v1/pods?limit=5`), as upstream's `RequestInfoFactory` does.
    public init(method: String, target: String) {
        guard let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            self.init(method: method, path: PercentEncoding.decodePath(target) ?? target, query: Query())
            return
        }
        let path = String(target[..<question])
        self.init(
            method: method, path: PercentEncoding.decodePath(path) ?? path,
            query: Query(parsing: target[target.utf8.index(after: question)...]))
    }

    /// The same from a decoded path and a parsed query.
    public init(method: String, path: String, query: Query) {
        self.method = method
        self.path = path
        self.query = query
        var parts = RequestInfo.split(path)[...]
        guard let prefix = parts.first, parts.count >= (prefix == "api" ? 3 : 4), prefix == "api" || prefix == "apis"
        else {
            verb = method.lowercased()
            return
        }
        apiPrefix = prefix
        parts.removeFirst()
        if prefix == "apis" { group = parts.removeFirst() }
        isResourceRequest = true
        version = parts.removeFirst()
        switch method {
        case "POST": verb = "create"
        case "GET", "HEAD": verb = "get"
        case "PUT": verb = "update"
        case "PATCH": verb = "patch"
        case "DELETE": verb = "delete"
        default: verb = ""
        }
        if let first = parts.first, first == "watch" || first == "proxy", parts.count >= 2 {
            verb = first
            isWatchPath = first == "watch"
            parts.removeFirst()
        }
        if parts.first == "namespaces", parts.count > 1 {
            namespace = parts[parts.startIndex + 1]
            if parts.count > 2 {
                let third = parts[parts.startIndex + 2]
                if third != "status" && third != "finalize" { parts = parts.dropFirst(2) }
            }
        }
        self.parts = Array(parts)
        if self.parts.count >= 3, verb != "proxy" { subresource = self.parts[2] }
        if self.parts.count >= 2 {
            name = self.parts[1]
            nameIsInPath = !name.isEmpty
        }
        if let first = self.parts.first { resource = first }
        if name.isEmpty {
            if verb == "get" { verb = query.flag("watch") ?? false ? "watch" : "list" }
            if verb == "delete" { verb = "deletecollection" }
            if verb == "list" || verb == "watch", let wanted = nameFromFieldSelector() { name = wanted }
        }
    }

    /// `metadata.name=X` anywhere in the field selector, when X can be a name.
    private func nameFromFieldSelector() -> String? {
        guard let text = query["fieldSelector"], !text.isEmpty, let selector = try? FieldSelector(parsing: text),
            let name = selector.requiredValue("metadata.name"), !name.isEmpty, name != ".", name != "..",
            !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(UInt8(ascii: "%"))
        else { return nil }
        return name
    }

    /// Whether two slashes stand side by side in the path.
    public var hasEmptyPart: Bool {
        var last: UInt8 = 0
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/"), last == byte { return true }
            last = byte
        }
        return false
    }

    /// What stands between the slashes, without those at either end.
    private static func split(_ path: String) -> [String] {
        let bytes = path.utf8
        let slash = UInt8(ascii: "/")
        var start = bytes.startIndex
        var end = bytes.endIndex
        while start < end, bytes[start] == slash { start = bytes.index(after: start) }
        while start < end, bytes[bytes.index(before: end)] == slash { end = bytes.index(before: end) }
        if start == end { return [] }
        var parts: [String] = []
        parts.reserveCapacity(8)
        var at = start
        while at < end {
            if bytes[at] == slash {
                parts.append(String(path[start..<at]))
                start = bytes.index(after: at)
            }
            at = bytes.index(after: at)
        }
        parts.append(String(path[start..<end]))
        return parts
    }

    /// The field manager that an agent's name gives when the request names none: what stands before the first `/`,
    /// at most 128 bytes of it, printable characters only.
    public static func defaultFieldManager(userAgent: String) -> String {
        var out = ""
        var count = 0
        for scalar in userAgent.unicodeScalars {
            if scalar == "/" { break }
            guard scalar.isGoPrintable else { continue }
            let width = UTF8.width(scalar)
            if count + width > 128 { break }
            count += width
            out.unicodeScalars.append(scalar)
        }
        return out.isEmpty ? "unknown" : out
    }
}

extension Unicode.Scalar {
    /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
    package var isGoPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}
