public import Records

/// Who a request asks to act as, from its `Impersonate-*` headers.
public struct Impersonation: Sendable, Equatable {
    public var user: String
    public var groups: [String]
    public var uid: String
    /// In the byte order of the keys.
    public var extra: [UserInfo.Extra]

    /// One thing that the real user must be allowed to impersonate.
    public struct Check: Sendable, Equatable {
        /// "" for users, groups and service accounts, `authentication.k8s.io` for uids and extras.
        public let group: String
        /// `users`, `groups`, `serviceaccounts`, `uids`, `userextras`.
        public let resource: String
        public let subresource: String
        public let namespace: String
        public let name: String
    }

    /// nil when no such header is there; throws when others come without `Impersonate-User` (500 upstream).
    /// `headers` are all the request's headers in order.
    public static func parse(_ headers: [(name: String, value: String)]) throws(IdentityError) -> Impersonation? {
        var out = Impersonation(user: "", groups: [], uid: "", extra: [])
        var extras: [String: [String]] = [:]
        for (name, value) in headers {
            guard name.utf8.count > 12 else { continue }
            let lower = name.lowercased()
            guard lower.hasPrefix("impersonate-") else { continue }
            switch lower {
            case "impersonate-user": if out.user.isEmpty { out.user = value }
            case "impersonate-group": out.groups.append(value)
            case "impersonate-uid": if out.uid.isEmpty { out.uid = value }
            default:
                if lower.hasPrefix("impersonate-extra-") {
                    extras[unescape(lower.dropFirst(18)), default: []].append(value)
                }
            }
        }
        out.extra = extras.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
            .init(key: $0, values: extras[$0] ?? [])
        }
        if out.user.isEmpty {
            if out.groups.isEmpty, out.uid.isEmpty, out.extra.isEmpty { return nil }
            throw IdentityError("requested \(out.wish) without impersonating a user")
        }
        return out
    }

    private var wish: String {
        var parts: [String] = []
        for group in groups { parts.append("groups/\(group)") }
        if !uid.isEmpty { parts.append("uids/\(uid)") }
        for one in extra { for value in one.values { parts.append("userextras/\(one.key)/\(value)") } }
        return "[" + parts.joined(separator: " ") + "]"
    }

    static func unescape(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var i = 0
        func digit(_ c: UInt8) -> UInt8? {
            switch c {
            case 48...57: c - 48
            case 97...102: c - 87
            case 65...70: c - 55
            default: nil
            }
        }
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "%") {
                guard i + 2 < bytes.count, let high = digit(bytes[i + 1]), let low = digit(bytes[i + 2]) else {
                    return String(text)
                }
                out.append(high << 4 | low)
                i += 3
            } else {
                out.append(bytes[i])
                i += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The account's namespace and name when the user is a service account.
    private var serviceAccount: (namespace: String, name: String)? {
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount", !parts[2].isEmpty, !parts[3].isEmpty
        else { return nil }
        return (String(parts[2]), String(parts[3]))
    }

    /// What to ask the authorizer, with the verb `impersonate`, in upstream's order.
    public var checks: [Check] {
        var out: [Check] = []
        if let account = serviceAccount {
            out.append(
                Check(
                    group: "", resource: "serviceaccounts", subresource: "", namespace: account.namespace,
                    name: account.name))
        } else {
            out.append(Check(group: "", resource: "users", subresource: "", namespace: "", name: user))
        }
        for group in groups {
            out.append(Check(group: "", resource: "groups", subresource: "", namespace: "", name: group))
        }
        for one in extra {
            for value in one.values {
                out.append(
                    Check(
                        group: "authentication.k8s.io", resource: "userextras", subresource: one.key, namespace: "",
                        name: value))
            }
        }
        if !uid.isEmpty {
            out.append(
                Check(group: "authentication.k8s.io", resource: "uids", subresource: "", namespace: "", name: uid))
        }
        return out
    }

    /// The user that the request then speaks as: a service account's groups are added, and `system:authenticated` (or, for the
    /// anonymous user, `system:unauthenticated`).
    public var impersonated: UserInfo {
        var groups = groups
        if groups.isEmpty, let account = serviceAccount {
            groups = ["system:serviceaccounts", "system:serviceaccounts:" + account.namespace]
        }
        let last = user == UserInfo.anonymous.name ? "system:unauthenticated" : "system:authenticated"
        if !groups.contains("system:authenticated"), !groups.contains("system:unauthenticated") { groups.append(last) }
        return UserInfo(name: user, uid: uid, groups: groups, extra: extra)
    }
}
