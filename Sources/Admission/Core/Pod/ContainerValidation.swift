import Document
import Schema

/// Checks of containers of all three kinds.
enum ContainerValidation {
    private static let initOnly = "may not be set for init containers without restartPolicy=Always"

    static func validateContainers(
        _ containers: [JSON], path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        if containers.isEmpty {
            errors.append(.required(path()))
            return
        }
        var names: Set<String> = []
        for (i, container) in containers.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            validateCommon(container, path: at(), scope, &errors)
            let name = container.text("name")
            if !names.insert(name).inserted { errors.append(.duplicate(at() + ".name", .string(name))) }
            validateRunning(container, path: at(), scope, &errors)
            validateRestartPolicy(container, path: at(), &errors)
        }
        var ports: Set<String> = []
        validateHostPorts(containers, path: path(), &ports, &errors)
    }

    static func validateInitContainers(
        _ containers: [JSON], others: [JSON], path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        if containers.isEmpty { return }
        var names = Set(others.map { $0.text("name") })
        for (i, container) in containers.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            validateCommon(container, path: at(), scope, &errors)
            validateRestartPolicy(container, path: at(), &errors)
            let name = container.text("name")
            if names.contains(name) {
                errors.append(.duplicate(at() + ".name", .string(name)))
            } else if !name.isEmpty {
                names.insert(name)
            }
            var ports: Set<String> = []
            validateHostPorts([container], path: path(), &ports, &errors)
            if container.text("restartPolicy") == "Always" {
                validateRunning(container, path: at(), scope, &errors)
            } else {
                for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(key) {
                    errors.append(.forbidden("\(at()).\(key)", initOnly))
                }
            }
        }
    }

    static func validateEphemeralContainers(
        _ containers: [JSON], spec: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        if containers.isEmpty { return }
        let others = Set((spec.list("containers") + spec.list("initContainers")).map { $0.text("name") })
        var names = others
        let reason = "cannot be set for an Ephemeral Container"
        for (i, container) in containers.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            validateCommon(container, path: at(), scope, &errors)
            validateImageSpacing(container, path: at(), &errors)
            let name = container.text("name")
            if !names.insert(name).inserted { errors.append(.duplicate(at() + ".name", .string(name))) }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !others.contains(target) {
                errors.append(.notFound(at() + ".targetContainerName", .string(target)))
            }
            for key in [
                "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe",
                "readinessProbe",
                "startupProbe", "lifecycle",
            ] {
                guard let value = container.given(key), !(key == "resources" && value.isEmptyValue) else { continue }
                errors.append(.forbidden("\(at()).\(key)", reason))
            }
            for (j, mount) in container.list("volumeMounts").enumerated() where errors.hasRoom {
                for key in ["subPath", "subPathExpr"] where !mount.text(key).isEmpty {
                    errors.append(.forbidden("\(at()).volumeMounts[\(j)].\(key)", reason))
                }
            }
        }
    }

    /// What holds for every container: a name, an image, ports, environment, volumes, resources, security.
    private static func validateCommon(
        _ container: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        let name = container.text("name")
        if name.isEmpty {
            errors.append(.required(path() + ".name"))
        } else {
            errors.addInvalid(path() + ".name", .string(name), Names.dnsLabel(name))
        }
        if container.text("image").isEmpty { errors.append(.required(path() + ".image")) }
        switch container.text("terminationMessagePolicy") {
        case "File", "FallbackToLogsOnError": break
        case "": errors.append(.required(path() + ".terminationMessagePolicy"))
        case let other:
            errors.append(
                .notSupported(path() + ".terminationMessagePolicy", .string(other), ["File", "FallbackToLogsOnError"]))
        }
        validatePorts(container.list("ports"), path: path(), &errors)
        EnvironmentValidation.validate(container.list("env"), path: path() + ".env", scope, &errors)
        EnvironmentValidation.validateSources(container.list("envFrom"), path: path() + ".envFrom", &errors)
        MountValidation.validateMounts(container, path: path(), scope, &errors)
        MountValidation.validateDevices(container, path: path(), scope, &errors)
        validatePullPolicy(container.text("imagePullPolicy"), path: path() + ".imagePullPolicy", &errors)
        if let resources = container.given("resources") {
            ResourceRequirementsValidation.validate(
                resources, path: path() + ".resources", claimNames: scope.claimNames,
                name: ResourceNames.validateForContainer, &errors)
        }
        validateResizePolicy(container.list("resizePolicy"), path: path() + ".resizePolicy", scope, &errors)
        if let security = container.given("securityContext") {
            SecurityContextValidation.validateContainer(security, path: path() + ".securityContext", scope, &errors)
        }
    }

    /// Hooks and probes of containers that keep running.
    private static func validateRunning(
        _ container: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        if let lifecycle = container.given("lifecycle") {
            ProbeValidation.validateLifecycle(lifecycle, path: path() + ".lifecycle", scope, &errors)
        }
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
            if let probe = container.given(key) {
                ProbeValidation.validate(probe, kind: key, path: "\(path()).\(key)", scope, &errors)
            }
        }
    }

    static func validateImageSpacing(_ container: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let image = container.text("image")
        let isSpace: (UInt8) -> Bool = { $0 == 32 || ($0 >= 9 && $0 <= 13) }
        if image.utf8.first.map(isSpace) ?? false || image.utf8.last.map(isSpace) ?? false {
            errors.append(.invalid(path() + ".image", .string(image), "must not have leading or trailing whitespace"))
        }
    }

    static func validatePullPolicy(_ policy: String, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        switch policy {
        case "Always", "IfNotPresent", "Never": break
        case "": errors.append(.required(path()))
        default: errors.append(.notSupported(path(), .string(policy), ["Always", "IfNotPresent", "Never"]))
        }
    }

    private static func validatePorts(_ ports: [JSON], path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        var names: Set<String> = []
        for (i, port) in ports.enumerated() where errors.hasRoom {
            func at() -> String { "\(path()).ports[\(i)]" }
            let name = port.text("name")
            if !name.isEmpty {
                let wrong = Names.portName(name)
                errors.addInvalid(at() + ".name", .string(name), wrong)
                if wrong.isEmpty, !names.insert(name).inserted {
                    errors.append(.duplicate(at() + ".name", .string(name)))
                }
            }
            let number = port.integer("containerPort") ?? 0
            if number == 0 {
                errors.append(.required(at() + ".containerPort"))
            } else {
                errors += Numbers.port(number, path: at() + ".containerPort")
            }
            if let host = port.integer("hostPort"), host != 0 { errors += Numbers.port(host, path: at() + ".hostPort") }
            validateProtocol(port.text("protocol"), path: at() + ".protocol", &errors)
        }
    }

    static func validateProtocol(_ value: String, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        switch value {
        case "TCP", "UDP", "SCTP": break
        case "": errors.append(.required(path()))
        default: errors.append(.notSupported(path(), .string(value), ["SCTP", "TCP", "UDP"]))
        }
    }

    private static func validateHostPorts(
        _ containers: [JSON], path: @autoclosure () -> String, _ seen: inout Set<String>, _ errors: inout [FieldError]
    ) {
        for (i, container) in containers.enumerated() where errors.hasRoom {
            for (j, port) in container.list("ports").enumerated() where errors.hasRoom {
                guard let number = port.integer("hostPort"), number != 0 else { continue }
                let key = "\(port.text("protocol"))/\(port.text("hostIP"))/\(number)"
                if !seen.insert(key).inserted {
                    errors.append(.duplicate("\(path())[\(i)].ports[\(j)].hostPort", .string(key)))
                }
            }
        }
    }

    /// A container's own restart policy and the exit codes that override it.
    private static func validateRestartPolicy(
        _ container: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let rules = container.list("restartPolicyRules")
        if let policy = container.given("restartPolicy")?.string {
            if !["Always", "Never", "OnFailure"].contains(policy) {
                errors.append(
                    .notSupported(path() + ".restartPolicy", .string(policy), ["Always", "Never", "OnFailure"]))
            }
        } else if !rules.isEmpty {
            errors.append(
                .required(path() + ".restartPolicy", "must specify restartPolicy when restart rules are used"))
        }
        if rules.count > 20 { errors.append(.tooMany(path() + ".restartPolicyRules", rules.count, 20)) }
        for (i, rule) in rules.enumerated() where errors.hasRoom {
            func at() -> String { "\(path()).restartPolicyRules[\(i)]" }
            let action = rule.text("action")
            if action != "Restart", action != "RestartAllContainers" {
                errors.append(.notSupported(at() + ".action", .string(action), ["Restart", "RestartAllContainers"]))
            }
            guard let codes = rule.given("exitCodes") else {
                errors.append(.required(at() + ".exitCodes", "must be specified"))
                continue
            }
            let op = codes.text("operator")
            if op != "In", op != "NotIn" {
                errors.append(.notSupported(at() + ".exitCodes.operator", .string(op), ["In", "NotIn"]))
            }
            let count = codes.list("values").count
            if count > 255 { errors.append(.tooMany(at() + ".exitCodes.values", count, 255)) }
        }
    }

    private static func validateResizePolicy(
        _ policies: [JSON], path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        var seen: Set<String> = []
        for (i, policy) in policies.enumerated() where errors.hasRoom {
            let name = policy.text("resourceName")
            if !seen.insert(name).inserted { errors.append(.duplicate("\(path())[\(i)]", .string(name))) }
            switch name {
            case "cpu", "memory": break
            case "": errors.append(.required(path()))
            default: errors.append(.notSupported(path(), .string(name), ["cpu", "memory"]))
            }
            let restart = policy.text("restartPolicy")
            switch restart {
            case "NotRequired", "RestartContainer": break
            case "": errors.append(.required(path()))
            default: errors.append(.notSupported(path(), .string(restart), ["NotRequired", "RestartContainer"]))
            }
            if scope.restartPolicy == "Never", restart != "NotRequired" {
                errors.append(
                    .invalid(path(), .string(restart), "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
            }
        }
    }
}
