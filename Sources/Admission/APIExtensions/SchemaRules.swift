import Document
import Expressions
import Schema
import TimeZones

/// The rules of a custom resource's schema, each where it stands, and as much of the schema as they need.
final class SchemaRules: Sendable {
    private let type: String
    private let declaration: TypeDeclaration?
    private let properties: [String: SchemaRules]
    private let additional: SchemaRules?
    private let items: SchemaRules?
    private let listType: String
    private let listMapKeys: [String]
    private let rules: [SchemaRule]
    /// Whether a rule stands here or below.
    private let hasRules: Bool

    init(_ json: JSON, isRoot: Bool = true) {
        let isResource = isRoot || json.flag("x-kubernetes-embedded-resource")
        type = json.text("type")
        var properties: [String: SchemaRules] = [:]
        for entry in json["properties"]?.entries ?? JSONObject() {
            let inner = SchemaRules(entry.value, isRoot: false)
            if inner.hasRules { properties[entry.key] = inner }
        }
        self.properties = properties
        if let values = json["additionalProperties"], values.object != nil {
            additional = SchemaRules(values, isRoot: false)
        } else {
            additional = Optional.none
        }
        items = json.given("items").map { SchemaRules($0, isRoot: false) }
        listType = json.text("x-kubernetes-list-type")
        listMapKeys = json["x-kubernetes-list-map-keys"]?.strings ?? []
        let given = json.list("x-kubernetes-validations")
        let declaration =
            given.isEmpty ? Optional.none : SchemaTypes.declaration(json, isResourceRoot: isResource)
        self.declaration = declaration
        rules = given.map { SchemaRule($0, json, declaration) }
        hasRules =
            !given.isEmpty || !properties.isEmpty || additional?.hasRules == true || items?.hasRules == true
    }

    /// A value and what it was before.
    private struct Pair {
        let now: JSON
        let before: JSON
    }

    /// One walk through an object.
    private struct Walk {
        let timeZone: @Sendable (String) -> TimeZoneRules?
        var errors: [FieldError] = []
        /// Faults of parts that did not change: they do not stop the change of others.
        var warnings: [String] = []
        var budget = Int64(CostLimit.perRequest)
        var isOver: Bool { budget < 0 }
    }

    /// Everything that the rules find wrong, and what is wrong already and stayed as it was.
    func validate(_ value: JSON, old: JSON?, timeZone: @escaping @Sendable (String) -> TimeZoneRules?) -> (
        errors: [FieldError], warnings: [String]
    ) {
        var walk = Walk(timeZone: timeZone)
        if hasRules { validate(value, old, parent: nil, "", &walk) }
        return (walk.errors, walk.warnings)
    }

    /// - Parameters:
    ///   - old: the former value of the same part; nil where there is none.
    ///   - parent: the nearest part above that can be told from what it was.
    private func validate(_ value: JSON, _ old: JSON?, parent: Pair?, _ path: String, _ walk: inout Walk) {
        if value.isNull || walk.isOver { return }
        ask(value, old, parent: parent, path, &walk)
        let above = old.map { Pair(now: value, before: $0) } ?? parent
        switch value {
        case .object(let object):
            for entry in object {
                if walk.isOver { return }
                let name = entry.key
                // The kind and version of the object itself are converted away: they always look the same.
                let isVersion = path.isEmpty && (name == "apiVersion" || name == "kind")
                let former = isVersion ? Optional.none : old?[name]
                if let inner = properties[name] {
                    let at = path.isEmpty ? name : path + "." + name
                    inner.validate(entry.value, former, parent: isVersion ? nil : above, at, &walk)
                } else if let additional, additional.hasRules {
                    additional.validate(entry.value, former, parent: above, "\(path)[\(name)]", &walk)
                }
            }
        case .array(let elements):
            guard let items, items.hasRules else { return }
            for (i, element) in elements.enumerated() {
                if walk.isOver { return }
                // Elements of a map list are compared with their former selves; those of other lists have none.
                var former: JSON?
                if listType == "map" {
                    former = old?.elements.first { other in listMapKeys.allSatisfy { other[$0] == element[$0] } }
                }
                items.validate(element, former, parent: above, "\(path)[\(i)]", &walk)
            }
        default: break
        }
    }

