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

    /// Builds both encodings at once: keep the value as long as the catalog.
    public init(_ catalog: Catalog, definitions: [JSON], version: String) {
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
        SchemaClosure.add(wanted, to: &components, catalog, schemas)
        let document: JSON = [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(version)], "paths": .object(paths),
            "definitions": .object(components),
        ]
        json = document.encoded()
        protobuf = SwaggerMessage.encode(document)
        etag = "\"\(StableHash.digits(json))\""
    }
}
