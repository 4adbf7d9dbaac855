public import Document

/// A structural OpenAPI v3 schema of a CustomResourceDefinition, read once into the form that pruning, defaulting and
/// validation walk. It never changes afterwards.
public final class StructuralSchema: Sendable {
    struct Property: Sendable {
        let name: String
        let prefix: UInt64
        let schema: StructuralSchema
    }

    /// `object`, `array`, `string`, `integer`, `number`, `boolean`; empty for any.
    let type: String
    let format: String
    let isNullable: Bool
    let defaultValue: JSON?
    /// In the byte order of their names.
    let properties: [Property]
    /// The schema of members that are not named.
    let additional: StructuralSchema?
    /// Members that are not named are kept: `additionalProperties: true` or `x-kubernetes-preserve-unknown-fields`.
    let keepsUnknown: Bool
    let items: StructuralSchema?
    let isEmbeddedResource: Bool
    let isIntOrString: Bool
    let listType: String
    let listMapKeys: [String]
    let mapType: String
    let rules: ValueRules
    /// Whether a default is set here or below: walks pass over everything else.
    let hasDefaults: Bool
    /// The length of the default as JSON, with what stands around it.
    let defaultBytes: Int

    /// Reads `openAPIV3Schema`, or any schema below it.
    public init(_ schema: JSON) {
        type = schema["type"]?.string ?? ""
        format = schema["format"]?.string ?? ""
        isNullable = schema["nullable"]?.bool ?? false
        defaultValue = schema["default"]
        defaultBytes = defaultValue.map { $0.encoded().count + 4 } ?? 0
        properties = (schema["properties"]?.entries ?? JSONObject()).map {
            Property(name: $0.key, prefix: $0.key.bytePrefix, schema: StructuralSchema($0.value))
        }
        if case .object? = schema["additionalProperties"] {
            additional = schema["additionalProperties"].map { StructuralSchema($0) }
        } else {
            additional = Optional.none
        }
        keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] == true || schema["additionalProperties"] == true
        items = schema["items"].map { StructuralSchema($0) }
        isEmbeddedResource = schema["x-kubernetes-embedded-resource"] == true
        isIntOrString = schema["x-kubernetes-int-or-string"] == true
        listType = schema["x-kubernetes-list-type"]?.string ?? ""
        listMapKeys = schema["x-kubernetes-list-map-keys"]?.strings ?? []
        mapType = schema["x-kubernetes-map-type"]?.string ?? ""
        rules = ValueRules(schema)
        hasDefaults =
            defaultValue != nil || properties.contains { $0.schema.hasDefaults } || additional?.hasDefaults == true
            || items?.hasDefaults == true
    }

    /// The property of that name; `place` goes along when names come in byte order.
    func property(_ name: String, after place: inout Int) -> StructuralSchema? {
        let prefix = name.bytePrefix
        while place < properties.count, properties[place].prefix < prefix { place += 1 }
        while place < properties.count, properties[place].prefix == prefix {
            if properties[place].name == name { return properties[place].schema }
            if !properties[place].name.bytesPrecede(name) { return nil }
            place += 1
        }
        return nil
    }

    func property(_ name: String) -> StructuralSchema? {
        var place = 0
        return property(name, after: &place)
    }
}

// MARK: Pruning and defaulting

extension StructuralSchema {
    /// Takes away what the schema does not know and returns its paths, `spec.list[0].odd`. `apiVersion`, `kind` and
    /// `metadata` of the object stay.
    public func prune(_ object: inout JSON) -> [String] {
        var unknown: [String] = []
        prune(&object, isRoot: true, unknown: &unknown)
        return unknown
    }

    /// The same for a value inside of an object, unless the value is a whole object itself.
    public func prune(_ value: inout JSON, isResource: Bool) -> [String] {
        var unknown: [String] = []
        prune(&value, isRoot: isResource, unknown: &unknown)
        return unknown
    }

    /// Sets what has a default and is not set.
    public func applyDefaults(_ object: inout JSON) {
        var bytesLeft = Int.max
        setDefaults(&object, &bytesLeft)
    }

    /// The most that defaults may add to an object: few bytes, a list of empty elements, could become as many as one likes.
    static let defaultBytesMax = 3 * 1024 * 1024

    /// Takes away the members that the schema does not know and collects their paths; `isRoot` objects keep `apiVersion`,
    /// `kind` and `metadata`.
    func prune(_ value: inout JSON, isRoot: Bool, unknown: inout [String]) {
        switch value {
        case .object(var object):
            value = .null
            defer { value = .object(object) }
            var place = 0
            var kept = 0
            for i in object.storage.indices {
                let name = object.storage[i].key
                var stays = keepsUnknown
                if isRoot || isEmbeddedResource, name == "apiVersion" || name == "kind" || name == "metadata" {
                    stays = true
                } else if let schema = property(name, after: &place) ?? additional {
                    let before = unknown.count
                    schema.prune(&object.storage[i].value, isRoot: false, unknown: &unknown)
                    Self.prefix(&unknown, from: before, with: name)
                    stays = true
                } else if !stays, unknown.count < Conformer.unknownMax {
                    unknown.append(name)
                }
                if stays {
                    if kept != i { object.storage.swapAt(kept, i) }
                    kept += 1
                }
            }
            object.storage.removeLast(object.storage.count - kept)
        case .array(var elements):
            guard let items else { return }
            value = .null
            defer { value = .array(elements) }
            for i in elements.indices {
                let before = unknown.count
                items.prune(&elements[i], isRoot: false, unknown: &unknown)
                if unknown.count > before { Self.prefix(&unknown, from: before, with: "[\(i)]") }
            }
        default: return
        }
    }

