public import Document

/// The OpenAPI schema of a custom resource's version, read once: what prunes, defaults and checks its objects. Upstream's
/// structural schema.
public final class StructuralSchema: Sendable {
    let type: String
    let format: String
    let properties: [String: StructuralSchema]
    /// The schema of members that `properties` does not name; nil when there are to be none.
    let additional: StructuralSchema?
    let items: StructuralSchema?
    let defaultValue: JSON?
    let isNullable: Bool
    let isIntOrString: Bool
    let preservesUnknown: Bool
    let isEmbedded: Bool
    let listType: String
    let listMapKeys: [String]
    let required: [String]
    let enumeration: [JSON]?
    let limits: Limits
    let allOf, anyOf, oneOf: [StructuralSchema]
    let not: StructuralSchema?
    /// Whether a default lies anywhere in or below this.
    let hasDefaults: Bool

    /// Numeric and length limits, and the pattern.
    struct Limits: Sendable {
        var minimum, maximum, multipleOf: Double?
        var exclusiveMinimum = false
        var exclusiveMaximum = false
        var minLength, maxLength, minItems, maxItems, minProperties, maxProperties: Int64?
        var uniqueItems = false
        var pattern: String?
    }

    /// Reads `openAPIV3Schema`.
    public init(_ json: JSON) {
        type = json.text("type")
        format = json.text("format")
        var properties: [String: StructuralSchema] = [:]
        for entry in json["properties"]?.entries ?? JSONObject() { properties[entry.key] = StructuralSchema(entry.value) }
        self.properties = properties
        switch json["additionalProperties"] {
        case .object?: additional = StructuralSchema(json["additionalProperties"] ?? .null)
        case .bool(true)?: additional = StructuralSchema(["x-kubernetes-preserve-unknown-fields": true])
        default: additional = nil
        }
        items = json.given("items").map { StructuralSchema($0) }
        defaultValue = json.given("default")
        isNullable = json.flag("nullable")
        isIntOrString = json.flag("x-kubernetes-int-or-string")
        preservesUnknown = json.flag("x-kubernetes-preserve-unknown-fields")
        isEmbedded = json.flag("x-kubernetes-embedded-resource")
        listType = json.text("x-kubernetes-list-type")
        listMapKeys = json["x-kubernetes-list-map-keys"]?.strings ?? []
        required = json["required"]?.strings ?? []
        enumeration = json["enum"]?.array
        var limits = Limits()
        limits.minimum = json["minimum"]?.number
        limits.maximum = json["maximum"]?.number
        limits.multipleOf = json["multipleOf"]?.number
        limits.exclusiveMinimum = json.flag("exclusiveMinimum")
        limits.exclusiveMaximum = json.flag("exclusiveMaximum")
        limits.minLength = json.integer("minLength")
        limits.maxLength = json.integer("maxLength")
        limits.minItems = json.integer("minItems")
        limits.maxItems = json.integer("maxItems")
        limits.minProperties = json.integer("minProperties")
        limits.maxProperties = json.integer("maxProperties")
        limits.uniqueItems = json.flag("uniqueItems")
        limits.pattern = json["pattern"]?.string
        self.limits = limits
        allOf = json.list("allOf").map { StructuralSchema($0) }
        anyOf = json.list("anyOf").map { StructuralSchema($0) }
        oneOf = json.list("oneOf").map { StructuralSchema($0) }
        not = json.given("not").map { StructuralSchema($0) }
        hasDefaults =
            defaultValue != nil || properties.values.contains { $0.hasDefaults } || additional?.hasDefaults == true
            || items?.hasDefaults == true
    }

    /// Drops the members that the schema does not know, and gives their paths: `spec.unknown`. The object's own `apiVersion`,
    /// `kind` and `metadata` always stay.
    public func prune(_ object: inout JSON) -> [String] {
        var unknown: [String] = []
        prune(&object, "", isResource: true, &unknown)
        return unknown
    }

    private func prune(_ value: inout JSON, _ path: String, isResource: Bool, _ unknown: inout [String]) {
        switch value {
        case .object(var object):
            value = .null
            var dropped: [String] = []
            for (i, entry) in object.enumerated() {
                if isResource, ["apiVersion", "kind", "metadata"].contains(entry.key) { continue }
                let at = path.isEmpty ? entry.key : path + "." + entry.key
                if let inner = properties[entry.key] ?? additional {
                    var child = entry.value
                    inner.prune(&child, at, isResource: inner.isEmbedded, &unknown)
                    object.storage[i].value = child
                } else if !preservesUnknown {
                    dropped.append(entry.key)
                    unknown.append(at)
                }
            }
            for key in dropped { object[key] = nil }
            value = .object(object)
        case .array:
            guard let items else { return }
            value.modifyElements { i, element in items.prune(&element, "\(path)[\(i)]", isResource: items.isEmbedded, &unknown) }
        default: break
        }
    }

    /// Fills in defaults, top down, and drops nulls where the schema allows none.
    public func applyDefaults(_ value: inout JSON) {
        switch value {
        case .object(var object):
            value = .null
            for (name, schema) in properties {
                let given = object[name]
                if given == nil || (given!.isNull && !schema.isNullable) {
                    object[name] = schema.defaultValue
                }
                if schema.hasDefaults || given != nil, var child = object[name] {
                    object[name] = .null
                    schema.applyDefaults(&child)
                    object[name] = child
                }
            }
            if let additional {
                for (i, entry) in object.enumerated() where properties[entry.key] == nil {
                    var child = entry.value
                    if child.isNull, !additional.isNullable, let value = additional.defaultValue { child = value }
                    additional.applyDefaults(&child)
                    object.storage[i].value = child
                }
            }
            value = .object(object)
        case .array:
            guard let items else { return }
            value.modifyElements { _, element in
                if element.isNull, !items.isNullable, let value = items.defaultValue { element = value }
                items.applyDefaults(&element)
            }
        default: break
        }
    }
}
