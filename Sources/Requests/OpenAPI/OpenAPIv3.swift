public import Document
public import Schema

/// The OpenAPI 3 documents: an index with a content address for each group and version, and a document for each.
public struct OpenAPIv3: Sendable {
    /// The document of `api/v1`, `apis/apps/v1`, …
    public struct Document: Sendable {
        public let path: String
        /// As JSON.
        public let bytes: [UInt8]
        /// The content address, of all encodings.
        public let hash: String
        /// As gnostic's `openapi.v3.Document` message: made on each call (some milliseconds), since hardly anybody asks for it.
        public func protobuf() -> [UInt8] { OpenAPIv3Message.encode((try? JSON(parsing: bytes)) ?? .null) }
    }
    /// In the order of their paths.
    public let documents: [Document]
    /// The answer to `/openapi/v3`.
    public let index: [UInt8]

    /// How clients say who they are.
    static let bearer: JSON = [
        "type": "apiKey", "name": "authorization", "in": "header", "description": "Bearer Token authentication",
    ]

    /// Builds everything at once (tens of milliseconds): keep the value as long as the catalog. The index lists the documents of
    /// `others` too; their servers have them.
    /// `definitions` are the CustomResourceDefinitions behind the catalog's custom resources.
    public init(_ catalog: Catalog, definitions: [JSON], version: String, others: ForeignOpenAPI = .none) {
        let schemas = SchemaDocument(.v3, catalog)
        let writer = PathDocument(schemas)
        let byName = Dictionary(
            definitions.map { ($0["metadata", "name"]?.string ?? "", $0) }, uniquingKeysWith: { a, _ in a })
        var groups: [String: [ResourceType]] = [:]
        for type in catalog.resources { groups[type.apiVersion, default: []].append(type) }
        var documents: [Document] = []
        func add(_ path: String, _ paths: JSONObject, _ components: JSONObject, _ wanted: Set<String>) {
            var components = components
            SchemaClosure.add(wanted, to: &components, catalog, schemas)
            let document: JSON = [
                "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(version)],
                "paths": .object(paths),
                "components": ["schemas": .object(components), "securitySchemes": ["BearerToken": Self.bearer]],
            ]
            let bytes = document.encoded()
            documents.append(Document(path: path, bytes: bytes, hash: StableHash.digits(bytes)))
        }
        for apiVersion in groups.keys.sorted(by: { $0.bytesPrecede($1) }) {
            var paths = JSONObject()
            var components = JSONObject()
            var wanted: Set<String> = [WellKnown.status]
            for type in groups[apiVersion] ?? [] {
                for (path, item) in writer.paths(type, catalog, &wanted) { paths[path] = item }
                if type.isCustom {
                    components[CustomSchema.name(type)] = CustomSchema.object(
                        type, definition: byName[type.resource + "." + type.group], schemas)
                    components[CustomSchema.name(type, list: true)] = CustomSchema.list(type, schemas)
                    wanted.formUnion([WellKnown.objectMeta, WellKnown.listMeta])
                }
            }
            let path = (apiVersion.utf8.contains(UInt8(ascii: "/")) ? "apis/" : "api/") + apiVersion
            if let type = groups[apiVersion]?.first, !type.isCustom {
                let names = OperationNames(group: type.group, version: type.version)
                paths["/" + path + "/"] = writer.discovery(
                    WellKnown.resourceList, "get\(names.word)APIResources", tag: names.tag)
                wanted.insert(WellKnown.resourceList)
            }
            add(path, paths, components, wanted)
        }
        // What discovery itself answers.
        add(
            "api", ["/api/": writer.discovery(WellKnown.versions, "getCoreAPIVersions", tag: "core")], [:],
            [WellKnown.versions])
        add(
            "apis", ["/apis/": writer.discovery(WellKnown.groupList, "getAPIVersions", tag: "apis")], [:],
            [WellKnown.groupList])
        for group in Set(catalog.resources.filter { !$0.isCustom && !$0.group.isEmpty }.map(\.group)).sorted() {
            let names = OperationNames(group: group, version: "")
            let path = writer.discovery(WellKnown.group, "get\(names.groupWord)APIGroup", tag: names.groupTag)
            add("apis/" + group, ["/apis/\(group)/": path], [:], [WellKnown.group])
        }
        documents.sort { $0.path.bytesPrecede($1.path) }
        self.documents = documents
        var entries = JSONObject()
        for document in documents {
            entries[document.path] = [
                "serverRelativeURL": .string("/openapi/v3/\(document.path)?hash=\(document.hash)")
            ]
        }
        for other in others.addresses(besides: Set(documents.map(\.path))) {
            entries[other.path] = ["serverRelativeURL": .string(other.url)]
        }
        index = (["paths": .object(entries)] as JSON).encoded() + [10]
    }
}

/// The schemas that others refer to, all the way down.
enum SchemaClosure {
    static func add(
        _ wanted: Set<String>, to components: inout JSONObject, _ catalog: Catalog, _ schemas: SchemaDocument
    ) {
        var open = wanted
        while !open.isEmpty {
            var next: Set<String> = []
            for name in open where components[name] == nil {
                if let plain = WellKnown.schema(name, schemas.version) {
                    components[name] = plain
                } else if let type = catalog.types[name] {
                    components[name] = schemas.schema(of: type, &next)
                }
            }
            open = next
        }
    }
}
