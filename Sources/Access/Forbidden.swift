import Document
public import Records
public import Schema

extension AccessAttributes {
    /// What upstream tells a client that may not: `User "alice" cannot list resource "pods" in API group "" in the namespace "x"`.
    public var refusal: String {
        guard isResourceRequest else { return "User \(goQuoted(user.name)) cannot \(verb) path \(goQuoted(path))" }
        let what = subresource.isEmpty ? resource : resource + "/" + subresource
        let place = namespace.isEmpty ? "at the cluster scope" : "in the namespace \(goQuoted(namespace))"
        return
            "User \(goQuoted(user.name)) cannot \(verb) resource \(goQuoted(what)) in API group \(goQuoted(group)) \(place)"
    }

    /// The 403 for this request. The reason is empty unless an authorizer has one for the client.
    public func forbidden(_ facts: AuthorizationFacts) -> APIError {
        var because = ""
        for character in refusal.unicodeScalars {
            switch character {
            case "&": because += "&amp;"
            case "<": because += "&lt;"
            case ">": because += "&gt;"
            default: because.unicodeScalars.append(character)
            }
        }
        if !facts.reason.isEmpty { because += ": " + facts.reason }
        if isResourceRequest, !resource.isEmpty {
            return .forbidden(GroupResource(group: group, resource: resource), name, because)
        }
        var error = APIError(code: 403, reason: "Forbidden", message: "forbidden: " + because)
        error.showsEmptyDetails = true
        return error
    }
}

/// `["a" "b"]`: a list as Go's %q writes it.
func goQuoted(_ list: [String]) -> String { "[" + list.map { goQuoted($0) }.joined(separator: " ") + "]" }
