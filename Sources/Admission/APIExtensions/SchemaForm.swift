import Document

/// Schemas and versions of a CustomResourceDefinition as messages show them: upstream's internal types, nothing left out.
enum SchemaForm {
    /// A schema's members as Go declares them: JSON name, Go's name, and whether it may stand at the root of a schema whose
    /// status is a subresource.
    static let fields: [(key: String, name: String, isAllowedAtRoot: Bool)] = [
        ("id", "ID", false), ("$schema", "Schema", false), ("$ref", "Ref", false),
        ("description", "Description", true), ("type", "Type", true), ("nullable", "Nullable", false),
        ("format", "Format", true), ("title", "Title", true), ("default", "Default", false),
        ("maximum", "Maximum", true), ("exclusiveMaximum", "ExclusiveMaximum", true), ("minimum", "Minimum", true),
        ("exclusiveMinimum", "ExclusiveMinimum", true), ("maxLength", "MaxLength", true),
        ("minLength", "MinLength", true), ("pattern", "Pattern", true), ("maxItems", "MaxItems", true),
        ("minItems", "MinItems", true), ("uniqueItems", "UniqueItems", true), ("multipleOf", "MultipleOf", true),
        ("enum", "Enum", false), ("maxProperties", "MaxProperties", false), ("minProperties", "MinProperties", false),
        ("required", "Required", true), ("items", "Items", true), ("allOf", "AllOf", false), ("oneOf", "OneOf", false),
        ("anyOf", "AnyOf", false), ("not", "Not", false), ("properties", "Properties", true),
        ("additionalProperties", "AdditionalProperties", false), ("patternProperties", "PatternProperties", false),
        ("dependencies", "Dependencies", false), ("additionalItems", "AdditionalItems", false),
        ("definitions", "Definitions", false), ("externalDocs", "ExternalDocs", true), ("example", "Example", true),
        ("x-kubernetes-preserve-unknown-fields", "XPreserveUnknownFields", true),
        ("x-kubernetes-embedded-resource", "XEmbeddedResource", false),
        ("x-kubernetes-int-or-string", "XIntOrString", false), ("x-kubernetes-list-map-keys", "XListMapKeys", false),
        ("x-kubernetes-list-type", "XListType", false), ("x-kubernetes-map-type", "XMapType", false),
        ("x-kubernetes-validations", "XValidations", true),
    ]

    static let namesAllowedAtRoot = [
        "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum",
        "MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items",
        "Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
    ]

