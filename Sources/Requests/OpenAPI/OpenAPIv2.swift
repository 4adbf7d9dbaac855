public import Document
public import Schema

/// The OpenAPI 2 document ("swagger") of everything that is served.
public struct OpenAPIv2: Sendable {
    /// As JSON.
    public let json: [UInt8]
    /// As gnostic's `openapi.v2.Document` message, which kubectl asks for.
    public let protobuf: [UInt8]
    /// With its quotes.
    public let etag: String

    /// Builds both encodings at once: keep the value as long as the catalog and what others say.
    public init(_ catalog: Catalog, definitions: [JSON], version: String, others: ForeignOpenAPI = .none) {
        let schemas = SchemaDocument(.v2, catalog)
        let writer = PathDocument(schemas)
        let byName = Dictionary(
            definitions.map { ($0["metadata", "name"]?.string ?? "", $0) }, uniquingKeysWith: { a, _ in a })
        var paths = JSONObject()
        var components = JSONObject()
        var wanted: Set<String> = [WellKnown.status]
        for type in catalog.resources {
            for (path, item) in writer.paths(type, catalog, &wanted) { paths[path] = item }
            guard type.isCustom else { continue }
            components[CustomSchema.name(type)] = CustomSchema.object(
                type, definition: byName[type.resource + "." + type.group], schemas)
            components[CustomSchema.name(type, list: true)] = CustomSchema.list(type, schemas)
            wanted.formUnion([WellKnown.objectMeta, WellKnown.listMeta])
        }
        for (path, item) in Self.discovery(catalog, writer) { paths[path] = item }
        wanted.formUnion([WellKnown.versions, WellKnown.groupList, WellKnown.group, WellKnown.resourceList])
        SchemaClosure.add(wanted, to: &components, catalog, schemas)
        others.merge(into: &paths, &components)
        let document: JSON = [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(version)], "paths": .object(paths),
            "definitions": .object(components), "securityDefinitions": ["BearerToken": OpenAPIv3.bearer],
            "security": [["BearerToken": []]],
        ]
        json = document.encoded()
        protobuf = SwaggerMessage.encode(document)
        etag = "\"\(StableHash.digits(json))\""
    }

    /// The paths of discovery itself.
    private static func discovery(_ catalog: Catalog, _ writer: PathDocument) -> [String: JSON] {
        var out = [
            "/api/": writer.discovery(WellKnown.versions, "getCoreAPIVersions", tag: "core"),
            "/apis/": writer.discovery(WellKnown.groupList, "getAPIVersions", tag: "apis"),
        ]
        for type in catalog.resources where !type.isCustom {
            let names = OperationNames(group: type.group, version: type.version)
            let root = type.group.isEmpty ? "/api/" : "/apis/"
            out[root + type.apiVersion + "/"] = writer.discovery(
                WellKnown.resourceList, "get\(names.word)APIResources", tag: names.tag)
            if type.group.isEmpty { continue }
            out["/apis/\(type.group)/"] = writer.discovery(
                WellKnown.group, "get\(names.groupWord)APIGroup", tag: names.groupTag)
        }
        return out
    }
}
