import Access
import Document
import Records
import Schema

/// SubjectAccessReview, its Self and its Local kind: may somebody do something?
enum AccessReview {
    enum Kind { case anyone, mine, local }

    static func answered(_ object: JSON, for user: UserInfo, _ ground: ReviewGround) -> JSON {
        let spec = object["spec"] ?? .null
        let question: AccessAttributes
        if let resource = spec["resourceAttributes"], resource.object != nil {
            func text(_ name: String) -> String { resource[name]?.string ?? "" }
            question = AccessAttributes(
                user: user, verb: text("verb"), group: text("group"), version: text("version"),
                resource: text("resource"),
                subresource: text("subresource"), namespace: text("namespace"), name: text("name"),
                fieldSelector: fieldSelector(resource["fieldSelector"]))
        } else {
            let path = spec["nonResourceAttributes"]
            question = AccessAttributes(
                user: user, verb: path?["verb"]?.string ?? "", path: path?["path"]?.string ?? "")
        }
        let facts = ground.authorize(question)
        var status: JSON = ["allowed": .bool(facts.verdict == .allowed)]
        if !facts.reason.isEmpty { status["reason"] = .string(facts.reason) }
        if let trouble = SelectorAttributes.trouble(spec["resourceAttributes"] ?? .null) {
            status["evaluationError"] = .string(trouble)
        }
        var answer = object
        answer["status"] = status
        return answer
    }

    /// The raw form, or requirements put back into it.
    private static func fieldSelector(_ selector: JSON?) -> String {
        if let raw = selector?["rawSelector"]?.string { return raw }
        let terms = (selector?["requirements"]?.elements ?? []).compactMap { requirement -> FieldSelector.Term? in
            guard let key = requirement["key"]?.string, let values = requirement["values"]?.strings, values.count == 1
            else { return nil }
            switch requirement["operator"]?.string {
            case "In": return .init(field: key, value: values[0])
            case "NotIn": return .init(field: key, value: values[0], isNegated: true)
            default: return nil
            }
        }
        return FieldSelector(terms).description
    }

    /// Who the review is about.
    static func user(_ object: JSON) -> UserInfo {
        let spec = object["spec"] ?? .null
        let extra = (spec["extra"]?.entries ?? JSONObject()).map {
            UserInfo.Extra(key: $0.key.lowercased(), values: $0.value.strings)
        }
        return UserInfo(
            name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "", groups: spec["groups"]?.strings ?? [],
            extra: extra)
    }

    /// A path's question as upstream's internal type writes it.
    private static func shown(_ path: JSON) -> String {
        func text(_ key: String) -> String { JSON.string(path[key]?.string ?? "").text }
        return "{\"Path\":\(text("path")),\"Verb\":\(text("verb"))}"
    }

    static func validate(_ object: JSON, _ kind: Kind, _ type: ResourceType) throws(APIError) {
        let spec = object["spec"] ?? .null
        let resource = spec["resourceAttributes"].flatMap { $0.object == nil ? nil : $0 }
        let path = spec["nonResourceAttributes"].flatMap { $0.object == nil ? nil : $0 }
        var errors: [FieldError] = []
        if resource != nil, let path {
            errors.append(
                FieldError(
                    .invalid, "spec.nonResourceAttributes",
                    "Invalid value: \(shown(path)): cannot be specified in combination with resourceAttributes"))
        }
        if resource == nil, path == nil {
            errors.append(
                .invalid(
                    "spec.resourceAttributes", .null,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        }
        if kind != .mine, (spec["user"]?.string ?? "").isEmpty, (spec["groups"]?.elements ?? []).isEmpty {
            errors.append(.invalid("spec.user", "", "at least one of user or group must be specified"))
        }
        if let resource { errors += SelectorAttributes.validate(resource) }
        var metadata = object["metadata"] ?? [:]
        metadata["managedFields"] = nil
        metadata["creationTimestamp"] = nil
        if kind == .local {
            let namespace = metadata["namespace"]?.string ?? ""
            metadata["namespace"] = nil
            if !metadata.entries.isEmpty {
                errors.append(.invalid("metadata", metadata, "must be empty except for namespace"))
            }
            if let resource, (resource["namespace"]?.string ?? "") != namespace {
                errors.append(
                    .invalid(
                        "spec.resourceAttributes.namespace", resource["namespace"] ?? "",
                        "must match metadata.namespace"))
            }
            if let path {
                errors.append(
                    FieldError(
                        .invalid, "spec.nonResourceAttributes",
                        "Invalid value: \(shown(path)): disallowed on this kind of request"))
            }
        } else if !metadata.entries.isEmpty {
            errors.append(.invalid("metadata", metadata, "must be empty"))
        }
        if !errors.isEmpty {
            // Upstream knows the kind no longer at this point, and says so.
            throw .invalid(GroupVersionKind(group: type.group, version: type.version, kind: ""), "", errors)
        }
    }
}
