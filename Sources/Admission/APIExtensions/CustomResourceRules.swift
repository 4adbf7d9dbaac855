import Document
import Schema

/// Rules of custom resources: the numbers that their scale subresource reads. Their schemas say the rest.
struct CustomResourceRules: KindRules {
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }
    /// nil without a scale subresource.
    private let scale: ResourceType.ScalePaths?

    init(_ type: ResourceType) {
        scale = type.subresources.contains { $0.name == "scale" } ? type.scalePaths : nil
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        guard let scale else { return [] }
        return validateCount(object, scale.replicas) + validateCount(object, scale.statusReplicas)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        guard let scale else { return [] }
        return (subresource == "status" ? [] : validateCount(object, scale.replicas))
            + validateCount(object, scale.statusReplicas)
    }

    /// A number of replicas, where there is one: a Scale holds 32 bits of it.
    private func validateCount(_ object: JSON, _ path: [String]) -> [FieldError] {
        let place = "." + path.joined(separator: ".")
        func misplaced(_ value: JSON, _ expected: String) -> [FieldError] {
            let (shown, type) = Self.described(value)
            return [
                .invalid(place, 0, "\(place) accessor error: \(shown) is of the type \(type), expected \(expected)")
            ]
        }
        var value = object
        for member in path {
            guard case .object(let members) = value else { return misplaced(value, "map[string]interface {}") }
            guard let next = members[member] else { return [] }
            value = next
        }
        guard case .int(let count) = value else { return misplaced(value, "int64") }
        if count < 0 { return [.invalid(place, value, "should be a non-negative integer")] }
        if count > Int64(Int32.max) {
            return [.invalid(place, value, "should be less than or equal to \(Int32.max)")]
        }
        return []
    }

    /// A value and its type as Go prints them.
    private static func described(_ value: JSON) -> (value: String, type: String) {
        switch value {
        case .null: ("<nil>", "<nil>")
        case .bool(let flag): ("\(flag)", "bool")
        case .int(let number): ("\(number)", "int64")
        case .string(let text): (text, "string")
        case .array(let elements):
            ("[" + elements.map { described($0).value }.joined(separator: " ") + "]", "[]interface {}")
        case .object(let members):
            (
                "map["
                    + members.map { ($0.key, described($0.value).value) }.sorted { $0.0.bytesPrecede($1.0) }
                    .map { "\($0.0):\($0.1)" }.joined(separator: " ") + "]", "map[string]interface {}"
            )
        case .double: (value.text, "float64")
        }
    }
}
