import Document
import Schema

/// Whether the defaults in a schema are values that it accepts.
enum SchemaDefaults {
    /// Whether a schema has a default anywhere.
    static func isThere(in schema: JSON) -> Bool {
        guard schema.object != nil else { return false }
        if schema.has("default") { return true }
        let parts =
            ["items", "additionalProperties", "not"].compactMap { schema[$0] }
            + ["allOf", "anyOf", "oneOf"].flatMap { schema.list($0) }
            + (schema["properties"]?.entries.map(\.value) ?? [])
        return parts.contains { isThere(in: $0) }
    }

    static func validate(_ schema: JSON, _ path: String, isRoot: Bool = true, _ errors: inout [FieldError]) {
        if let value = schema.given("default") {
            let isResource = isRoot || schema.flag("x-kubernetes-embedded-resource")
            check(value, schema, path + ".default", isResource: isResource, &errors)
        }
        for entry in schema["properties"]?.entries ?? JSONObject() {
            validate(entry.value, "\(path).properties[\(entry.key)]", isRoot: false, &errors)
        }
        if let items = schema.given("items") { validate(items, path + ".items", isRoot: false, &errors) }
        if let more = schema.given("additionalProperties"), case .object = more {
            validate(more, path + ".additionalProperties", isRoot: false, &errors)
        }
    }

    private static func check(
        _ value: JSON, _ schema: JSON, _ at: String, isResource: Bool, _ errors: inout [FieldError]
    ) {
        let structural = StructuralSchema(schema)
        var pruned = value
        if !structural.prune(&pruned, isResource: isResource).isEmpty {
            errors.append(.invalid(at, value, "must not have unknown fields"))
        }
        if isResource, value.object != nil {
            let missing = ["apiVersion", "kind"].filter { value.text($0).isEmpty }
            errors += missing.map { .required("\(at).\($0)") }
            if !missing.isEmpty { return }
        }
        for error in structural.validate(value) {
            // The texts speak of the value alone; only the place is the default's.
            let rest = error.path.isEmpty || error.path.hasPrefix("[") ? error.path : "." + error.path
            errors.append(FieldError(error.type, at + rest, error.body))
        }
    }
}
