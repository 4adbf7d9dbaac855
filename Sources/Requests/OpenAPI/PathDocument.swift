import Document
import Schema

/// Writes the paths of a resource and their operations.
struct PathDocument {
    let schemas: SchemaDocument
    private var isV3: Bool { schemas.version == .v3 }

    init(_ schemas: SchemaDocument) { self.schemas = schemas }

    /// The name of the schema of a served kind; nil when there is none.
    static func schemaName(_ kind: GroupVersionKind, of type: ResourceType, _ catalog: Catalog) -> String? {
        if type.isCustom, kind == type.groupVersionKind { return CustomSchema.name(type) }
        return catalog.type(for: kind)?.name
    }

    /// Every path of a resource with its item.
    func paths(_ type: ResourceType, _ catalog: Catalog, _ referred: inout Set<String>) -> [(path: String, item: JSON)]
    {
        let root = (type.group.isEmpty ? "/api/" : "/apis/") + type.apiVersion
        let scope = type.isNamespaced ? root + "/namespaces/{namespace}/" : root + "/"
        let collection = scope + type.resource
        let name = PathDocument.schemaName(type.groupVersionKind, of: type, catalog)
        let listKind = GroupVersionKind(group: type.group, version: type.version, kind: type.kind + "List")
        let listName = type.isCustom ? CustomSchema.name(type, list: true) : catalog.type(for: listKind)?.name
        func can(_ verb: String) -> Bool { type.verbs.contains(verb) }
        func operation(_ verb: String, _ method: String, body: String?, answer: String?, scoped: Bool = true) -> JSON {
            self.operation(
                verb, method, type, kind: type.groupVersionKind, subresource: "", body: body, answer: answer,
                scoped: scoped, &referred)
        }
        var out: [(path: String, item: JSON)] = []
        var item = JSONObject()
        if can("list") { item["get"] = operation("list", "get", body: nil, answer: listName) }
        if can("create") { item["post"] = operation("create", "post", body: name, answer: name) }
        if can("deletecollection") {
            item["delete"] = operation(
                "deletecollection", "delete", body: WellKnown.deleteOptions, answer: WellKnown.status)
        }
        if !item.isEmpty { out.append((collection, with(parameters(type, named: false), item))) }
        item = JSONObject()
        if can("get") { item["get"] = operation("get", "get", body: nil, answer: name) }
        if can("update") { item["put"] = operation("update", "put", body: name, answer: name) }
        if can("patch") { item["patch"] = operation("patch", "patch", body: WellKnown.patch, answer: name) }
        if can("delete") {
            item["delete"] = operation("delete", "delete", body: WellKnown.deleteOptions, answer: WellKnown.status)
        }
        if !item.isEmpty { out.append((collection + "/{name}", with(parameters(type, named: true), item))) }
        if type.isNamespaced, can("list") {
            item = ["get": operation("list", "get", body: nil, answer: listName, scoped: false)]
            out.append((root + "/" + type.resource, .object(item)))
        }
        for sub in type.subresources {
            item = JSONObject()
            let answer = PathDocument.schemaName(sub.kind, of: type, catalog)
            for (verb, method) in [
                ("get", "get"), ("update", "put"), ("patch", "patch"), ("create", "post"), ("delete", "delete"),
            ]
            where sub.verbs.contains(verb) {
                let body = verb == "get" || verb == "delete" ? nil : verb == "patch" ? WellKnown.patch : answer
                item[method] = self.operation(
                    verb, method, type, kind: sub.kind, subresource: sub.name, body: body, answer: answer, scoped: true,
                    &referred)
            }
            if !item.isEmpty {
                out.append((collection + "/{name}/" + sub.name, with(parameters(type, named: true), item)))
            }
        }
        return out
    }

    /// The path of a discovery document.
    func discovery(_ answer: String) -> JSON {
        [
            "get": [
                "responses": [
                    "200": [
                        "description": "OK", "content": ["application/json": ["schema": schemas.reference(answer)]],
                    ],
                    "401": ["description": "Unauthorized"],
                ]
            ]
        ]
    }

    private func with(_ parameters: [JSON], _ item: JSONObject) -> JSON {
        var item = item
        if !parameters.isEmpty { item["parameters"] = .array(parameters) }
        return .object(item)
    }

    private func parameters(_ type: ResourceType, named: Bool) -> [JSON] {
        var all: [JSON] = []
        for name in (named ? ["name"] : []) + (type.isNamespaced ? ["namespace"] : []) {
            var parameter: JSON = ["name": .string(name), "in": "path", "required": true]
            if isV3 { parameter["schema"] = ["type": "string"] } else { parameter["type"] = "string" }
            all.append(parameter)
        }
        return all
    }

