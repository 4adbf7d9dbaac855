import Document
import Schema

/// What makes a schema structural: types are said outside of `allOf`, `anyOf`, `oneOf` and `not`, which only restrict values.
/// Upstream's `ValidateStructural`.
struct StructuralRules {
    private enum Level { case root, item, field }
    private var errors: [FieldError] = []

    /// Everything wrong, in the order of the texts.
    static func validate(_ schema: JSON, _ path: String) -> [FieldError] {
        var rules = StructuralRules()
        rules.invariants(schema, .root, path)
        return rules.errors.map { ($0, $0.description) }.sorted { $0.1.bytesPrecede($1.1) }.map(\.0)
    }

    /// What a schema says that no structural schema can: upstream's `NewStructural` gives up at the first such thing.
    static func unsupported(_ schema: JSON) -> String? {
        for key in ["id", "$schema", "$ref"] where !schema.text(key).isEmpty { return text(notServed: key) }
        for key in ["patternProperties", "dependencies"] where !(schema[key]?.entries.isEmpty ?? true) {
            return text(notServed: key)
        }
        if schema.has("additionalItems") { return text(notServed: "additionalItems") }
        if !(schema["definitions"]?.entries.isEmpty ?? true) { return text(notServed: "definitions") }
        for key in ["allOf", "anyOf", "oneOf"] {
            for inner in schema.list(key) { if let found = unsupported(inner) { return found } }
        }
        if let inner = schema.given("not"), let found = unsupported(inner) { return found }
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == false {
            return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
        }
        if let items = schema.given("items") {
            if items.array != nil { return "OpenAPIV3Schema 'items' must be a schema, but is an array" }
            if let found = unsupported(items) { return found }
        }
        for (_, inner) in schema["properties"]?.entries ?? JSONObject() {
            if let found = unsupported(inner) { return found }
        }
        if let inner = schema["additionalProperties"], inner.object != nil { return unsupported(inner) }
        return nil
    }

    private static func text(notServed key: String) -> String {
        "OpenAPIV3Schema '\(key == "$schema" ? "schema" : key)' is not supported"
    }

    private mutating func invariants(_ schema: JSON, _ level: Level, _ path: String) {
        let type = schema.text("type")
        let keepsUnknown = schema.flag("x-kubernetes-preserve-unknown-fields")
        let isEmbedded = schema.flag("x-kubernetes-embedded-resource")
        let isIntOrString = schema.flag("x-kubernetes-int-or-string")
        let properties = schema["properties"]?.entries ?? JSONObject()
        if type == "array", !schema.has("items") { errors.append(.required(path + ".items", "must be specified")) }
        if let items = schema.given("items"), items.object != nil { invariants(items, .item, path + ".items") }
        for (name, inner) in properties { invariants(inner, .field, "\(path).properties[\(name)]") }
        if let more = schema.given("additionalProperties") {
            let at = path + ".additionalProperties"
            if level == .root { errors.append(.forbidden(at, "must not be used at the root")) }
            if more.object != nil { invariants(more, .field, at) }
            if isEmbedded {
                errors.append(.forbidden(at, "must not be used if x-kubernetes-embedded-resource is set"))
            }
        }
        for (key, isSet) in [
            ("x-kubernetes-preserve-unknown-fields", keepsUnknown), ("x-kubernetes-embedded-resource", isEmbedded),
        ] where isSet && isIntOrString {
            errors.append(
                .invalid("\(path).\(key)", .bool(true), "must be false if x-kubernetes-int-or-string is true"))
        }
        let first = schema.list("allOf").first.map(Self.isIntOrString) ?? false
        restrictions(schema, skipsAnyOf: Self.isIntOrString(schema), skipsFirstAllOf: first, path)
        if isEmbedded, type != "object" {
            let text = "must be object if x-kubernetes-embedded-resource is true"
            errors.append(
                type.isEmpty ? .required(path + ".type", text) : .invalid(path + ".type", .string(type), text))
        } else if type.isEmpty, !isIntOrString, !keepsUnknown {
            let place =
                switch level {
                case .root: "at the root"
                case .item: "for specified array items"
                case .field: "for specified object fields"
                }
            errors.append(.required(path + ".type", "must not be empty " + place))
        }
        if level == .root, !type.isEmpty, type != "object" {
            errors.append(.invalid(path + ".type", .string(type), "must be object at the root"))
        }
        metadata(properties, level, isResource: level == .root || isEmbedded, path)
        if isEmbedded, !keepsUnknown, properties.isEmpty {
            errors.append(
                .required(
                    path + ".properties",
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
                ))
        }
    }

