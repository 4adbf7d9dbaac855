import Document
import Schema

/// Checks of `metav1.Condition` lists.
enum ConditionRules {
    private static let reasonBytesMax = 1024
    private static let messageBytesMax = 32 * 1024

    static func validate(_ conditions: [JSON], path: String) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (i, condition) in conditions.enumerated() where errors.hasRoom {
            let at = "\(path)[\(i)]"
            let type = condition.text("type")
            if !seen.insert(type).inserted { errors.append(.duplicate(at, .string(type))) }
            errors += LabelRules.validateKey(type, path: at + ".type")
            let status = condition.text("status")
            if !["False", "True", "Unknown"].contains(status) {
                errors.append(.notSupported(at + ".status", .string(status), ["False", "True", "Unknown"]))
            }
            if let generation = condition.integer("observedGeneration"), generation < 0 {
                errors.append(
                    .invalid(at + ".observedGeneration", .int(generation), "must be greater than or equal to zero"))
            }
            if !condition.has("lastTransitionTime") { errors.append(.required(at + ".lastTransitionTime")) }
            validateReason(condition.text("reason"), path: at + ".reason", &errors)
            if condition.text("message").utf8.count > messageBytesMax {
                errors.append(.tooLong(at + ".message", messageBytesMax))
            }
        }
        return errors
    }

    private static func validateReason(_ reason: String, path: String, _ errors: inout [FieldError]) {
        let bytes = reason.utf8
        guard let first = bytes.first, let last = bytes.last else {
            errors.append(.required(path))
            return
        }
        let fine =
            first.isLetter && (last.isAlphanumeric || last == 95)
            && bytes.allSatisfy { $0.isAlphanumeric || $0 == 95 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }
        if !fine {
            errors.append(
                .invalid(
                    path, .string(reason),
                    Names.pattern(
                        "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
                            + "characters or '_,:', and must end with an alphanumeric character or '_'",
                        "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB",
                        "ReasonA:ReasonB")))
        }
        if bytes.count > reasonBytesMax { errors.append(.tooLong(path, reasonBytesMax)) }
    }
}
