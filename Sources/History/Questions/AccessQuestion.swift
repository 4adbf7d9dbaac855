import Access
import ClusterState
import Document
import Records
import Requests
import Schema

/// `can`: whether somebody might do something at a moment, by which rule, and which requests had granted it.
enum AccessQuestion {
    /// `user`, `groups` (by comma), `verb`, `resource` (or `path`), `group`, `namespace`, `name`, `subresource`, `at`.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        guard let name = query["user"], !name.isEmpty else {
            throw .badRequest("user: say whose access is asked about")
        }
        guard let verb = query["verb"], !verb.isEmpty else {
            throw .badRequest("verb: say what he would do, get or list")
        }
        let revision = try ground.revision(query, "at")
        let user = try UserInfo(name: name, groups: groups(of: name, query["groups"], ground))
        let attributes = try attributes(query, user, verb, at: revision, ground)
        var answer = try access(attributes, at: revision, ground)
        answer["kind"] = "AccessAnswer"
        answer["apiVersion"] = "reckon.dev/v1"
        answer["revision"] = .int(Int64(revision))
        answer["groups"] = .array(user.groups.map { .string($0) })
        return answer
    }

    /// What the query asks the right for: a `path`, or a `resource` with its `group`, `namespace`, `name` and `subresource`.
    static func attributes(
        _ query: Query, _ user: UserInfo, _ verb: String, at revision: UInt64, _ ground: Ground
    ) throws(APIError) -> AccessAttributes {
        if let path = query["path"], !path.isEmpty { return AccessAttributes(user: user, verb: verb, path: path) }
        guard var word = query["resource"], !word.isEmpty else {
            throw .badRequest("resource: name a kind, or a path")
        }
        var subresource = query["subresource"] ?? ""
        if let slash = word.firstIndex(of: "/") {
            subresource = String(word[word.index(after: slash)...])
            word = String(word[..<slash])
        }
        let type = try ground.type(named: word, group: query["group"] ?? "", at: revision)
        return AccessAttributes(
            user: user, verb: verb, group: type.group, version: type.version, resource: type.resource,
            subresource: subresource, namespace: type.isNamespaced ? query["namespace"] ?? "" : "",
            name: query["name"] ?? "")
    }

    /// The verdict of the rules at a revision; who else was allowed, when this one was not.
    static func access(_ attributes: AccessAttributes, at revision: UInt64, _ ground: Ground) throws(APIError) -> JSON {
        let state = try ground.state(at: revision)
        let rules = AccessRules(state)
        let facts = rules.authorize(attributes, state)
        let isAllowed = facts.verdict == .allowed
        var answer: JSON = [
            "allowed": .bool(isAllowed), "user": .string(attributes.user.name), "verb": .string(attributes.verb),
            "authorizer": .string(facts.authorizer), "reason": .string(facts.reason), "asked": asked(attributes),
        ]
        if isAllowed {
            for (name, value) in try origin(facts, ground).entries { answer[name] = value }
        } else {
            answer["refusal"] = .string(attributes.refusal)
            // What speaks of him at all, so that one sees which grant comes nearest.
            let held = rules.rules(for: attributes.user, namespace: attributes.namespace)
            let near = held.rules.filter { rule in
                attributes.isResourceRequest
                    ? rule.resources.contains { $0 == "*" || $0 == attributes.resource } : !rule.nonResourceURLs.isEmpty
            }
            answer["near"] = .array(near.prefix(5).map(\.document))
            answer["errors"] = .array(held.errors.map { .string($0) })
            answer["whoCan"] = .array(
                rules.whoCan(attributes).prefix(20).map {
                    [
                        "subject": .string($0.subject.description), "binding": .string($0.binding),
                        "rule": .string($0.rule),
                    ]
                })
        }
        return answer
    }

    static func asked(_ attributes: AccessAttributes) -> JSON {
        guard attributes.isResourceRequest else { return ["path": .string(attributes.path)] }
        var json: JSON = ["group": .string(attributes.group), "resource": .string(attributes.resource)]
        if !attributes.subresource.isEmpty { json["subresource"] = .string(attributes.subresource) }
        if !attributes.namespace.isEmpty { json["namespace"] = .string(attributes.namespace) }
        if !attributes.name.isEmpty { json["name"] = .string(attributes.name) }
        return json
    }

    /// The binding and the role that allowed, each with the event that made it what it is.
    static func origin(_ facts: AuthorizationFacts, _ ground: Ground) throws(APIError) -> JSON {
        var json: JSON = [:]
        if !facts.binding.isEmpty {
            json["binding"] = .string(facts.binding)
            json["bindingRevision"] = .int(Int64(facts.bindingRevision))
            if let event = try ground.past.event(facts.bindingRevision) {
                json["bindingBy"] = EventSummary.whole(event)
            }
        }
        if !facts.rule.isEmpty {
            json["rule"] = .string(facts.rule)
            json["ruleRevision"] = .int(Int64(facts.ruleRevision))
            if let event = try ground.past.event(facts.ruleRevision) { json["ruleBy"] = EventSummary.whole(event) }
        }
        return json
    }

    /// The groups that are given, that a service account has, or that the user had in his newest request.
    private static func groups(of name: String, _ given: String?, _ ground: Ground) throws(APIError) -> [String] {
        if let given, !given.isEmpty {
            return given.split(separator: ",").map(String.init) + ["system:authenticated"]
        }
        let parts = name.split(separator: ":").map(String.init)
        if parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" {
            return ["system:serviceaccounts", "system:serviceaccounts:" + parts[2], "system:authenticated"]
        }
        if name == "system:anonymous" { return ["system:unauthenticated"] }
        var reader = RecordReader(
            ground.past, from: ground.past.newest, ordinal: ground.past.newestAccess, wantsJournal: true)
        var looked = 0
        while looked < 20_000, let record = try reader.next() {
            looked += 1
            if record.authentication.user.name == name { return record.authentication.user.groups }
        }
        return ["system:authenticated"]
    }
}