    private mutating func metadata(_ properties: JSONObject, _ level: Level, isResource: Bool, _ path: String) {
        guard isResource else { return }
        for name in ["kind", "apiVersion"] {
            guard let type = properties[name]?.text("type"), type != "string" else { continue }
            errors.append(.invalid("\(path).properties[\(name)].type", .string(type), "must be string"))
        }
        guard let metadata = properties["metadata"] else { return }
        let at = path + ".properties[metadata]"
        let type = metadata.text("type")
        if type != "object" { errors.append(.invalid(at + ".type", .string(type), "must be object")) }
        guard level == .root else { return }
        var rest = metadata
        for key in ["type", "default", "properties"] { rest[key] = nil }
        let names = Set((metadata["properties"]?.entries ?? JSONObject()).map(\.key))
        if !names.isSubset(of: ["name", "generateName"]) || !rest.entries.isEmpty {
            errors.append(
                .forbidden(
                    at,
                    "must not specify anything other than name and generateName, but metadata is implicitly specified"))
        }
    }

    /// Whether the schema's `anyOf` is the one that says "an integer or a string".
    private static func isIntOrString(_ schema: JSON) -> Bool {
        schema.list("anyOf") == [["type": "integer"], ["type": "string"]]
    }

    private mutating func restrictions(_ schema: JSON, skipsAnyOf: Bool, skipsFirstAllOf: Bool, _ path: String) {
        if !skipsAnyOf {
            for (i, inner) in schema.list("anyOf").enumerated() {
                nested(inner, skipsAnyOf: false, "\(path).anyOf[\(i)]")
            }
        }
        for (i, inner) in schema.list("allOf").enumerated() {
            nested(inner, skipsAnyOf: skipsFirstAllOf && i == 0, "\(path).allOf[\(i)]")
        }
        for (i, inner) in schema.list("oneOf").enumerated() {
            nested(inner, skipsAnyOf: false, "\(path).oneOf[\(i)]")
        }
        if let inner = schema.given("not") { nested(inner, skipsAnyOf: false, path + ".not") }
        if let pattern = schema["pattern"]?.string, Pattern(pattern) == nil {
            errors.append(
                .invalid(path + ".pattern", .string(pattern), "must be a valid regular expression, but isn't"))
        }
    }

    /// A schema inside of `allOf`, `anyOf`, `oneOf` or `not`: it may restrict, not define.
    private mutating func nested(_ schema: JSON, skipsAnyOf: Bool, _ path: String) {
        restrictions(schema, skipsAnyOf: skipsAnyOf, skipsFirstAllOf: false, path)
        if let items = schema.given("items"), items.object != nil {
            nested(items, skipsAnyOf: false, path + ".items")
        }
        let properties = schema["properties"]?.entries ?? JSONObject()
        for (name, inner) in properties { nested(inner, skipsAnyOf: false, "\(path).properties[\(name)]") }
        func forbid(_ key: String, _ text: String, if isSet: Bool) {
            if isSet { errors.append(.forbidden("\(path).\(key)", "must be \(text) to be structural")) }
        }
        forbid("type", "empty", if: !schema.text("type").isEmpty)
        forbid("additionalProperties", "undefined", if: schema.has("additionalProperties"))
        forbid("default", "undefined", if: schema.has("default"))
        forbid("title", "empty", if: !schema.text("title").isEmpty)
        forbid("description", "empty", if: !schema.text("description").isEmpty)
        for key in [
            "nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
            "x-kubernetes-int-or-string",
        ] { forbid(key, "false", if: schema.flag(key)) }
        forbid("x-kubernetes-list-map-keys", "empty", if: !schema.list("x-kubernetes-list-map-keys").isEmpty)
        forbid("x-kubernetes-list-type", "undefined", if: schema.has("x-kubernetes-list-type"))
        forbid("x-kubernetes-map-type", "undefined", if: schema.has("x-kubernetes-map-type"))
        forbid("x-kubernetes-validations", "empty", if: !schema.list("x-kubernetes-validations").isEmpty)
        if properties["metadata"] != nil {
            errors.append(.forbidden(path + ".properties[metadata]", "must not be specified in a nested context"))
        }
    }
}
