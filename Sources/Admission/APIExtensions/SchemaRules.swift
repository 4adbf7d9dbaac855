import Document
import Schema

/// One of a schema's `x-kubernetes-validations`.
struct SchemaRule: Sendable {
    let text: String
    /// nil when the text cannot be read; the definition was refused then, unless it is older than that check.
    let expression: Expression?
    let message: String
    let messageExpression: Expression?
    let reason: String
    let fieldPath: String
    /// Whether it compares with the former value.
    let isTransition: Bool

    init(_ json: JSON) {
        text = json.text("rule")
        expression = try? Expression(parsing: text)
        message = json.text("message")
        messageExpression = json["messageExpression"]?.string.flatMap { try? Expression(parsing: $0) }
        reason = json.text("reason")
        fieldPath = json.text("fieldPath")
        isTransition = text.contains("oldSelf")
    }
}

/// The rules of a custom resource's schema, each where it stands, and as much of the schema as they need.
final class SchemaRules: Sendable {
    let type: String
    let format: String
    let properties: [String: SchemaRules]
    let additional: SchemaRules?
    let items: SchemaRules?
    let listType: String
    let listMapKeys: [String]
    /// Members beyond the named ones may be there.
    let isOpen: Bool
    let rules: [SchemaRule]
    /// Whether a rule stands here or below.
    let hasRules: Bool

    init(_ json: JSON) {
        type = json.text("type")
        format = json.text("format")
        var properties: [String: SchemaRules] = [:]
        for entry in json["properties"]?.entries ?? JSONObject() { properties[entry.key] = SchemaRules(entry.value) }
        self.properties = properties
        if case .object? = json["additionalProperties"] {
            additional = json["additionalProperties"].map { SchemaRules($0) }
        } else {
            additional = Optional.none
        }
        items = json.given("items").map { SchemaRules($0) }
        listType = json.text("x-kubernetes-list-type")
        listMapKeys = json["x-kubernetes-list-map-keys"]?.strings ?? []
        isOpen =
            json.flag("x-kubernetes-preserve-unknown-fields") || json.flag("x-kubernetes-int-or-string")
            || json.flag("x-kubernetes-embedded-resource") || json["additionalProperties"] == true
        rules = json.list("x-kubernetes-validations").map { SchemaRule($0) }
        hasRules =
            !rules.isEmpty || properties.values.contains { $0.hasRules } || additional?.hasRules == true
            || items?.hasRules == true
    }

    /// Everything that the rules find wrong. Those that compare with the former value are asked only where there is one.
    func validate(_ value: JSON, old: JSON?, path: String = "") -> [FieldError] {
        var errors: [FieldError] = []
        if hasRules { validate(value, old, path, &errors) }
        return errors
    }

    private func validate(_ value: JSON, _ old: JSON?, _ path: String, _ errors: inout [FieldError]) {
        for rule in rules where !rule.isTransition || old != nil { ask(rule, value, old, path, &errors) }
        switch value {
        case .object(let object):
            for entry in object {
                guard let inner = properties[entry.key] ?? additional, inner.hasRules else { continue }
                inner.validate(entry.value, old?[entry.key], path.isEmpty ? entry.key : path + "." + entry.key, &errors)
            }
        case .array(let elements):
            guard let items, items.hasRules else { return }
            for (i, element) in elements.enumerated() {
                // Elements of a map list are compared with their former selves; those of other lists have none.
                var former: JSON?
                if listType == "map" {
                    former = old?.elements.first { other in listMapKeys.allSatisfy { other[$0] == element[$0] } }
                }
                items.validate(element, former, "\(path)[\(i)]", &errors)
            }
        default: break
        }
    }

    private func typed(_ value: JSON) -> ExpressionValue {
        if case .string(let text) = value {
            if format == "date-time", let time = Timestamp(rfc3339: text) { return .timestamp(time) }
            if format == "duration", let nanoseconds = DurationText.nanoseconds(text) { return .duration(nanoseconds) }
        }
        return ExpressionValue(value)
    }

    private func ask(_ rule: SchemaRule, _ value: JSON, _ old: JSON?, _ path: String, _ errors: inout [FieldError]) {
        guard let expression = rule.expression else { return }
        var scope = ExpressionScope()
        scope.values["self"] = typed(value)
        if let old { scope.values["oldSelf"] = typed(old) }
        let at =
            rule.fieldPath.isEmpty ? path : path.isEmpty ? String(rule.fieldPath.dropFirst()) : path + rule.fieldPath
        do throws(ExpressionError) {
            if case .bool(true) = try expression.evaluate(&scope) { return }
        } catch {
            errors.append(.invalid(at, .string(type), "rule evaluation error: \(rule.text): \(error.message)"))
            return
        }
        var message = rule.message
        if let dynamic = rule.messageExpression, let words = try? dynamic.evaluate(&scope),
            case .string(let text) = words, !text.isEmpty
        {
            message = text
        }
        if message.isEmpty { message = "failed rule: " + rule.text }
        switch rule.reason {
        case "FieldValueRequired": errors.append(.required(at, message))
        case "FieldValueForbidden": errors.append(.forbidden(at, message))
        case "FieldValueDuplicate": errors.append(.duplicate(at, .string(type)))
        default: errors.append(.invalid(at, .string(type), message))
        }
    }
}
