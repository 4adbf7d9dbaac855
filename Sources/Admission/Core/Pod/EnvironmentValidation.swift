import Document
import Schema

/// Checks of a container's environment, and of references to the pod's own fields.
enum EnvironmentValidation {
    private static let variableFields: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    private static let fileFields: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]
    private static let resourceFields: [String] = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
        "requests.memory",
    ]
    private static let wholeDivisors: Set<String> = [
        "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
    ]

    static func validate(
        _ variables: [JSON], path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        for (i, variable) in variables.enumerated() where errors.hasRoom {
            let name = variable.text("name")
            if name.isEmpty {
                errors.append(.required("\(path())[\(i)].name"))
            } else {
                errors.addInvalid("\(path())[\(i)].name", .string(name), Names.environmentVariable(name))
            }
            if let source = variable.given("valueFrom") {
                validateValueFrom(
                    source, value: variable.text("value"), path: "\(path())[\(i)].valueFrom", scope, &errors)
            }
        }
    }

    private static func validateValueFrom(
        _ source: JSON, value: String, path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        var sources = 0
        if let field = source.given("fieldRef") {
            sources += 1
            validateField(field, isFile: false, path: path() + ".fieldRef", &errors)
        }
        if let resource = source.given("resourceFieldRef") {
            sources += 1
            validateResourceField(resource, isFile: false, path: path() + ".resourceFieldRef", &errors)
        }
        for key in ["configMapKeyRef", "secretKeyRef"] {
            guard let reference = source.given(key) else { continue }
            sources += 1
            let name = reference.text("name")
            errors.addInvalid("\(path()).\(key).name", .string(name), Names.dnsSubdomain(name))
            let entry = reference.text("key")
            if entry.isEmpty {
                errors.append(.required("\(path()).\(key).key"))
            } else {
                errors.addInvalid("\(path()).\(key).key", .string(entry), Names.configKey(entry))
            }
        }
        if let file = source.given("fileKeyRef") {
            sources += 1
            validateFileKey(file, path: path() + ".fileKeyRef", &errors)
        }
        if sources == 0 {
            errors.append(
                .invalid(
                    path(), "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
                ))
        } else if !value.isEmpty {
            errors.append(.invalid(path(), "", "may not be specified when `value` is not empty"))
        } else if sources > 1 {
            errors.append(.invalid(path(), "", "may not have more than one field specified at a time"))
        }
    }

    private static func validateFileKey(_ file: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let key = file.text("key")
        if key.isEmpty {
            errors.append(.required(path() + ".key"))
        } else {
            errors.addInvalid(path() + ".key", .string(key), Names.environmentVariable(key))
        }
        if file.text("volumeName").isEmpty { errors.append(.required(path() + ".volumeName")) }
        let file = file.text("path")
        if file.isEmpty {
            errors.append(.required(path() + ".path"))
        } else {
            errors += FilePaths.validateNotReserved(file, path: path() + ".path")
        }
    }

    static func validateSources(_ sources: [JSON], path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        for (i, source) in sources.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            let prefix = source.text("prefix")
            if !prefix.isEmpty {
                errors.addInvalid(at() + ".prefix", .string(prefix), Names.environmentVariable(prefix))
            }
            var count = 0
            for key in ["configMapRef", "secretRef"] {
                guard let reference = source.given(key) else { continue }
                count += 1
                let name = reference.text("name")
                if name.isEmpty {
                    errors.append(.required("\(at()).\(key).name"))
                } else {
                    errors.addInvalid(
                        "\(at()).\(key).name", .string(name), Names.check(name, .dnsSubdomain, isPrefix: true))
                }
            }
            if count == 0 {
                errors.append(.invalid(path(), "", "must specify one of: `configMapRef` or `secretRef`"))
            } else if count > 1 {
                errors.append(.invalid(path(), "", "may not have more than one field specified at a time"))
            }
        }
    }

    /// A reference to a field of the pod, for a variable or for a file.
    static func validateField(
        _ reference: JSON, isFile: Bool, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let version = reference.text("apiVersion")
        if version.isEmpty {
            errors.append(.required(path() + ".apiVersion"))
            return
        }
        let field = reference.text("fieldPath")
        if field.isEmpty {
            errors.append(.required(path() + ".fieldPath"))
            return
        }
        let (base, subscripted) = split(field)
        if let problem = conversionProblem(version: version, base: base, subscripted: subscripted, field: field) {
            errors.append(.invalid(path() + ".fieldPath", .string(field), "error converting fieldPath: " + problem))
            return
        }
        if let key = subscripted {
            errors.addInvalid(
                path(), .string(base == "metadata.annotations" ? key.lowercased() : key),
                Names.qualifiedName(base == "metadata.annotations" ? key.lowercased() : key))
            return
        }
        let known = isFile ? fileFields : variableFields
        if !known.contains(base) { errors.append(.notSupported(path() + ".fieldPath", .string(base), known.sorted())) }
    }

    /// `metadata.labels['x']` taken apart.
    private static func split(_ field: String) -> (base: String, key: String?) {
        guard field.hasSuffix("']"), let open = field.range(ofText: "['") else { return (field, nil) }
        let base = String(field[..<open.lowerBound])
        if base.isEmpty { return (field, nil) }
        return (base, String(field[open.upperBound...].dropLast(2)))
    }

    private static func conversionProblem(version: String, base: String, subscripted: String?, field: String) -> String?
    {
        if version != "v1" { return "unsupported pod version: \(version)" }
        if subscripted != nil {
            if base == "metadata.annotations" || base == "metadata.labels" { return nil }
            return "field label does not support subscript: \(field)"
        }
        if variableFields.contains(base) || fileFields.contains(base) { return nil }
        switch base {
        case "spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host": return nil
        default: return "field label not supported: \(base)"
        }
    }

    /// A reference to a container's request or limit.
    static func validateResourceField(
        _ reference: JSON, isFile: Bool, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let resource = reference.text("resource")
        let isHugePages = resource.hasPrefix("requests.hugepages-") || resource.hasPrefix("limits.hugepages-")
        if isFile, reference.text("containerName").isEmpty {
            errors.append(.required(path() + ".containerName"))
        } else if resource.isEmpty {
            errors.append(.required(path() + ".resource"))
        } else if !resourceFields.contains(resource), !isHugePages {
            errors.append(.notSupported(path() + ".resource", .string(resource), resourceFields))
        }
        let divisor = Amount(reference["divisor"])
        if divisor == .zero { return }
        func refuse(_ what: String) { errors.append(.invalid(path() + ".divisor", .string(resource), what)) }
        let whole =
            "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the "
        switch resource {
        case "limits.cpu", "requests.cpu":
            if divisor.text != "1m", divisor.text != "1" {
                refuse("only divisor's values 1m and 1 are supported with the cpu resource")
            }
        case "limits.memory", "requests.memory":
            if !wholeDivisors.contains(divisor.text) { refuse(whole + "memory resource") }
        case "limits.ephemeral-storage", "requests.ephemeral-storage":
            if !wholeDivisors.contains(divisor.text) { refuse(whole + "local ephemeral storage resource") }
        default: if isHugePages, !wholeDivisors.contains(divisor.text) { refuse(whole + "hugepages resource") }
        }
    }
}

extension String {
    /// Where a piece of text first stands in this one.
    func range(ofText piece: String) -> Range<String.Index>? {
        let (bytes, wanted) = (utf8, Array(piece.utf8))
        var start = bytes.startIndex
        while start != bytes.endIndex {
            if bytes[start...].starts(with: wanted) { return start..<bytes.index(start, offsetBy: wanted.count) }
            start = bytes.index(after: start)
        }
        return nil
    }
}