    private static func prefix(_ paths: inout [String], from start: Int, with name: String) {
        for i in start..<paths.count {
            paths[i] = paths[i].utf8.first == UInt8(ascii: "[") ? name + paths[i] : name + "." + paths[i]
        }
    }

    /// Sets what has a default and is not set; a null that may not be null counts as not set, and goes without a default.
    /// `bytesLeft` goes down by about what the defaults take when written; nothing more is set once it is below zero.
    func setDefaults(_ value: inout JSON, _ bytesLeft: inout Int) {
        if bytesLeft < 0 { return }
        switch value {
        case .object(var object):
            value = .null
            defer { value = .object(object) }
            for property in properties {
                if let given = object[property.name], !(given.isNull && !property.schema.isNullable) { continue }
                if let value = property.schema.defaultValue {
                    bytesLeft -= property.schema.defaultBytes + property.name.utf8.count
                    object[property.name] = value
                } else if object[property.name] != nil {
                    object[property.name] = nil
                }
            }
            var place = 0
            var kept = 0
            for i in object.storage.indices {
                if let schema = property(object.storage[i].key, after: &place) {
                    schema.setDefaults(&object.storage[i].value, &bytesLeft)
                } else if let additional {
                    if case .null = object.storage[i].value, !additional.isNullable {
                        guard let value = additional.defaultValue else { continue }
                        object.storage[i].value = value
                    }
                    additional.setDefaults(&object.storage[i].value, &bytesLeft)
                }
                if kept != i { object.storage.swapAt(kept, i) }
                kept += 1
            }
            object.storage.removeLast(object.storage.count - kept)
        case .array(var elements):
            guard let items else { return }
            value = .null
            defer { value = .array(elements) }
            for i in elements.indices {
                if case .null = elements[i], !items.isNullable, let value = items.defaultValue {
                    bytesLeft -= items.defaultBytes
                    elements[i] = value
                }
                items.setDefaults(&elements[i], &bytesLeft)
            }
        default: return
        }
    }
}

// MARK: The type for merging

extension StructuralSchema {
    /// The structured type of a custom resource: what apply, managed fields and pruning work by. `hasStatus`: the version
    /// has a status subresource. Without a schema everything is kept.
    public static func type(for kind: GroupVersionKind, schema: JSON?, hasStatus: Bool) -> TypeSchema {
        let structural = StructuralSchema(schema ?? ["type": "object", "x-kubernetes-preserve-unknown-fields": true])
        let type = TypeSchema(name: typeName(kind))
        var fields = structural.fields(typeName: type.name).filter {
            !["apiVersion", "kind", "metadata"].contains($0.name)
        }
        fields.append(Field(name: "apiVersion", shape: .string))
        fields.append(Field(name: "kind", shape: .string))
        if let metadata = Catalog.builtin.types[objectMeta] {
            fields.append(Field(name: "metadata", shape: .object(metadata)))
        }
        type.fill(fields, keepsUnknown: structural.keepsUnknown)
        type.isStatusSeparate = hasStatus
        type.structural = structural
        return type
    }

    static let objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

    /// `stable.example.com/v1 Widget` as `com.example.stable.v1.Widget`.
    private static func typeName(_ kind: GroupVersionKind) -> String {
        kind.group.split(separator: ".").reversed().joined(separator: ".") + "." + kind.version + "." + kind.kind
    }

    private func fields(typeName: String) -> [Field] {
        properties.map { property in
            let schema = property.schema
            let isList = schema.type == "array"
            return Field(
                name: property.name, shape: schema.shape(typeName + "." + property.name),
                isRequired: rules.required.contains(property.name), defaultValue: schema.defaultValue,
                listKind: isList
                    ? (schema.listType == "map" ? .map : schema.listType == "set" ? .set : .atomic) : Optional.none,
                mapKeys: schema.listMapKeys, isAtomic: schema.mapType == "atomic")
        }
    }

    private func shape(_ name: String) -> FieldShape {
        if isIntOrString { return .intOrString }
        switch type {
        case "string": return .string
        case "boolean": return .bool
        case "integer": return .int64
        case "number": return .double
        case "array": return .array(items?.shape(name + "[]") ?? .any)
        case "object":
            if isEmbeddedResource { return .any }
            if let additional { return .map(additional.shape(name + "[]")) }
            if properties.isEmpty { return .any }
            let inner = TypeSchema(name: name)
            inner.fill(fields(typeName: name), keepsUnknown: keepsUnknown, isAtomic: mapType == "atomic")
            return .object(inner)
        default: return .any
        }
    }
}
