import Document
public import Records

/// Whom a proxy in front says a request speaks as: its `X-Remote-*` headers.
public enum RemoteUser {
    /// nil without a name. `headers` are all the request's headers in order.
    public static func parse(_ headers: [(name: String, value: String)]) -> UserInfo? {
        var user = UserInfo(name: "")
        var extras: [String: [String]] = [:]
        for (name, value) in headers {
            let lower = name.lowercased()
            switch lower {
            case "x-remote-user": if user.name.isEmpty { user.name = value }
            case "x-remote-uid": if user.uid.isEmpty { user.uid = value }
            case "x-remote-group": user.groups.append(value)
            default:
                if lower.hasPrefix("x-remote-extra-") {
                    extras[Impersonation.unescape(lower.dropFirst(15)).lowercased(), default: []].append(value)
                }
            }
        }
        guard !user.name.isEmpty else { return nil }
        user.groups = Authenticator.withAuthenticated(user.groups)
        user.extra = extras.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            .init(key: $0.key, values: $0.value)
        }
        return user
    }

    /// The headers that tell another server whom a request speaks as, for a proxy to send.
    public static func headers(_ user: UserInfo) -> [(String, String)] {
        var out = [("X-Remote-User", user.name)]
        if !user.uid.isEmpty { out.append(("X-Remote-Uid", user.uid)) }
        out += user.groups.map { ("X-Remote-Group", $0) }
        for extra in user.extra { out += extra.values.map { ("X-Remote-Extra-" + percentEscaped(extra.key), $0) } }
        return out
    }
}
