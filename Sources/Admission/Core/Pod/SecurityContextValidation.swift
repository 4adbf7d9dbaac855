import Document
import Schema

/// Checks of a pod's and a container's security context.
enum SecurityContextValidation {
    private static let maxID = Int64(Int32.max)

    private static func validateID(_ value: JSON?, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        guard let id = value?.int, id < 0 || id > maxID else { return }
        errors.append(.invalid(path(), .int(id), Message.range(0, maxID)))
    }

    /// `spec.securityContext` of a pod; host namespaces stand beside it in `spec`.
    static func validatePod(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        func at() -> String { path() + ".securityContext" }
        let context = spec["securityContext"] ?? [:]
        for key in ["fsGroup", "runAsUser", "runAsGroup"] { validateID(context[key], path: "\(at()).\(key)", &errors) }
        for (i, group) in context.list("supplementalGroups").enumerated() where errors.hasRoom {
            validateID(group, path: "\(at()).supplementalGroups[\(i)]", &errors)
        }
        if spec.flag("shareProcessNamespace"), spec.flag("hostPID") {
            errors.append(
                .invalid(
                    at() + ".shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled"))
        }
        validateSysctls(context.list("sysctls"), spec: spec, path: at() + ".sysctls", &errors)
        validateOneOf(context, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], path: at(), &errors)
        validateSeccomp(context.given("seccompProfile"), path: at() + ".seccompProfile", &errors)
        WindowsValidation.validateOptions(context.given("windowsOptions"), path: at() + ".windowsOptions", &errors)
        validateAppArmor(context.given("appArmorProfile"), path: at() + ".appArmorProfile", &errors)
        validateOneOf(context, "supplementalGroupsPolicy", ["Merge", "Strict"], path: at(), &errors)
        validateOneOf(context, "seLinuxChangePolicy", ["Recursive"], path: at(), &errors)
    }

    private static func validateOneOf(
        _ object: JSON, _ key: String, _ supported: [String], path: @autoclosure () -> String,
        _ errors: inout [FieldError]
    ) {
        guard let value = object.given(key)?.string, !supported.contains(value) else { return }
        errors.append(.notSupported("\(path()).\(key)", .string(value), supported))
    }

    static func validateContainer(
        _ context: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        for key in ["runAsUser", "runAsGroup"] { validateID(context[key], path: "\(path()).\(key)", &errors) }
        if let mount = context.given("procMount")?.string {
            if mount != "Default", mount != "Unmasked" {
                errors.append(.notSupported(path() + ".procMount", .string(mount), ["Default", "Unmasked"]))
            }
            if scope.sharesHostUsers, mount == "Unmasked" {
                errors.append(
                    .invalid(path() + ".procMount", .string(mount), "`hostUsers` must be false to use `Unmasked`"))
            }
        }
        validateSeccomp(context.given("seccompProfile"), path: path() + ".seccompProfile", &errors)
        if context["allowPrivilegeEscalation"]?.bool == false {
            if context.flag("privileged") {
                errors.append(
                    .invalidDump(
                        path(), InternalForm.securityContext(context),
                        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
            }
            for capability in context["capabilities"]?.list("add") ?? []
            where errors.hasRoom && capability.string == "CAP_SYS_ADMIN" {
                errors.append(
                    .invalidDump(
                        path(), InternalForm.securityContext(context),
                        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
            }
        }
        WindowsValidation.validateOptions(context.given("windowsOptions"), path: path() + ".windowsOptions", &errors)
        validateAppArmor(context.given("appArmorProfile"), path: path() + ".appArmorProfile", &errors)
    }

    private static func validateSysctls(
        _ sysctls: [JSON], spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        var seen: Set<String> = []
        for (i, sysctl) in sysctls.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)].name" }
            let name = sysctl.text("name")
            if name.isEmpty {
                errors.append(.required(at()))
            } else if !isSysctl(name) {
                errors.append(
                    .invalid(
                        at(), .string(name),
                        "must have at most 253 characters and match regex "
                            + "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"))
            } else if seen.contains(name) {
                errors.append(.duplicate(at(), .string(name)))
            }
            let dotted = String(
                decoding: name.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
            if spec.flag("hostNetwork"), dotted.hasPrefix("net.") {
                errors.append(.invalid(at(), .string(name), "may not be specified when 'hostNetwork' is true"))
            } else if spec.flag("hostIPC"), isIPCSysctl(dotted) {
                errors.append(.invalid(at(), .string(name), "may not be specified when 'hostIPC' is true"))
            }
            seen.insert(name)
        }
    }

    private static func isIPCSysctl(_ name: String) -> Bool {
        ["kernel.shm", "kernel.msg", "fs.mqueue."].contains { name.hasPrefix($0) } || name == "kernel.sem"
    }

    private static func isSysctl(_ name: String) -> Bool {
        guard name.utf8.count <= 253 else { return false }
        return name.utf8.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
            .allSatisfy { part in
                guard let first = part.first, let last = part.last, first.isLowerOrDigit, last.isLowerOrDigit else {
                    return false
                }
                return part.allSatisfy { $0.isLowerOrDigit || $0 == 45 || $0 == 95 }
            }
    }

    static func validateSeccomp(_ profile: JSON?, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        guard let profile else { return }
        let type = profile.text("type")
        switch type {
        case "Localhost", "RuntimeDefault", "Unconfined": break
        case "": errors.append(.required(path() + ".type", "type is required when seccompProfile is set"))
        default:
            errors.append(
                .notSupported(path() + ".type", .string(type), ["Localhost", "RuntimeDefault", "Unconfined"]))
        }
        let file = profile.given("localhostProfile")?.string
        if type == "Localhost" {
            if let file {
                errors += FilePaths.validateDescending(file, path: path() + ".localhostProfile")
            } else {
                errors.append(.required(path() + ".localhostProfile", "must be set when seccomp type is Localhost"))
            }
        } else if let file {
            errors.append(
                .invalidDump(
                    path() + ".localhostProfile",
                    "{\"Type\":\(JSON.string(type).text),\"LocalhostProfile\":\(JSON.string(file).text)}",
                    "can only be set when seccomp type is Localhost"))
        }
    }

    static func validateAppArmor(_ profile: JSON?, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        guard let profile else { return }
        let type = profile.text("type")
        func at() -> String { path() + ".localhostProfile" }
        let file = profile.given("localhostProfile")?.string
        switch type {
        case "Localhost":
            guard let file else {
                errors.append(.required(at(), "must be set when AppArmor type is Localhost"))
                return
            }
            if file.isEmpty {
                errors.append(.required(at(), "must be set when AppArmor type is Localhost"))
            } else if file.utf8.first == 32 || file.utf8.last == 32 {
                errors.append(.invalid(at(), .string(file), "must not be padded with whitespace"))
            }
            if file.utf8.count > 4095 { errors.append(.tooLong(at(), 4095)) }
        case "RuntimeDefault", "Unconfined":
            if let file {
                errors.append(.invalid(at(), .string(file), "can only be set when AppArmor type is Localhost"))
            }
        case "": errors.append(.required(path() + ".type", "type is required when appArmorProfile is set"))
        default:
            errors.append(
                .notSupported(path() + ".type", .string(type), ["Localhost", "RuntimeDefault", "Unconfined"]))
        }
    }
}