    /// Whether a member is more than Go's zero value.
    static func isSet(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null, .bool(false): false
        case .string(let text): !text.isEmpty
        default: true
        }
    }

    static func schema(_ schema: JSON) -> String {
        "{" + fields.map { "\"\($0.name)\":" + member($0.name, schema.given($0.key)) }.joined(separator: ",") + "}"
    }

    private static let texts: Set<String> = ["ID", "Schema", "Description", "Type", "Format", "Title", "Pattern"]
    private static let flags: Set<String> = [
        "Nullable", "ExclusiveMaximum", "ExclusiveMinimum", "UniqueItems", "XEmbeddedResource", "XIntOrString",
    ]

    private static func member(_ name: String, _ value: JSON?) -> String {
        guard let value else { return texts.contains(name) ? "\"\"" : flags.contains(name) ? "false" : "null" }
        switch name {
        case "AllOf", "OneOf", "AnyOf": return "[" + value.elements.map(schema).joined(separator: ",") + "]"
        case "Not": return schema(value)
        case "Items":
            if let list = value.array {
                return "{\"Schema\":null,\"JSONSchemas\":[" + list.map(schema).joined(separator: ",") + "]}"
            }
            return "{\"Schema\":\(schema(value)),\"JSONSchemas\":null}"
        case "Properties", "PatternProperties", "Definitions": return map(value, schema)
        case "AdditionalProperties", "AdditionalItems":
            if let allows = value.bool { return "{\"Allows\":\(allows),\"Schema\":null}" }
            return "{\"Allows\":true,\"Schema\":\(schema(value))}"
        case "Dependencies":
            return map(value) { part in
                if part.array != nil { return "{\"Schema\":null,\"Property\":\(part.text)}" }
                return "{\"Schema\":\(schema(part)),\"Property\":null}"
            }
        case "ExternalDocs":
            return
                "{\"Description\":\(JSON.string(value.text("description")).text),\"URL\":\(JSON.string(value.text("url")).text)}"
        case "XValidations": return "[" + value.elements.map(rule).joined(separator: ",") + "]"
        default: return value.text
        }
    }

    private static func map(_ value: JSON, _ shown: (JSON) -> String) -> String {
        "{" + value.entries.map { "\(JSON.string($0.key).text):\(shown($0.value))" }.joined(separator: ",") + "}"
    }

    /// A rule of `x-kubernetes-validations`.
    static func rule(_ rule: JSON) -> String {
        func text(_ key: String) -> String { JSON.string(rule.text(key)).text }
        return "{\"Rule\":\(text("rule")),\"Message\":\(text("message")),"
            + "\"MessageExpression\":\(text("messageExpression")),\"Reason\":\(rule["reason"]?.text ?? "null"),"
            + "\"FieldPath\":\(text("fieldPath")),\"OptionalOldSelf\":\(rule["optionalOldSelf"]?.text ?? "null")}"
    }

    /// A definition's versions; what all of them have in common is kept elsewhere, so that each shows none of it.
    static func versions(_ versions: [JSON], shared: Set<String>) -> String {
        if versions.isEmpty { return "null" }
        return "[" + versions.map { version($0, shared) }.joined(separator: ",") + "]"
    }

    private static func version(_ version: JSON, _ shared: Set<String>) -> String {
        func given(_ key: String) -> JSON? { shared.contains(key) ? nil : version.given(key) }
        let schema = given("schema").map {
            "{\"OpenAPIV3Schema\":" + ($0.given("openAPIV3Schema").map(SchemaForm.schema) ?? "null") + "}"
        }
        let subresources = given("subresources").map { parts in
            let scale = parts.given("scale").map {
                "{\"SpecReplicasPath\":\(JSON.string($0.text("specReplicasPath")).text),"
                    + "\"StatusReplicasPath\":\(JSON.string($0.text("statusReplicasPath")).text),"
                    + "\"LabelSelectorPath\":\($0["labelSelectorPath"]?.text ?? "null")}"
            }
            return "{\"Status\":\(parts.has("status") ? "{}" : "null"),\"Scale\":\(scale ?? "null")}"
        }
        let columns = given("additionalPrinterColumns").map { list in
            let shown = list.elements.map { column in
                let texts = [("Name", "name"), ("Type", "type"), ("Format", "format"), ("Description", "description")]
                    .map { "\"\($0.0)\":\(JSON.string(column.text($0.1)).text)" }
                return "{\(texts.joined(separator: ",")),\"Priority\":\(column.integer("priority") ?? 0),"
                    + "\"JSONPath\":\(JSON.string(column.text("jsonPath")).text)}"
            }
            return "[\(shown.joined(separator: ","))]"
        }
        let selectable = given("selectableFields").map { list in
            "["
                + list.elements.map { "{\"JSONPath\":\(JSON.string($0.text("jsonPath")).text)}" }
                .joined(separator: ",") + "]"
        }
        return "{\"Name\":\(JSON.string(version.text("name")).text),\"Served\":\(version.flag("served")),"
            + "\"Storage\":\(version.flag("storage")),\"Deprecated\":\(version.flag("deprecated")),"
            + "\"DeprecationWarning\":\(version["deprecationWarning"]?.text ?? "null"),\"Schema\":\(schema ?? "null"),"
            + "\"Subresources\":\(subresources ?? "null"),\"AdditionalPrinterColumns\":\(columns ?? "null"),"
            + "\"SelectableFields\":\(selectable ?? "null")}"
    }
}
