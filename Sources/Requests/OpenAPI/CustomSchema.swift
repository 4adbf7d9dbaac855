import Document
import Schema

/// The published schema of a custom resource: the definition's own, with what every object has.
enum CustomSchema {
    /// `com.example.stable.v1.CronTab`.
    static func name(_ type: ResourceType, list: Bool = false) -> String {
        let group = type.group.split(separator: ".").reversed().joined(separator: ".")
        return "\(group).\(type.version).\(type.kind)\(list ? "List" : "")"
    }

    static func object(_ type: ResourceType, definition: JSON?, _ document: SchemaDocument) -> JSON {
        let version = definition?["spec", "versions"]?.elements.first { $0["name"]?.string == type.version }
        var schema = version?["schema", "openAPIV3Schema"] ?? .null
        if schema.object == nil
            || (document.version == .v2 && schema["x-kubernetes-preserve-unknown-fields"]?.bool == true)
        {
            schema = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
            if document.version == .v2 { schema = ["type": "object"] }
        } else {
            if document.version == .v2 { simplify(&schema) } else { nameTypes(&schema) }
            var properties = schema["properties"] ?? [:]
            properties["apiVersion"] = ["type": "string"]
            properties["kind"] = ["type": "string"]
            properties["metadata"] =
                document.version == .v2
                ? document.reference(WellKnown.objectMeta) : ["allOf": [document.reference(WellKnown.objectMeta)]]
            schema["properties"] = properties
        }
        schema["x-kubernetes-group-version-kind"] = [SchemaDocument.kind(type.groupVersionKind)]
        return schema
    }

    static func list(_ type: ResourceType, _ document: SchemaDocument) -> JSON {
        let kind = GroupVersionKind(group: type.group, version: type.version, kind: type.kind + "List")
        return [
            "type": "object", "required": ["items"], "x-kubernetes-group-version-kind": [SchemaDocument.kind(kind)],
            "properties": [
                "apiVersion": ["type": "string"], "kind": ["type": "string"],
                "items": ["type": "array", "items": document.reference(name(type))],
                "metadata": document.version == .v2
                    ? document.reference(WellKnown.listMeta) : ["allOf": [document.reference(WellKnown.listMeta)]],
            ],
        ]
    }

    /// Says of what is a number or a text that it is one of both.
    private static func nameTypes(_ schema: inout JSON) {
        guard schema.object != nil else { return }
        if schema["x-kubernetes-int-or-string"]?.bool == true, schema["anyOf"] == nil, schema["allOf"] == nil {
            schema["anyOf"] = [["type": "integer"], ["type": "string"]]
        }
        schema.modify("properties") { properties in
            for name in properties.entries.keys { properties.modify(name, nameTypes) }
        }
        schema.modify("items", nameTypes)
        schema.modify("additionalProperties", nameTypes)
    }

    /// Leaves out what version 2 has no words for; where that would change the meaning, the schema says less.
    private static func simplify(_ schema: inout JSON) {
        guard schema.object != nil else { return }
        for word in ["oneOf", "anyOf", "not", "nullable", "allOf"] { schema[word] = nil }
        if schema["x-kubernetes-int-or-string"]?.bool == true { schema["type"] = nil }
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true {
            schema["properties"] = nil
            schema["items"] = nil
            schema["type"] = nil
        }
        schema.modify("properties") { properties in
            for name in properties.entries.keys { properties.modify(name, simplify) }
        }
        schema.modify("items", simplify)
        schema.modify("additionalProperties") { if $0.object != nil { simplify(&$0) } }
    }
}
