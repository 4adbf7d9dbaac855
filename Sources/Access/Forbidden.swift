public import Records
public import Schema

extension AccessAttributes {
    /// What upstream tells a client that may not: `User "alice" cannot list resource "pods" in API group "" in the namespace "x"`.
    public var refusal: String {
        guard isResourceRequest else { return "User \(quoted(user.name)) cannot \(verb) path \(quoted(path))" }
        let what = subresource.isEmpty ? resource : resource + "/" + subresource
        let place = namespace.isEmpty ? "at the cluster scope" : "in the namespace \(quoted(namespace))"
        return
            "User \(quoted(user.name)) cannot \(verb) resource \(quoted(what)) in API group \(quoted(group)) \(place)"
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

/// Text in double quotes as Go's %q writes it: the escapes of quotes, backslashes and control characters.
func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\t": out += "\\t"
        case "\r": out += "\\r"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7F {
                let hex = String(scalar.value, radix: 16)
                out += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
    }
    return out + "\""
}

/// `["a" "b"]`: a list as Go's %q writes it.
func quoted(_ list: [String]) -> String { "[" + list.map { quoted($0) }.joined(separator: " ") + "]" }
