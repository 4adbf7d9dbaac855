import Document
import Schema

/// How much of a device's capacity one request may take.
enum CapacityPolicyRules {
    private static let valuesMax = 10

    /// - Parameter isShared: whether the device serves several requests at once.
    static func validate(_ capacity: JSON, _ path: String, isShared: Bool, _ errors: inout [FieldError]) {
        guard let policy = capacity.given("requestPolicy") else { return }
        let at = path + ".requestPolicy"
        guard isShared else {
            errors.append(.forbidden(at, "allowMultipleAllocations must be true"))
            return
        }
        let most = Amount(capacity["value"])
        let values = policy.list("validValues")
        let standard = policy.given("default").map { Amount($0) }
        switch (values.isEmpty, policy.given("validRange")) {
        case (false, .some):
            errors.append(
                .forbidden(
                    at,
                    "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time"
                ))
        case (false, nil):
            guard let standard else {
                errors.append(.required(at + ".default", "required when validValues is defined"))
                return
            }
            validateValues(values.map { Amount($0) }, standard, most, at + ".validValues", &errors)
        case (true, let range?):
            guard let standard else {
                errors.append(.required(at + ".default", "required when validRange is defined"))
                return
            }
            validateRange(range, standard, most, at + ".validRange", &errors)
        case (true, nil): break
        }
    }

    private static func validateValues(
        _ values: [Amount], _ standard: Amount, _ most: Amount, _ at: String, _ errors: inout [FieldError]
    ) {
        for (i, pair) in zip(values, values.dropFirst()).enumerated() where pair.0 > pair.1 {
            errors.append(
                .invalid("\(at)[\(i + 1)]", .string(pair.1.text), "values must be sorted in ascending order"))
        }
        if values.count > valuesMax {
            errors.append(.tooMany(at, values.count, valuesMax))
        } else {
            for (i, value) in values.enumerated() where value > most {
                errors.append(
                    .invalid(
                        "\(at)[\(i)]", .string(value.text), "option is larger than capacity value: \(most.text)"))
            }
            var seen: Set<String> = []
            for (i, value) in values.enumerated() where !seen.insert(String(value.value)).inserted {
                errors.append(.duplicate("\(at)[\(i)]", .string(String(value.value))))
            }
        }
        if values.count > valuesMax || !values.contains(where: { $0 == standard }) {
            errors.append(
                .invalid(at, .string(standard.text), "default value is not valid according to the requestPolicy"))
        }
    }

    private static func validateRange(
        _ range: JSON, _ standard: Amount, _ most: Amount, _ at: String, _ errors: inout [FieldError]
    ) {
        guard let low = range.given("min").map({ Amount($0) }) else {
            errors.append(.required(at + ".min", "required when validRange is defined"))
            return
        }
        func wrong(_ field: String, _ value: Amount, _ text: String) {
            errors.append(.invalid("\(at).\(field)", .string(value.text), text))
        }
        if low > most { wrong("min", low, "min is larger than capacity value: \(most.text)") }
        if standard < low { wrong("min", standard, "default is less than min: \(low.text)") }
        let high = range.given("max").map { Amount($0) }
        if let high {
            if low > high { wrong("max", low, "min is larger than max: \(high.text)") }
            if high > most { wrong("max", high, "max is larger than capacity value: \(most.text)") }
            if standard > high { wrong("max", standard, "default is more than max: \(high.text)") }
        }
        guard let step = range.given("step").map({ Amount($0) }) else { return }
        let added = low + step
        if added > most {
            wrong("step", step, "one step \(added.text) is larger than capacity value: \(most.text)")
        }
        for value in [standard, high].compactMap({ $0 })
        where step.value != 0 && (value.value - low.value) % step.value != 0 {
            wrong("step", value, "value is not a multiple of a given step (\(step.text)) from (\(low.text))")
        }
    }
}
