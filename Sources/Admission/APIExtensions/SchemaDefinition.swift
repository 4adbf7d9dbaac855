import Document
import Schema

/// What a schema in a CustomResourceDefinition must hold to so that objects can be pruned, defaulted and published by it.
enum SchemaDefinition {
    private static let types = ["array", "boolean", "integer", "number", "object", "string"]

    static func validate(_ schema: JSON, _ path: String, _ errors: inout [FieldError]) {
        let type = schema.text("type")
        if type.isEmpty {
            errors.append(.required(path + ".type", "must not be empty at the root"))
        } else if type != "object" {
            errors.append(.invalid(path + ".type", .string(type), "must be object at the root"))
        }
        let before = errors.count
        walk(schema, path, place: .root, isNested: false, &errors)
        if errors.count == before { defaults(schema, path, &errors) }
        // Rules are compiled only where the schema itself is right: what is said of others would mean little.
        if errors.count == before { SchemaRuleCompilation.validate(schema, path, &errors) }
    }

    private enum Place { case root, field, item, additional }

    private static func walk(_ schema: JSON, _ path: String, place: Place, isNested: Bool, _ errors: inout [FieldError])
    {
        let type = schema.text("type")
        if schema.has("$ref") { errors.append(.forbidden(path + ".$ref", "$ref is not supported")) }
        if !type.isEmpty, !types.contains(type) { errors.append(.notSupported(path + ".type", .string(type), types)) }
        let isFree = schema.flag("x-kubernetes-int-or-string") || schema.flag("x-kubernetes-preserve-unknown-fields")
        if type.isEmpty, !isFree, !isNested, !schema.has("$ref") {
            switch place {
            case .root: break
            case .field: errors.append(.required(path + ".type", "must not be empty for specified object fields"))
            case .item: errors.append(.required(path + ".type", "must not be empty for specified array items"))
            case .additional: errors.append(.required(path + ".type", "must not be empty for specified object fields"))
            }
        }
        if schema.flag("uniqueItems") {
            errors.append(
                .forbidden(
                    path + ".uniqueItems",
                    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"))
        }
        if schema.has("properties"), schema.has("additionalProperties") {
            errors.append(
                .forbidden(path + ".additionalProperties", "additionalProperties and properties are mutual exclusive"))
        }
        if schema["additionalProperties"] == false {
            errors.append(.forbidden(path + ".additionalProperties", "additionalProperties cannot be set to false"))
        }
        for keyword in ["definitions", "dependencies", "patternProperties", "id"] where schema.has(keyword) {
            errors.append(.forbidden("\(path).\(keyword)", "\(keyword) is not supported"))
        }
        if let pattern = schema["pattern"]?.string, Pattern(pattern) == nil {
            errors.append(
                .invalid(path + ".pattern", .string(pattern), "must be a valid regular expression, but isn't"))
        }
        if type == "array", !schema.has("items"), !schema.flag("x-kubernetes-preserve-unknown-fields") {
            errors.append(.required(path + ".items", "must be specified"))
        }
        if isNested, schema.has("default") {
            errors.append(.forbidden(path + ".default", "must be undefined to be structural"))
        }
        lists(schema, path, &errors)
        for entry in schema["properties"]?.entries ?? JSONObject() {
            walk(entry.value, "\(path).properties[\(entry.key)]", place: .field, isNested: isNested, &errors)
        }
        if let items = schema.given("items"), case .object = items {
            walk(items, path + ".items", place: .item, isNested: isNested, &errors)
        }
        if let more = schema.given("additionalProperties"), case .object = more {
            walk(more, path + ".additionalProperties", place: .additional, isNested: isNested, &errors)
        }
        for combination in ["allOf", "anyOf", "oneOf"] {
            for (i, inner) in schema.list(combination).enumerated() {
                walk(inner, "\(path).\(combination)[\(i)]", place: .root, isNested: true, &errors)
            }
        }
        if let inner = schema.given("not") { walk(inner, path + ".not", place: .root, isNested: true, &errors) }
        SchemaRuleCompilation.validateWording(schema, path, &errors)
    }

    private static func lists(_ schema: JSON, _ path: String, _ errors: inout [FieldError]) {
        let keys = schema["x-kubernetes-list-map-keys"]?.strings ?? []
        guard let listType = schema["x-kubernetes-list-type"]?.string else {
            if !keys.isEmpty {
                errors.append(
                    .forbidden(
                        path + ".x-kubernetes-list-map-keys", "must be empty if x-kubernetes-list-type is not map"))
            }
            return
        }
        let at = path + ".x-kubernetes-list-type"
        if !["atomic", "set", "map"].contains(listType) {
            errors.append(.notSupported(at, .string(listType), ["atomic", "map", "set"]))
        }
        if schema.text("type") != "array" {
            errors.append(
                .invalid(
                    path + ".type", .string(schema.text("type")), "must be array if x-kubernetes-list-type is specified"
                ))
        }
        guard listType == "map" else {
            if !keys.isEmpty {
                errors.append(
                    .forbidden(
                        path + ".x-kubernetes-list-map-keys", "must be empty if x-kubernetes-list-type is not map"))
            }
            return
        }
        if keys.isEmpty {
            errors.append(
                .required(path + ".x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"))
        }
        let items = schema["items"] ?? .null
        if items.text("type") != "object" {
            errors.append(
                .invalid(
                    path + ".items.type", .string(items.text("type")),
                    "must be object if parent array's x-kubernetes-list-type is map"))
        }
        let required = Set(items["required"]?.strings ?? [])
        for (i, key) in keys.enumerated() {
            guard let property = items["properties", key] else {
                errors.append(
                    .invalid(
                        "\(path).x-kubernetes-list-map-keys[\(i)]", .string(key),
                        "entries must all be names of item properties"))
                continue
            }
            if property.has("default") || required.contains(key) { continue }
            errors.append(
                .required(
                    "\(path).items.properties[\(key)].default",
                    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                ))
        }
    }

    /// Every default fits its own schema.
    private static func defaults(_ schema: JSON, _ path: String, _ errors: inout [FieldError]) {
        if let value = schema.given("default") {
            for error in StructuralSchema(schema).validate(value) {
                // The texts speak of the value alone; only the place is the default's.
                let rest = error.path.isEmpty || error.path.hasPrefix("[") ? error.path : "." + error.path
                errors.append(FieldError(error.type, path + ".default" + rest, error.body))
            }
        }
        for entry in schema["properties"]?.entries ?? JSONObject() {
            defaults(entry.value, "\(path).properties[\(entry.key)]", &errors)
        }
        if let items = schema.given("items") { defaults(items, path + ".items", &errors) }
        if let more = schema.given("additionalProperties"), case .object = more {
            defaults(more, path + ".additionalProperties", &errors)
        }
    }
}
