import Document

/// What a schema asks of a value beyond its type.
struct ValueRules: Sendable {
    let required: [String]
    let enumeration: [JSON]
    let minimum: Double?
    let maximum: Double?
    let isMinimumExclusive: Bool
    let isMaximumExclusive: Bool
    let multipleOf: Double?
    let minLength: Int?
    let maxLength: Int?
    let pattern: String
    /// nil when the pattern is empty or cannot be read.
    let matcher: Pattern?
    let minItems: Int?
    let maxItems: Int?
    let isUnique: Bool
    let minProperties: Int?
    let maxProperties: Int?
    let allOf: [StructuralSchema]
    let anyOf: [StructuralSchema]
    let oneOf: [StructuralSchema]
    let not: StructuralSchema?

    init(_ schema: JSON) {
        func count(_ name: String) -> Int? { schema[name]?.int.map { Int($0) } }
        func schemas(_ name: String) -> [StructuralSchema] {
            (schema[name]?.elements ?? []).map { StructuralSchema($0) }
        }
        required = schema["required"]?.strings ?? []
        enumeration = schema["enum"]?.elements ?? []
        minimum = schema["minimum"]?.number
        maximum = schema["maximum"]?.number
        isMinimumExclusive = schema["exclusiveMinimum"] == true
        isMaximumExclusive = schema["exclusiveMaximum"] == true
        multipleOf = schema["multipleOf"]?.number
        minLength = count("minLength")
        maxLength = count("maxLength")
        pattern = schema["pattern"]?.string ?? ""
        matcher = pattern.isEmpty ? Optional.none : Pattern(pattern)
        minItems = count("minItems")
        maxItems = count("maxItems")
        isUnique = schema["uniqueItems"] == true
        minProperties = count("minProperties")
        maxProperties = count("maxProperties")
        allOf = schemas("allOf")
        anyOf = schemas("anyOf")
        oneOf = schemas("oneOf")
        not = schema["not"].map { StructuralSchema($0) }
    }
}