    private func ask(_ value: JSON, _ old: JSON?, parent: Pair?, _ path: String, _ walk: inout Walk) {
        if rules.isEmpty { return }
        let place = path.isEmpty ? "<nil>" : path
        let old = old.flatMap { $0.isNull ? Optional.none : $0 }
        func stop(_ detail: String, _ walk: inout Walk) {
            walk.errors.append(.invalid(place, .string(type), detail))
            walk.budget = -1
        }
        if walk.budget == 0 {
            return stop(
                "validation failed due to running out of cost budget, no further validation rules will be run", &walk)
        }
        var activation = Activation(["self": Value(value, as: declaration)])
        activation.timeZone = walk.timeZone
        let former = old.map { Value($0, as: declaration) }
        for rule in rules {
            guard let program = rule.program else {
                walk.errors.append(
                    .invalid(place, .string(type), "rule compile error: compilation failed: \(rule.failure)"))
                continue
            }
            if rule.isTransition, former == nil, !rule.isOldSelfOptional { continue }
            activation.values["oldSelf"] = rule.isOldSelfOptional ? .optional(former) : former
            let evaluation = program.evaluate(&activation)
            if Int64(clamping: evaluation.cost) > walk.budget {
                return stop(
                    "validation failed due to running out of cost budget, no further validation rules will be run",
                    &walk)
            }
            walk.budget -= Int64(evaluation.cost)
            switch evaluation.result {
            case .success(.bool(true)): continue
            case .success: break
            case .failure(let error):
                let words = error.message
                if error.isOverBudget {
                    return stop(
                        "'\(words)': no further validation rules will be run due to call cost exceeds limit for rule: \(rule.words)",
                        &walk)
                }
                let detail =
                    words.hasPrefix("no such overload")
                    ? "'\(words)': call arguments did not match a supported operator, function or macro signature for rule: \(rule.words)"
                    : "\(words) evaluating rule: \(rule.words)"
                walk.errors.append(.invalid(place, .string(type), detail))
                continue
            }
            var detail = rule.message.isEmpty ? "failed rule: \(rule.words)" : SchemaRule.trimmed(rule.message)
            if let words = message(rule, &activation, place, &walk) { detail = words }
            if walk.isOver { return }
            let at = rule.fieldPath.isEmpty ? place : path.isEmpty ? rule.fieldPath : "\(path).\(rule.fieldPath)"
            let error = fault(at, value, detail, rule.reason)
            let pair = old.map { Pair(now: value, before: $0) } ?? parent
            if !rule.isTransition, let pair, pair.now == pair.before {
                walk.warnings.append(error.description)
            } else {
                walk.errors.append(error)
            }
        }
    }

    /// What the rule's own message expression says; nil when it says nothing fit to be shown.
    private func message(_ rule: SchemaRule, _ activation: inout Activation, _ place: String, _ walk: inout Walk)
        -> String?
    {
        guard let program = rule.messageExpression else { return nil }
        let evaluation = program.evaluate(&activation)
        var stopped: String?
        if Int64(clamping: evaluation.cost) > walk.budget {
            stopped =
                "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"
        } else if case .failure(let error) = evaluation.result, error.isOverBudget {
            stopped =
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: \(JSON.string(program.text).text)"
        }
        if let stopped {
            walk.errors.append(.invalid(place, .string(type), stopped))
            walk.budget = -1
            return nil
        }
        walk.budget -= Int64(evaluation.cost)
        guard case .success(.string(let text)) = evaluation.result else { return nil }
        let words = SchemaRule.trimmed(text)
        return words.isEmpty || words.contains("\n") || words.utf8.count > CostLimit.messageBytesMax ? nil : words
    }

    private func fault(_ at: String, _ value: JSON, _ detail: String, _ reason: String) -> FieldError {
        // The values of objects and arrays are not shown.
        let isLarge = type == "object" || type == "array"
        switch reason {
        case "FieldValueRequired": return .required(at, detail)
        case "FieldValueForbidden": return .forbidden(at, detail)
        case "FieldValueDuplicate":
            return isLarge ? FieldError(.duplicate, at, "Duplicate value") : .duplicate(at, value)
        default: return isLarge ? FieldError(.invalid, at, "Invalid value: \(detail)") : .invalid(at, value, detail)
        }
    }
}
