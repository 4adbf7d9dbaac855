import Schema

/// The paths of one resource: its collection, its objects, their subresources, and the old paths of watches.
struct ResourcePaths {
    private let type: ResourceType
    private let catalog: Catalog
    private let names: OperationNames
    private let root: String
    private let namespace: [QueryParameter]
    /// The types of an object and of a list.
    private let object: OperationDocument.Content?
    private let list: OperationDocument.Content?

    private static let watchEvent = OperationDocument.Content.type("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent")
    private static let name = QueryParameter.path("name")
    private static let methods = [
        (verb: "get", method: "get"), ("update", "put"), ("patch", "patch"), ("create", "post"), ("delete", "delete"),
    ]
    private static let connections: Set<String> = ["exec", "attach", "portforward", "proxy"]

    init(_ type: ResourceType, _ catalog: Catalog) {
        self.type = type
        self.catalog = catalog
        names = OperationNames(group: type.group, version: type.version)
        root = (type.group.isEmpty ? "/api/" : "/apis/") + type.apiVersion
        namespace = type.isNamespaced ? [.path("namespace")] : []
        object = PathDocument.schemaName(type.groupVersionKind, of: type, catalog).map { .type($0) }
        let kind = GroupVersionKind(group: type.group, version: type.version, kind: type.kind + "List")
        let listName = type.isCustom ? CustomSchema.name(type, list: true) : catalog.type(for: kind)?.name
        list = listName.map { .type($0) }
    }

    func items() -> [PathItem] {
        let collection = root + (type.isNamespaced ? "/namespaces/{namespace}/" : "/") + type.resource
        var items = [
            PathItem(
                path: collection, places: namespace,
                operations: operations([("list", "get"), ("create", "post"), ("deletecollection", "delete")])),
            PathItem(
                path: collection + "/{name}", places: namespace + [Self.name],
                operations: operations([("get", "get"), ("update", "put"), ("patch", "patch"), ("delete", "delete")])),
        ]
        if type.isNamespaced, type.verbs.contains("list") {
            items.append(
                PathItem(
                    path: "\(root)/\(type.resource)", places: [],
                    operations: [("get", operation("list", suffix: "ForAllNamespaces", isScoped: false))]))
        }
        for subresource in type.subresources { items += self.items(subresource, collection + "/{name}") }
        if !type.isCustom, type.verbs.contains("watch") { items += watches() }
        return items.filter { !$0.operations.isEmpty }
    }

    // MARK: Objects

    private func operations(_ verbs: [(verb: String, method: String)]) -> [(String, OperationDocument)] {
        verbs.filter { type.verbs.contains($0.verb) }.map { ($0.method, operation($0.verb)) }
    }

    private func operation(_ verb: String, suffix: String = "", isScoped: Bool = true) -> OperationDocument {
        var operation = OperationDocument(
            identifier: identifier(verb, type.kind + suffix, isScoped), tag: names.tag, action: Self.action(verb),
            kind: type.groupVersionKind)
        fill(&operation, verb, object: verb == "list" ? list : object)
        return operation
    }

    /// `listCoreV1NamespacedPod`.
    private func identifier(_ verb: String, _ kind: String, _ isScoped: Bool) -> String {
        let place = type.isNamespaced && isScoped ? "Namespaced" : ""
        return switch verb {
        case "get": "read\(names.word)\(place)\(kind)"
        case "update": "replace\(names.word)\(place)\(kind)"
        case "deletecollection": "delete\(names.word)Collection\(place)\(kind)"
        case "watchlist": "watch\(names.word)\(place)\(kind)"
        default: "\(verb)\(names.word)\(place)\(kind)"
        }
    }

    private static func action(_ verb: String) -> String {
        switch verb {
        case "create": "post"
        case "update": "put"
        default: verb
        }
    }

