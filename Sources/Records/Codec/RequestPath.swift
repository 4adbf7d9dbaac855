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

    /// Writes the form of `path`, or nothing and answers false when it is not that of a request on this object or its collection.
    static func write(_ path: String, of key: ObjectKey, into out: inout ByteWriter) -> Bool {
        var path = path
        return path.withUTF8 { path in
            var at = 0
            func take(_ text: String) -> Bool {
                var text = text
                return text.withUTF8 { text in
                    guard at + text.count <= path.count else { return false }
                    for i in 0..<text.count where path[at + i] != text[i] { return false }
                    at += text.count
                    return true
                }
            }
            func takeSegment() -> UnsafeRawBufferPointer? {
                guard at < path.count, path[at] == UInt8(ascii: "/") else { return nil }
                let start = at + 1
                at = start
                while at < path.count, path[at] != UInt8(ascii: "/") { at += 1 }
                return start == at ? nil : UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: path[start..<at]))
            }
            guard key.group.isEmpty ? take("/api") : (take("/apis/") && take(key.group)) else { return false }
            guard let version = takeSegment() else { return false }
            if !key.namespace.isEmpty { guard take("/namespaces/"), take(key.namespace) else { return false } }
            guard take("/"), take(key.resource) else { return false }
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            var (form, subresource) = (UInt8(1), none)
            if at < path.count {
                guard take("/"), !key.name.isEmpty, take(key.name), at == path.count || path[at] == UInt8(ascii: "/")
                else { return false }
                form = 2
                if at < path.count {
                    guard let last = takeSegment(), at == path.count else { return false }
                    subresource = last
                }
            }
            out.bytes.append(form)
            out.run(version)
            out.run(subresource)
            return true
        }
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
