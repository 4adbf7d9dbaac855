public import Document

/// Declarations from the structural schemas of custom resources: upstream's SchemaDeclType.
public enum SchemaTypes {
    /// The size of the largest request, which bounds what has no bound of its own.
    static let requestBytesMax: Int64 = 3 * 1024 * 1024
    /// Schemas nest no deeper than a JSON body may.
    private static let depthMax = 128

    /// What values of a schema are in expressions; nil when its values are not visible to them.
    /// - Parameter isResourceRoot: whether `apiVersion`, `kind` and `metadata` are there although the schema does not name them.
    public static func declaration(_ schema: JSON, isResourceRoot: Bool = false) -> TypeDeclaration? {
        declaration(schema, isResourceRoot, depthMax)
    }

    private static func declaration(_ schema: JSON, _ isRoot: Bool, _ depth: Int) -> TypeDeclaration? {
        guard depth > 0 else { return nil }
        let lengthMax = schema["maxLength"]?.int.map { Swift.max(0, $0) }
        if schema["x-kubernetes-int-or-string"]?.bool == true {
            return .scalar(.dyn, elementsMax: lengthMax.map(times4) ?? requestBytesMax - 2, sizeMin: 1)
        }
        switch schema["type"]?.string ?? (isRoot ? "object" : "") {
        case "array":
            guard let items = schema["items"], items.object != nil,
                let element = declaration(items, isEmbedded(items), depth - 1)
            else { return nil }
            let most = schema["maxItems"]?.int.map { Swift.max(0, $0) }
            return .list(of: element, elementsMax: most ?? (requestBytesMax - 2) / (element.sizeMin + 1))
        case "object": return object(schema, isRoot, depth)
        case "string":
            switch schema["format"]?.string ?? "" {
            case "byte": return .scalar(.bytes, elementsMax: lengthMax ?? requestBytesMax - 2, sizeMin: 2)
            case "duration": return .scalar(.duration, elementsMax: 32, sizeMin: 2)
            case "date": return .scalar(.timestamp, elementsMax: 12, sizeMin: 12)
            case "date-time": return .scalar(.timestamp, elementsMax: 40, sizeMin: 21)
            default: break
            }
            if let lengthMax { return .scalar(.string, elementsMax: times4(lengthMax), sizeMin: 2) }
            let choices = schema["enum"]?.elements ?? []
            if !choices.isEmpty {
                let longest = choices.compactMap { $0.string.map { Int64($0.utf8.count) } }.max() ?? 0
                return .scalar(.string, elementsMax: longest, sizeMin: 2)
            }
            return .scalar(.string, elementsMax: requestBytesMax - 2, sizeMin: 2)
        case "boolean": return .bool
        case "number": return .double
        case "integer": return .int
        default: return nil
        }
    }

    private static func object(_ schema: JSON, _ isRoot: Bool, _ depth: Int) -> TypeDeclaration? {
        if let values = schema["additionalProperties"], values.object != nil {
            guard let element = declaration(values, isEmbedded(values), depth - 1) else { return nil }
            let most = schema["maxProperties"]?.int.map { Swift.max(0, $0) }
            return .map(of: element, elementsMax: most ?? (requestBytesMax - 2) / (element.sizeMin + 6))
        }
        var properties: [(String, JSON)] = schema["properties"]?.entries.map { ($0.key, $0.value) } ?? []
        if isRoot {
            properties.removeAll { $0.0 == "kind" || $0.0 == "apiVersion" || $0.0 == "metadata" }
            let text: JSON = ["type": "string"]
            properties += [("kind", text), ("apiVersion", text)]
            var metadata = schema["properties", "metadata"]?["properties"]?.entries ?? JSONObject()
            for name in ["name", "generateName"] where metadata[name] == nil { metadata[name] = text }
            properties.append(("metadata", ["type": "object", "properties": .object(metadata)]))
        }
        let required = Set(schema["required"]?.strings ?? [])
        var fields: [String: TypeDeclaration] = [:]
        var size: Int64 = 2
        for (name, property) in properties {
            guard let field = declaration(property, isEmbedded(property), depth - 1) else { continue }
            if let escaped = FieldNames.escape(name) { fields[escaped] = field }
            if required.contains(name), property["default"] == nil {
                size += Int64(name.utf8.count) + field.sizeMin + 4
            }
        }
        return .object("object", fields, sizeMin: size)
    }

    private static func isEmbedded(_ schema: JSON) -> Bool { schema["x-kubernetes-embedded-resource"]?.bool == true }

    /// A length in characters as bytes, which one character may take four of.
    private static func times4(_ length: Int64) -> Int64 { Swift.min(length, Int64.max / 4) * 4 }
}
