import Document
import Schema

/// What a schema in a CustomResourceDefinition must hold to so that objects can be pruned, defaulted and published by it.
enum SchemaDefinition {
    private static let types = ["array", "boolean", "integer", "number", "object", "string"]

    /// - Parameter hasStatus: whether a version with this schema has the subresource `status`.
    static func validate(_ schema: JSON, _ path: String, hasStatus: Bool, _ errors: inout [FieldError]) {
        let before = errors.count
        if hasStatus { root(schema, path, &errors) }
        if schema.flag("nullable") {
            errors.append(.forbidden(path + ".nullable", "nullable cannot be true at the root"))
        }
        let unsupported = StructuralRules.unsupported(schema)
        var isStructural = false
        if unsupported == nil {
            var wrong = StructuralRules.validate(schema, path)
            if wrong.isEmpty { SchemaDefaults.validate(schema, path, &wrong) }
            errors += wrong
            isStructural = wrong.isEmpty
        }
        let start = errors.count
        walk(schema, path, Place(), &errors)
        // What rules mean can be said only of a schema that means something, and only where nothing is wrong below them.
        if isStructural { SchemaRuleCompilation.validate(schema, path, except: errors[start...].map(\.path), &errors) }
        if let unsupported, errors.count == before { errors.append(.invalid(path, "", unsupported)) }
    }

    /// With a status subresource the root describes the object's parts alone: what it said of the whole would not be checked.
    private static func root(_ schema: JSON, _ path: String, _ errors: inout [FieldError]) {
        for (key, field, isAllowed) in SchemaForm.fields where SchemaForm.isSet(schema[key]) {
            if field == "Type" {
                if schema.text("type") == "object" { continue }
                errors.append(
                    .invalid(
                        path + ".type", .string(schema.text("type")),
                        "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled"
                    ))
                return
            }
            if isAllowed { continue }
            let allowed = SchemaForm.namesAllowedAtRoot.joined(separator: " ")
            errors.append(
                .invalidDump(
                    path, SchemaForm.schema(schema),
                    "only [\(allowed)] fields are allowed at the root of the schema if the status subresource is enabled"
                ))
            return
        }
    }

    /// Where in a definition a schema stands.
    private struct Place {
        var isRoot = true
        var isInsideMetadata = false
        /// Why there may be no default; nil when there may be one.
        var noDefault: String?
    }

