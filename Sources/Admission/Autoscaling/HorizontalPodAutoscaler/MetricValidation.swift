import Document
import Schema

/// Checks of the metrics that a HorizontalPodAutoscaler follows.
enum MetricValidation {
    private static let missing = "must populate information for the given metric source"
    private static let types = ["ContainerResource", "External", "Object", "Pods", "Resource"]
    /// Sources in the order they are looked at.
    private static let sources = ["object", "external", "pods", "resource", "containerResource"]

    /// `needsGroup`: the core group has one scalable kind; any other must say its group. nil when the version is not looked at.
    static func validateReference(_ reference: JSON, path: String, needsGroup: Bool?, _ errors: inout [FieldError]) {
        for key in ["kind", "name"] {
            let value = reference.text(key)
            if value.isEmpty {
                errors.append(.required("\(path).\(key)"))
            } else {
                errors.addInvalid("\(path).\(key)", .string(value), Names.pathSegment(value))
            }
        }
        guard let needsGroup else { return }
        let version = reference.text("apiVersion")
        let parts = version.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 {
            errors.append(
                .invalid(path + ".apiVersion", .string(version), "unexpected GroupVersion string: \(version)"))
        } else if needsGroup, parts.count < 2 || parts[0].isEmpty {
            errors.append(.invalid(path + ".apiVersion", .string(version), "apiVersion must specify API group"))
        }
    }

    static func validate(_ metric: JSON, path: String, _ errors: inout [FieldError]) {
        let type = metric.text("type")
        if type.isEmpty { errors.append(.required(path + ".type", "must specify a metric source type")) }
        if !types.contains(type) { errors.append(.notSupported(path + ".type", .string(type), types)) }
        let given = sources.filter { metric.has($0) }
        if let first = given.first { validateSource(metric[first] ?? [:], first, path: "\(path).\(first)", &errors) }
        let expected = types.contains(type) ? type.prefix(1).lowercased() + type.dropFirst() : ""
        if expected.isEmpty {
            errors.append(.notSupported(path + ".type", .string(type), types))
        } else if !metric.has(expected) {
            errors.append(.required("\(path).\(expected)", missing))
        }
        if given.count != 1 {
            for source in given.sorted() where errors.hasRoom && source != expected {
                errors.append(.forbidden("\(path).\(source)", "must populate the given metric source only"))
            }
        }
    }

    private static func validateSource(_ source: JSON, _ kind: String, path: String, _ errors: inout [FieldError]) {
        let target = source["target"] ?? [:]
        let at = path + ".target"
        switch kind {
        case "object":
            validateReference(
                source["describedObject"] ?? [:], path: path + ".describedObject", needsGroup: false, &errors)
            validateIdentifier(source["metric"] ?? [:], path: path + ".metric", &errors)
            validateTarget(target, path: at, &errors)
            if !target.has("value"), !target.has("averageValue") {
                errors.append(.required(at + ".averageValue", "must set either a target value or averageValue"))
            }
        case "external":
            validateIdentifier(source["metric"] ?? [:], path: path + ".metric", &errors)
            validateTarget(target, path: at, &errors)
            if !target.has("value"), !target.has("averageValue") {
                errors.append(
                    .required(at + ".averageValue", "must set either a target value for metric or a per-pod target"))
            }
            if target.has("value"), target.has("averageValue") {
                errors.append(
                    .forbidden(at + ".value", "may not set both a target value for metric and a per-pod target"))
            }
        case "pods":
            validateIdentifier(source["metric"] ?? [:], path: path + ".metric", &errors)
            validateTarget(target, path: at, &errors)
            if !target.has("averageValue") {
                errors.append(.required(at + ".averageValue", "must specify a positive target averageValue"))
            }
        default: validateResource(source, kind, path: path, &errors)
        }
    }

    private static func validateResource(_ source: JSON, _ kind: String, path: String, _ errors: inout [FieldError]) {
        let name = source.text("name")
        if name.isEmpty {
            errors.append(.required(path + ".name", "must specify a resource name"))
        } else if kind == "containerResource" {
            errors += ResourceNames.validateForContainer(name, path: path + ".name")
        }
        if kind == "containerResource" {
            let container = source.text("container")
            if container.isEmpty {
                errors.append(.required(path + ".container", "must specify a container"))
            } else {
                errors.addInvalid(path + ".container", .string(container), Names.dnsLabel(container))
            }
        }
        let target = source["target"] ?? [:]
        validateTarget(target, path: path + ".target", &errors)
        if !target.has("averageUtilization"), !target.has("averageValue") {
            errors.append(
                .required(
                    path + ".target.averageUtilization", "must set either a target raw value or a target utilization"))
        }
        if target.has("averageUtilization"), target.has("averageValue") {
            errors.append(
                .forbidden(
                    path + ".target.averageValue", "may not set both a target raw value and a target utilization"))
        }
    }

    private static func validateIdentifier(_ metric: JSON, path: String, _ errors: inout [FieldError]) {
        let name = metric.text("name")
        if name.isEmpty {
            errors.append(.required(path + ".name", "must specify a metric name"))
        } else {
            errors.addInvalid(path + ".name", .string(name), Names.pathSegment(name))
        }
    }

    private static func validateTarget(_ target: JSON, path: String, _ errors: inout [FieldError]) {
        let type = target.text("type")
        if type.isEmpty { errors.append(.required(path + ".type", "must specify a metric target type")) }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            errors.append(.invalid(path + ".type", .string(type), "must be either Utilization, Value, or AverageValue"))
        }
        for key in ["value", "averageValue"] {
            if let value = target.given(key), Amount(value) <= .zero {
                errors.append(.invalid("\(path).\(key)", value, "must be positive"))
            }
        }
        if let percent = target.integer("averageUtilization"), percent < 1 {
            errors.append(.invalid(path + ".averageUtilization", .int(percent), "must be greater than 0"))
        }
    }
}