    private func fill(_ operation: inout OperationDocument, _ verb: String, object: OperationDocument.Content?) {
        let media = type.isCustom ? OperationDocument.plainMedia : OperationDocument.media
        operation.queries = QueryParameter.all(of: verb, isCustom: type.isCustom) + [.pretty]
        operation.answer = object
        operation.answerMedia = media
        if type.isCustom { operation.bodylessMedia = OperationDocument.plainMedia }
        let written = type.isCustom ? OperationDocument.plainMedia : ["*/*"]
        switch verb {
        case "list":
            if !type.isCustom { operation.answerMedia += OperationDocument.watchMedia }
        case "create", "update":
            (operation.body, operation.bodyMedia, operation.needsBody) = (object, written, true)
            operation.further = [("201", "Created")] + (verb == "create" ? [("202", "Accepted")] : [])
        case "patch":
            operation.body = .type(WellKnown.patch)
            operation.bodyMedia = ["application/json-patch+json", "application/merge-patch+json"]
            if !type.isCustom { operation.bodyMedia.append("application/strategic-merge-patch+json") }
            operation.bodyMedia.append("application/apply-patch+yaml")
            operation.needsBody = true
            if !type.isCustom { operation.further = [("201", "Created")] }
        case "delete":
            (operation.body, operation.bodyMedia) = (.type(WellKnown.deleteOptions), written)
            operation.answer = returnsDeleted ? object : .type(WellKnown.status)
            operation.further = [("202", "Accepted")]
        case "deletecollection":
            if !type.isCustom {
                (operation.body, operation.bodyMedia) = (.type(WellKnown.deleteOptions), written)
            }
            operation.answer = .type(WellKnown.status)
        default: break
        }
    }

    /// Whether deleting one is answered with what was deleted.
    private var returnsDeleted: Bool {
        switch type.group {
        case "":
            [
                "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas",
                "serviceaccounts", "services",
            ].contains(type.resource)
        case "resource.k8s.io": true
        case "storage.k8s.io": type.resource != "csistoragecapacities"
        default: false
        }
    }

    // MARK: Subresources

    private func items(_ subresource: ResourceType.Subresource, _ path: String) -> [PathItem] {
        let places = namespace + [Self.name]
        let path = path + "/" + subresource.name
        let kind = type.kind + OperationNames.capitalized(subresource.name)
        if Self.connections.contains(subresource.name) {
            return connections(subresource, path, kind, places)
        }
        var item = PathItem(path: path, places: places)
        let answer = PathDocument.schemaName(subresource.kind, of: type, catalog)
        for (verb, method) in Self.methods where subresource.verbs.contains(verb) {
            var operation = OperationDocument(
                identifier: identifier(verb, kind, true), tag: names.tag, action: Self.action(verb),
                kind: subresource.kind)
            fill(&operation, verb, object: answer.map { .type($0) })
            if subresource.name == "log" {
                operation.queries = QueryParameter.connection("log")
                operation.answer = .text
                operation.answerMedia.append("text/plain")
            }
            item.operations.append((method, operation))
        }
        return [item]
    }

    private func connections(
        _ subresource: ResourceType.Subresource, _ path: String, _ kind: String, _ places: [QueryParameter]
    ) -> [PathItem] {
        let isProxy = subresource.name == "proxy"
        let methods = isProxy ? ["get", "put", "post", "delete", "options", "head", "patch"] : ["get", "post"]
        func item(_ path: String, _ places: [QueryParameter], _ suffix: String) -> PathItem {
            let place = type.isNamespaced ? "Namespaced" : ""
            var item = PathItem(path: path, places: places)
            for method in methods {
                let word = OperationNames.capitalized(method)
                let operation = OperationDocument(
                    identifier: "connect\(names.word)\(word)\(place)\(kind)\(suffix)", tag: names.tag,
                    action: "connect", kind: subresource.kind, queries: QueryParameter.connection(subresource.name),
                    answer: .text, answerMedia: ["*/*"])
                item.operations.append((method, operation))
            }
            return item
        }
        let whole = item(path, places, "")
        return isProxy ? [whole, item(path + "/{path}", places + [.path("path")], "WithPath")] : [whole]
    }

    // MARK: Watches

    /// The paths that watches had before lists took `watch=true`.
    private func watches() -> [PathItem] {
        func item(_ path: String, _ places: [QueryParameter], _ verb: String, _ kind: String, _ isScoped: Bool)
            -> PathItem
        {
            let operation = OperationDocument(
                identifier: identifier(verb, kind, isScoped), tag: names.tag, action: verb,
                kind: type.groupVersionKind, queries: QueryParameter.list + [.pretty], answer: Self.watchEvent,
                answerMedia: OperationDocument.media + OperationDocument.watchMedia)
            return PathItem(path: path, places: places, operations: [("get", operation)])
        }
        let collection = root + "/watch" + (type.isNamespaced ? "/namespaces/{namespace}/" : "/") + type.resource
        var items = [
            item(collection, namespace, "watchlist", type.kind + "List", true),
            item(collection + "/{name}", namespace + [Self.name], "watch", type.kind, true),
        ]
        if type.isNamespaced {
            items.append(
                item("\(root)/watch/\(type.resource)", [], "watchlist", type.kind + "ListForAllNamespaces", false))
        }
        return items
    }
}