    private func queries(_ verb: String) -> [(name: String, type: String)] {
        switch verb {
        case "create", "update":
            [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("pretty", "string")]
        case "patch":
            [
                ("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("force", "boolean"),
                ("pretty", "string"),
            ]
        case "list":
            [
                ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"),
                ("labelSelector", "string"),
                ("limit", "integer"), ("pretty", "string"), ("resourceVersion", "string"),
                ("resourceVersionMatch", "string"),
                ("sendInitialEvents", "boolean"), ("timeoutSeconds", "integer"), ("watch", "boolean"),
            ]
        case "delete":
            [
                ("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("orphanDependents", "boolean"),
                ("pretty", "string"),
                ("propagationPolicy", "string"),
            ]
        case "deletecollection":
            [
                ("continue", "string"), ("dryRun", "string"), ("fieldSelector", "string"),
                ("gracePeriodSeconds", "integer"),
                ("labelSelector", "string"), ("limit", "integer"), ("orphanDependents", "boolean"),
                ("propagationPolicy", "string"),
                ("resourceVersion", "string"),
            ]
        default: [("pretty", "string")]
        }
    }

    private func operation(
        _ verb: String, _ method: String, _ type: ResourceType, kind: GroupVersionKind, subresource: String,
        body: String?, answer: String?,
        scoped: Bool, _ referred: inout Set<String>
    ) -> JSON {
        let media: [JSON] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
        var parameters: [JSON] = queries(verb).map { query in
            isV3
                ? ["name": .string(query.name), "in": "query", "schema": ["type": .string(query.type)]]
                : ["name": .string(query.name), "in": "query", "type": .string(query.type)]
        }
        var operation: JSON = [
            "operationId": .string(identifier(verb, type, subresource, scoped)),
            "tags": [.string(tag(type))],
            "x-kubernetes-action": .string(verb == "create" ? "post" : verb == "update" ? "put" : verb),
            "x-kubernetes-group-version-kind": SchemaDocument.kind(kind),
        ]
        if !isV3 { operation["produces"] = .array(media) }
        if let body {
            referred.insert(body)
            let accepted: [JSON]
            if verb == "patch" {
                accepted =
                    ["application/json-patch+json", "application/merge-patch+json"]
                    + (type.isCustom ? [] : ["application/strategic-merge-patch+json"]) + [
                        "application/apply-patch+yaml"
                    ]
            } else {
                accepted = isV3 ? ["application/json"] : ["*/*"]
            }
            if isV3 {
                var content = JSONObject()
                for media in accepted { content[media.string!] = ["schema": schemas.reference(body)] }
                var request: JSON = ["content": .object(content)]
                if !verb.hasPrefix("delete") { request["required"] = true }
                operation["requestBody"] = request
            } else {
                operation["consumes"] = .array(accepted)
                var parameter: JSON = ["name": "body", "in": "body", "schema": schemas.reference(body)]
                if !verb.hasPrefix("delete") { parameter["required"] = true }
                parameters.append(parameter)
            }
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        var response: JSON = ["description": "OK"]
        if let answer {
            referred.insert(answer)
            if isV3 {
                response["content"] = ["application/json": ["schema": schemas.reference(answer)]]
            } else {
                response["schema"] = schemas.reference(answer)
            }
        }
        var responses: JSON = ["200": response, "401": ["description": "Unauthorized"]]
        if verb == "create" || verb == "update" || verb == "patch" {
            response["description"] = "Created"
            responses["201"] = response
        }
        operation["responses"] = responses
        return operation
    }

    /// `listCoreV1NamespacedPod`.
    private func identifier(_ verb: String, _ type: ResourceType, _ subresource: String, _ scoped: Bool) -> String {
        let verbs = ["get": "read", "update": "replace", "deletecollection": "deleteCollection"]
        var kind = type.kind
        if !subresource.isEmpty { kind += PathDocument.capitalized(subresource) }
        let place = type.isNamespaced ? (scoped ? "Namespaced" : "") : ""
        let suffix = type.isNamespaced && !scoped ? "ForAllNamespaces" : ""
        return
            "\(verbs[verb] ?? verb)\(groupWord(type))\(PathDocument.capitalized(type.version))\(place)\(kind)\(suffix)"
    }

    private func groupWord(_ type: ResourceType) -> String {
        if type.group.isEmpty { return "Core" }
        let parts = type.group.split(separator: ".")
        let kept = parts.count > 2 && type.group.hasSuffix(".k8s.io") ? parts.dropLast(2) : parts[...]
        return kept.map { PathDocument.capitalized(String($0)) }.joined()
    }

    private func tag(_ type: ResourceType) -> String {
        let group = groupWord(type)
        return group.prefix(1).lowercased() + group.dropFirst() + "_" + type.version
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
