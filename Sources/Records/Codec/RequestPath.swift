import Document

/// The path of a request as the object that it changed and what is left to know: the API version, whether the name is part of
/// the path, and the subresource. Nearly every write's path is of this form.
struct RequestPath: Equatable {
    var version: String
    var hasName: Bool
    var subresource: String

    init(version: String, hasName: Bool, subresource: String) {
        self.version = version
        self.hasName = hasName
        self.subresource = subresource
    }

    /// nil when the path is not that of a request on this object or its collection.
    init?(_ path: String, of key: ObjectKey) {
        var rest = Substring(path).utf8
        func take(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }
        func takeSegment() -> String? {
            guard rest.first == UInt8(ascii: "/") else { return nil }
            let body = rest.dropFirst()
            let end = body.firstIndex(of: UInt8(ascii: "/")) ?? body.endIndex
            rest = body[end...]
            return String(body[..<end])
        }
        guard key.group.isEmpty ? take("/api") : (take("/apis/") && take(key.group)) else { return nil }
        guard let version = takeSegment(), !version.isEmpty else { return nil }
        if !key.namespace.isEmpty { guard take("/namespaces/"), take(key.namespace) else { return nil } }
        guard take("/"), take(key.resource) else { return nil }
        self.version = version
        hasName = false
        subresource = ""
        if rest.isEmpty { return }
        guard takeSegment()?.sameBytes(as: key.name) == true else { return nil }
        hasName = true
        if rest.isEmpty { return }
        guard let subresource = takeSegment(), !subresource.isEmpty, rest.isEmpty else { return nil }
        self.subresource = subresource
    }

    func text(of key: ObjectKey) -> String {
        var text = key.group.isEmpty ? "/api/" : "/apis/\(key.group)/"
        text += version
        if !key.namespace.isEmpty { text += "/namespaces/" + key.namespace }
        text += "/" + key.resource
        if hasName { text += "/" + key.name }
        if !subresource.isEmpty { text += "/" + subresource }
        return text
    }
}
