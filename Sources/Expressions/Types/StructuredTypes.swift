public import Schema

/// Declarations from the structured types of built-in kinds: what upstream makes of their OpenAPI schemas.
public enum StructuredTypes {
    /// What objects of a type are in expressions. Fields without a schema of one type (quantities, JSON) cannot be seen; a type
    /// inside itself is an object without fields.
    public static func declaration(_ type: TypeSchema) -> TypeDeclaration { object(type, within: []) }

    private static func object(_ type: TypeSchema, within outer: Set<String>) -> TypeDeclaration {
        guard !outer.contains(type.name) else { return .object("object", [:]) }
        let within = outer.union([type.name])
        var fields: [String: TypeDeclaration] = [:]
        for field in type.fields {
            guard let name = FieldNames.escape(field.name),
                let declaration = declaration(field.shape, of: type, within: within)
            else { continue }
            fields[name] = declaration
        }
        return .object("object", fields)
    }

    private static func declaration(_ shape: FieldShape, of type: TypeSchema, within: Set<String>) -> TypeDeclaration? {
        switch shape {
        case .string: .string
        case .int32, .int64: .int
        case .double: .double
        case .bool: .bool
        case .bytes: .scalar(.bytes, sizeMin: 2)
        case .time, .microTime: .timestamp
        case .quantity: nil
        case .intOrString: .dyn
        case .object(let inner): object(inner, within: within)
        case .array(let element): declaration(element, of: type, within: within).map { .list(of: $0) }
        case .map(let value): declaration(value, of: type, within: within).map { .map(of: $0) }
        // A schema's own members may be anything; elsewhere these are objects nothing is known of.
        case .any: type.shortName == "JSONSchemaProps" ? nil : .object("object", [:])
        }
    }
}
