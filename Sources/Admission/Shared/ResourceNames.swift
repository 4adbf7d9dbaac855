import Document
import Schema

/// What is known of resource names: `cpu`, `requests.memory`, `hugepages-2Mi`, `example.com/gpu`.
enum ResourceNames {
    private static let containerNames: Set<String> = ["cpu", "memory", "ephemeral-storage"]
    private static let counts: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    ]
    private static let quotaNames: Set<String> = counts.union([
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    ])
    private static let standardNames: Set<String> = quotaNames.union(["storage"])

    static func isHugePages(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    static func isPrefixed(_ name: String) -> Bool { name.utf8.contains(UInt8(ascii: "/")) }
    static func isNative(_ name: String) -> Bool { !isPrefixed(name) || name.contains("kubernetes.io/") }
    static func isOvercommitAllowed(_ name: String) -> Bool { isNative(name) && !isHugePages(name) }
    static func isStandardContainerName(_ name: String) -> Bool { containerNames.contains(name) || isHugePages(name) }
    static func isStandardQuotaName(_ name: String) -> Bool {
        quotaNames.contains(name) || name.hasPrefix("requests.hugepages-")
    }
    static func isStandard(_ name: String) -> Bool {
        standardNames.contains(name) || isHugePages(name) || name.hasPrefix("requests.hugepages-")
    }
    static func isInteger(_ name: String) -> Bool { counts.contains(name) || isExtended(name) }
    static func isExtended(_ name: String) -> Bool {
        if isNative(name) || name.hasPrefix("requests.") { return false }
        return Names.isQualifiedName("requests." + name)
    }
    /// Resources that may be given for a pod as a whole.
    static func isForWholePod(_ name: String) -> Bool { name == "cpu" || name == "memory" || isHugePages(name) }

    static func validate(_ name: String, path: String) -> [FieldError] {
        if !Names.isQualifiedName(name) { return Names.qualifiedName(name).map { .invalid(path, .string(name), $0) } }
        if !isPrefixed(name), !isStandard(name) {
            return [.invalid(path, .string(name), "must be a standard resource type or fully qualified")]
        }
        return []
    }

    static func validateForContainer(_ name: String, path: String) -> [FieldError] {
        if containerNames.contains(name) { return [] }
        var errors = validate(name, path: path)
        if !isPrefixed(name) {
            if !isStandardContainerName(name) {
                errors.append(.invalid(path, .string(name), "must be a standard resource for containers"))
            }
        } else if !isNative(name), !isExtended(name) {
            errors.append(.invalid(path, .string(name), "doesn't follow extended resource name standard"))
        }
        return errors
    }

    static func validateForQuota(_ name: String, path: String) -> [FieldError] {
        var errors = validate(name, path: path)
        if !isPrefixed(name), !isStandardQuotaName(name) {
            errors.append(.invalid(path, .string(name), "must be a standard resource for quota"))
        }
        return errors
    }

    /// An amount of that resource: not negative, and whole when the resource is counted.
    static func validateAmount(_ name: String, _ value: JSON, path: @autoclosure () -> String) -> [FieldError] {
        let amount = Amount(value)
        var errors: [FieldError] = []
        if amount < .zero { errors.append(.invalid(path(), .string(amount.text), Message.notNegative)) }
        if isInteger(name), !amount.isWhole {
            errors.append(.invalid(path(), .string(amount.text), "must be an integer"))
        }
        return errors
    }
}
