import Document
import Schema

/// Writes structured types as the schemas of an OpenAPI document.
struct SchemaDocument {
    enum Version: Sendable { case v2, v3 }
    let version: Version
    /// The kinds whose objects have a type, by the type's name.
    let kinds: [String: [GroupVersionKind]]

    init(_ version: Version, _ catalog: Catalog) {
        self.version = version
        var kinds: [String: [GroupVersionKind]] = [:]
        for (kind, type) in catalog.namedKinds { kinds[type.name, default: []].append(kind) }
        for resource in catalog.resources {
            guard let type = resource.schema, !resource.isCustom else { continue }
            if !(kinds[type.name] ?? []).contains(resource.groupVersionKind) {
                kinds[type.name, default: []].append(resource.groupVersionKind)
            }
        }
        for name in kinds.keys {
            kinds[name]?.sort { ($0.group, $0.version, $0.kind) < ($1.group, $1.version, $1.kind) }
        }
        self.kinds = kinds
    }

    func path(_ name: String) -> String { (version == .v2 ? "#/definitions/" : "#/components/schemas/") + name }
    func reference(_ name: String) -> JSON { ["$ref": .string(path(name))] }

    static func kind(_ kind: GroupVersionKind) -> JSON {
        ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
    }

    /// The schema of a type, and the names of the types it refers to.
    func schema(of type: TypeSchema, _ referred: inout Set<String>) -> JSON {
        var properties = JSONObject()
        var required: [JSON] = []
        for field in type.fields {
            properties[field.name] = property(field, of: type, &referred)
            if field.isRequired { required.append(.string(field.name)) }
        }
        var schema: JSON = ["type": "object"]
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        if !required.isEmpty { schema["required"] = .array(required) }
        if type.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
        if type.keepsUnknown { schema["x-kubernetes-preserve-unknown-fields"] = true }
        if let kinds = kinds[type.name] {
            schema["x-kubernetes-group-version-kind"] = .array(kinds.map(SchemaDocument.kind))
        }
        return schema
    }

    private func property(_ field: Field, of type: TypeSchema, _ referred: inout Set<String>) -> JSON {
        var schema = shape(field.shape, field, of: type, &referred)
        // Version 2 says nothing of defaults; in version 3 what is said of a field stands beside the reference.
        if version == .v3 {
            if let target = schema["$ref"] { schema = ["allOf": [["$ref": target]]] }
            schema["default"] = field.defaultValue
        }
        if !field.enumeration.isEmpty {
            let values = JSON.array(field.enumeration.map { .string($0) })
            switch field.shape {
            case .array: schema["items", "enum"] = values
            case .map: schema["additionalProperties", "enum"] = values
            default: schema["enum"] = values
            }
        }
        if case .array = field.shape {
            switch field.listKind {
            case .atomic: schema["x-kubernetes-list-type"] = "atomic"
            case .set: schema["x-kubernetes-list-type"] = "set"
            case .map:
                schema["x-kubernetes-list-type"] = "map"
                schema["x-kubernetes-list-map-keys"] = .array(field.mapKeys.map { .string($0) })
            case nil: break
            }
        }
        if field.isAtomic, case .map = field.shape { schema["x-kubernetes-map-type"] = "atomic" }
        if !field.patchStrategies.isEmpty {
            schema["x-kubernetes-patch-strategy"] = .string(field.patchStrategies.joined(separator: ","))
        }
        if let key = field.patchMergeKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
        return schema
    }

    private func shape(_ shape: FieldShape, _ field: Field, of type: TypeSchema, _ referred: inout Set<String>) -> JSON
    {
        func named(_ name: String) -> JSON {
            referred.insert(name)
            return reference(name)
        }
        switch shape {
        case .string: return ["type": "string"]
        case .int32: return ["type": "integer", "format": "int32"]
        case .int64: return ["type": "integer", "format": "int64"]
        case .double: return ["type": "number", "format": "double"]
        case .bool: return ["type": "boolean"]
        case .bytes: return ["type": "string", "format": "byte"]
        case .time: return named(WellKnown.time)
        case .microTime: return named(WellKnown.microTime)
        case .quantity: return named(WellKnown.quantity)
        case .intOrString: return named(WellKnown.intOrString)
        case .object(let type): return named(type.name)
        case .array(let element): return ["type": "array", "items": self.shape(element, field, of: type, &referred)]
        case .map(let value):
            return ["type": "object", "additionalProperties": self.shape(value, field, of: type, &referred)]
        case .any: return named(WellKnown.unstructured(field.name, in: type.name))
        }
    }
}

/// Types that are written as a scalar or as anything, by their names.
enum WellKnown {
    static let time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
    static let microTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
    static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
    static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
    static let patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"
    static let objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    static let listMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
    static let status = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
    static let deleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
    static let resourceList = "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList"
    static let versions = "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions"
    static let group = "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup"
    static let groupList = "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList"
    private static let fieldsV1 = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
    private static let rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension"
    private static let extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

    /// The name of a type without structure, by the field that holds it.
    static func unstructured(_ field: String, in type: String) -> String {
        if field == "fieldsV1" { return fieldsV1 }
        guard type.hasSuffix(".JSONSchemaProps") else { return rawExtension }
        switch field {
        case "additionalItems", "additionalProperties": return extensions + "JSONSchemaPropsOrBool"
        case "dependencies": return extensions + "JSONSchemaPropsOrStringArray"
        case "items": return extensions + "JSONSchemaPropsOrArray"
        default: return extensions + "JSON"
        }
    }

    /// The schema of one of these; nil for a structured type.
    static func schema(_ name: String, _ version: SchemaDocument.Version) -> JSON? {
        switch name {
        case time, microTime: return ["type": "string", "format": "date-time"]
        case quantity: return version == .v2 ? ["type": "string"] : ["oneOf": [["type": "string"], ["type": "number"]]]
        case intOrString:
            return version == .v2
                ? ["type": "string", "format": "int-or-string"]
                : ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]]
        case fieldsV1, rawExtension, patch: return ["type": "object"]
        default: return name.hasPrefix(extensions + "JSON") && !name.hasSuffix("JSONSchemaProps") ? [:] : nil
        }
    }
}
