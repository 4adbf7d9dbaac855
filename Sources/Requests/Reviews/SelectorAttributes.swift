import Document
import Schema

/// The selectors that an access review may limit its question by.
enum SelectorAttributes {
    /// What is wrong with them. Operators that are not known are left to the answer.
    static func validate(_ attributes: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        for kind in ["fieldSelector", "labelSelector"] {
            guard let selector = attributes[kind], selector.object != nil else { continue }
            let at = "spec.resourceAttributes." + kind
            let raw = selector["rawSelector"]?.string ?? ""
            let requirements = selector["requirements"]?.elements ?? []
            if !raw.isEmpty, !requirements.isEmpty {
                errors.append(
                    .invalid(
                        at + ".rawSelector", .string(raw), "may not specified at the same time as requirements"))
            }
            if raw.isEmpty, requirements.isEmpty {
                errors.append(
                    .required(
                        at + ".requirements", "when \(at) is specified, requirements or rawSelector is required"))
            }
            for (i, requirement) in requirements.enumerated() {
                validate(requirement, "\(at).requirements[\(i)]", isLabel: kind == "labelSelector", &errors)
            }
        }
        return errors
    }

    private static func validate(_ requirement: JSON, _ at: String, isLabel: Bool, _ errors: inout [FieldError]) {
        let key = requirement["key"]?.string ?? ""
        let values = requirement["values"]?.elements ?? []
        if !isLabel, key.isEmpty { errors.append(.required(at + ".key", "must be specified")) }
        switch requirement["operator"]?.string ?? "" {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(.required(at + ".values", "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(
                    .forbidden(at + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
            }
        default: break
        }
        guard isLabel else { return }
        for wrong in LabelNames.keyErrors(key) {
            errors.append(.invalid(at + ".key", .string(key), wrong))
        }
    }

    /// That part of the selectors was not understood: the answer is then about more than was asked.
    static func trouble(_ attributes: JSON) -> String? {
        var notes: [String] = []
        for kind in ["labelSelector", "fieldSelector"] {
            guard let selector = attributes[kind], selector.object != nil else { continue }
            let isLabel = kind == "labelSelector"
            let requirements = selector["requirements"]?.elements ?? []
            let read = requirements.filter { isReadable($0, isLabel: isLabel) }.count
            var isWrong = read < requirements.count
            if let raw = selector["rawSelector"]?.string, !raw.isEmpty, requirements.isEmpty {
                isWrong = !isReadable(raw, isLabel: isLabel)
            }
            if !isWrong { continue }
            notes.append(
                "spec.resourceAttributes.\(kind) \(read > 0 ? "partially " : "")ignored due to parse error")
        }
        switch notes.count {
        case 0: return nil
        case 1: return notes[0]
        default: return "[" + notes.joined(separator: ", ") + "]"
        }
    }

    private static func isReadable(_ raw: String, isLabel: Bool) -> Bool {
        do throws(QueryError) {
            if isLabel {
                var parser = LabelSelectorParser(raw)
                _ = try parser.parse()
            } else {
                _ = try FieldSelector(parsing: raw)
            }
            return true
        } catch {
            return false
        }
    }

    private static func isReadable(_ requirement: JSON, isLabel: Bool) -> Bool {
        let values = requirement["values"]?.strings ?? []
        switch requirement["operator"]?.string ?? "" {
        case "In", "NotIn":
            return isLabel ? values.allSatisfy { LabelNames.valueErrors($0).isEmpty } : values.count == 1
        case "Exists", "DoesNotExist": return isLabel
        default: return false
        }
    }
}
