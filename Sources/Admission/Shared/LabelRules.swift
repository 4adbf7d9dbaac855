import Document
import Schema

/// Labels and label selectors: upstream's `ValidateLabels` and `ValidateLabelSelector`.
enum LabelRules {
    static func validateLabels(_ labels: JSON?, path: @autoclosure () -> String) -> [FieldError] {
        guard let pairs = labels?.object, !pairs.isEmpty else { return [] }
        var errors: [FieldError] = []
        for (key, value) in pairs where errors.hasRoom {
            errors += validateKey(key, path: path())
            if let text = value.string, !text.isEmpty {
                for wrong in Names.labelValue(text) { errors.append(.invalid(path(), .string(text), wrong)) }
            }
        }
        return errors
    }

    static func validateKey(_ key: String, path: @autoclosure () -> String) -> [FieldError] {
        if Names.isQualifiedName(key) { return [] }
        return Names.qualifiedName(key).map { .invalid(path(), .string(key), $0) }
    }

    /// `allowsInvalidValues` keeps an old object with a value that is no label value writable.
    static func validateSelector(_ selector: JSON?, path: @autoclosure () -> String, allowsInvalidValues: Bool = false)
        -> [FieldError]
    {
        guard let selector, !selector.isNull else { return [] }
        var errors = validateLabels(selector["matchLabels"], path: path() + ".matchLabels")
        for (i, requirement) in (selector["matchExpressions"]?.elements ?? []).enumerated()
        where errors.hasRoom {
            errors += validateRequirement(
                requirement, path: "\(path()).matchExpressions[\(i)]", allowsInvalidValues: allowsInvalidValues)
        }
        return errors
    }

    static func validateRequirement(
        _ requirement: JSON, path: @autoclosure () -> String, allowsInvalidValues: Bool = false
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let values = requirement["values"]?.elements ?? []
        let op = requirement["operator"]?.string ?? ""
        switch op {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(.required(path() + ".values", "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(
                    .forbidden(path() + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                )
            }
        default: errors.append(.invalid(path() + ".operator", .string(op), "not a valid selector operator"))
        }
        errors += validateKey(requirement["key"]?.string ?? "", path: path() + ".key")
        if !allowsInvalidValues {
            for (i, value) in values.enumerated() where errors.hasRoom {
                for wrong in Names.labelValue(value.string ?? "") where errors.hasRoom {
                    errors.append(.invalid("\(path()).values[\(i)]", value, wrong))
                }
            }
        }
        return errors
    }

    /// Whether the selector says nothing: no labels and no expressions.
    static func isEmpty(_ selector: JSON?) -> Bool {
        (selector?["matchLabels"]?.entries.isEmpty ?? true) && (selector?["matchExpressions"]?.elements.isEmpty ?? true)
    }

    /// Whether labels are what the selector asks for. An invalid selector matches nothing.
    static func matches(_ selector: JSON?, labels: JSON?) -> Bool {
        guard let selector, !selector.isNull else { return false }
        for (key, value) in selector["matchLabels"]?.entries ?? JSONObject() where labels?[key] != value {
            return false
        }
        for requirement in selector["matchExpressions"]?.elements ?? [] {
            let value = requirement["key"]?.string.flatMap { labels?[$0] }
            let values = requirement["values"]?.elements ?? []
            switch requirement["operator"]?.string ?? "" {
            case "In": if value.map({ !values.contains($0) }) ?? true { return false }
            case "NotIn": if let value, values.contains(value) { return false }
            case "Exists": if value == nil { return false }
            case "DoesNotExist": if value != nil { return false }
            default: return false
            }
        }
        return true
    }
}