    private static func walk(_ schema: JSON, _ path: String, _ place: Place, _ errors: inout [FieldError]) {
        let type = schema.text("type")
        unserved(schema, type, path, place, &errors)
        if schema.flag("uniqueItems") {
            errors.append(
                .forbidden(
                    path + ".uniqueItems",
                    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"))
        }
        var inner = place
        inner.isRoot = false
        let properties = schema["properties"]?.entries ?? JSONObject()
        if let more = schema.given("additionalProperties") {
            let at = path + ".additionalProperties"
            if !properties.isEmpty, more != true {
                errors.append(.forbidden(at, "additionalProperties and properties are mutual exclusive"))
            }
            if more.object != nil {
                var below = inner
                if place.isInsideMetadata {
                    below.noDefault = "inside additionalProperties applying to object metadata"
                }
                walk(more, at, below, &errors)
            }
        }
        let isResource = place.isRoot || schema.flag("x-kubernetes-embedded-resource")
        for (name, property) in properties {
            var below = inner
            if isResource, ["metadata", "kind", "apiVersion"].contains(name) {
                below.isInsideMetadata = true
                if place.isRoot { below.noDefault = "in top-level \(name)" }
            }
            walk(property, "\(path).properties[\(name)]", below, &errors)
        }
        if let not = schema.given("not") { walk(not, path + ".not", inner, &errors) }
        for combination in ["allOf", "oneOf", "anyOf"] {
            for (i, part) in schema.list(combination).enumerated() {
                walk(part, "\(path).\(combination)[\(i)]", inner, &errors)
            }
        }
        for (name, definition) in schema["definitions"]?.entries ?? JSONObject() {
            walk(definition, "\(path).definitions[\(name)]", inner, &errors)
        }
        if let items = schema.given("items") {
            if items.object != nil { walk(items, path + ".items", inner, &errors) }
            for (i, item) in items.elements.enumerated() { walk(item, "\(path).items[\(i)]", inner, &errors) }
        }
        for (name, dependency) in schema["dependencies"]?.entries ?? JSONObject() where dependency.object != nil {
            walk(dependency, "\(path).dependencies[\(name)]", inner, &errors)
        }
        extensions(schema, type, path, &errors)
        SchemaRuleCompilation.validateWording(schema, path, &errors)
    }

    private static func unserved(
        _ schema: JSON, _ type: String, _ path: String, _ place: Place, _ errors: inout [FieldError]
    ) {
        func forbid(_ key: String) {
            errors.append(.forbidden("\(path).\(key)", "\(key) is not supported"))
        }
        if !type.isEmpty, !types.contains(type) { errors.append(.notSupported(path + ".type", .string(type), types)) }
        if let reason = place.noDefault, schema.has("default") {
            errors.append(.forbidden(path + ".default", "must not be set " + reason))
        }
        if !schema.text("id").isEmpty { forbid("id") }
        if schema.has("additionalItems") { forbid("additionalItems") }
        for key in ["patternProperties", "definitions"] where !(schema[key]?.entries.isEmpty ?? true) { forbid(key) }
        if schema.has("dependencies") { forbid("dependencies") }
        if schema.has("$ref") { forbid("$ref") }
        if type == "null" {
            errors.append(.forbidden(path + ".type", "type cannot be set to null, use nullable as an alternative"))
        }
        if !(schema["items"]?.elements.isEmpty ?? true) {
            errors.append(.forbidden(path + ".items", "items must be a schema object and not an array"))
        }
        if place.isInsideMetadata, schema.flag("x-kubernetes-embedded-resource") {
            errors.append(
                .forbidden(path + ".x-kubernetes-embedded-resource", "must not be used inside of resource meta"))
        }
    }

    /// Kubernetes' own words in a schema.
    private static func extensions(_ schema: JSON, _ type: String, _ path: String, _ errors: inout [FieldError]) {
        if schema["x-kubernetes-preserve-unknown-fields"] == false {
            errors.append(
                .invalid(path + ".x-kubernetes-preserve-unknown-fields", .bool(false), "must be true or undefined"))
        }
        func wrongType(_ wanted: String, for key: String) {
            let text = "must be \(wanted) if \(key) is specified"
            errors.append(
                type.isEmpty ? .required(path + ".type", text) : .invalid(path + ".type", .string(type), text))
        }
        if let mapType = schema["x-kubernetes-map-type"]?.string {
            if type != "object" { wrongType("object", for: "x-kubernetes-map-type") }
            if !["atomic", "granular"].contains(mapType) {
                errors.append(
                    .notSupported(path + ".x-kubernetes-map-type", .string(mapType), ["atomic", "granular"]))
            }
        }
        let listType = schema["x-kubernetes-list-type"]?.string
        let items = schema["items"]?.object == nil ? JSON.null : schema["items"] ?? .null
        if listType != nil, type != "array" {
            wrongType("array", for: "x-kubernetes-list-type")
        } else if listType == "set", !items.isNull {
            let key = items.text("type") == "array" ? "x-kubernetes-list-type" : "x-kubernetes-map-type"
            let given = items[key]?.string
            let isWrong =
                switch items.text("type") {
                case "array": given != nil && given != "atomic"
                case "object": given != "atomic"
                default: false
                }
            if isWrong {
                errors.append(
                    .invalid(
                        "\(path).items.\(key)", items["x-kubernetes-list-type"] ?? .null,
                        "must be atomic as item of a list with x-kubernetes-list-type=set"))
            }
        }
        let at = path + ".x-kubernetes-list-type"
        if let listType, !["atomic", "set", "map"].contains(listType) {
            errors.append(.notSupported(at, .string(listType), ["atomic", "set", "map"]))
        }
        let keys = schema["x-kubernetes-list-map-keys"]?.strings ?? []
        if !keys.isEmpty, listType != "map" {
            let text = "must be map if x-kubernetes-list-map-keys is non-empty"
            errors.append(listType.map { .invalid(at, .string($0), text) } ?? .required(at, text))
        }
        if listType == "map" { mapList(schema, items, keys, path, &errors) }
        if let listType, ["set", "map"].contains(listType), !items.isNull {
            elements(items, listType, keys, path, &errors)
        }
    }

    private static func mapList(
        _ schema: JSON, _ items: JSON, _ keys: [String], _ path: String, _ errors: inout [FieldError]
    ) {
        let at = path + ".x-kubernetes-list-map-keys"
        if keys.isEmpty { errors.append(.required(at, "must not be empty if x-kubernetes-list-type is map")) }
        guard schema.has("items") else {
            errors.append(.required(path + ".items", "must have a schema if x-kubernetes-list-type is map"))
            return
        }
        guard items.text("type") == "object" else {
            if !items.isNull {
                errors.append(
                    .invalid(
                        path + ".items.type", .string(items.text("type")),
                        "must be object if parent array's x-kubernetes-list-type is map"))
            }
            return
        }
        var seen: Set<String> = []
        let all = JSON.array(keys.map { .string($0) })
        for key in keys {
            if let property = items["properties", key] {
                if ["array", "object"].contains(property.text("type")) {
                    errors.append(
                        .invalid(
                            "\(path).items.properties[\(key)].type", .string(items.text("type")),
                            "must be a scalar type if parent array's x-kubernetes-list-type is map"))
                }
            } else {
                errors.append(.invalid(at, all, "entries must all be names of item properties"))
            }
            if !seen.insert(key).inserted { errors.append(.invalid(at, all, "must not contain duplicate entries")) }
        }
    }

    /// Elements that are told apart are never null, nor are the keys that tell them.
    private static func elements(
        _ items: JSON, _ listType: String, _ keys: [String], _ path: String, _ errors: inout [FieldError]
    ) {
        if items.flag("nullable") {
            errors.append(
                .forbidden(path + ".items.nullable", "cannot be nullable when x-kubernetes-list-type is " + listType))
        }
        guard listType == "map" else { return }
        let required = Set(items["required"]?.strings ?? [])
        for key in keys {
            guard let property = items["properties", key] else { continue }
            let at = "\(path).items.properties[\(key)]"
            if !property.has("default"), !required.contains(key) {
                errors.append(
                    .required(
                        at + ".default",
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    ))
            }
            if property.flag("nullable") {
                errors.append(
                    .forbidden(
                        at + ".nullable",
                        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
            }
        }
    }
}
