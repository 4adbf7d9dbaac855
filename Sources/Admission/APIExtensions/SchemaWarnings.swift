import Document

/// What a definition's schemas say that has no effect, or less than one may think.
struct SchemaWarnings {
    /// The formats that nothing is checked by, in the schemas' order.
    private(set) var formats: [String] = []
    /// Lists that are said to be sets of lists or objects.
    private(set) var sets: Set<String> = []

    private static let textFormats: Set<String> = [
        "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5",
        "isbn", "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor", "byte", "password", "date", "duration",
        "datetime", "k8sshortname", "k8slongname",
    ]

    /// - Parameter spec: a definition's `spec`.
    init(_ spec: JSON) {
        let versions = spec.list("versions")
        let schemas = versions.map { $0["schema", "openAPIV3Schema"] ?? .null }
        // Versions that have one schema are one.
        let isShared = schemas.allSatisfy { Semantics.equal($0, schemas.first) }
        for schema in isShared ? Array(schemas.prefix(1)) : schemas { read(schema) }
    }

    private mutating func read(_ schema: JSON) {
        guard schema.object != nil else { return }
        let format = schema.text("format")
        if !format.isEmpty, !Self.isKnown(format, schema.text("type")) { formats.append(format) }
        if schema.text("x-kubernetes-list-type") == "set",
            let type = schema["items"]?.text("type"), ["object", "array"].contains(type)
        {
            sets.insert(
                "x-kubernetes-list-type: set for items of type \"\(type)\" is not supported by server-side apply or CEL validation rules"
            )
        }
        if let items = schema["items"] {
            read(items)
            for item in items.elements { read(item) }
        }
        for combination in ["allOf", "anyOf", "oneOf"] { for part in schema.list(combination) { read(part) } }
        if let not = schema["not"] { read(not) }
        for (_, property) in schema["properties"]?.entries ?? JSONObject() { read(property) }
        if let more = schema["additionalProperties"] { read(more) }
    }

    private static func isKnown(_ format: String, _ type: String) -> Bool {
        switch type {
        case "", "string": textFormats.contains(format.replacing("-", with: ""))
        case "integer": ["int32", "int64"].contains(format)
        case "number": ["float", "double"].contains(format)
        default: false
        }
    }
}
