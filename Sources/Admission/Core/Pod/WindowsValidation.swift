import Document
import Schema

/// Checks of pods by operating system: `spec.os`, and what only Windows or only Linux knows.
enum WindowsValidation {
    /// Every container with its place, init containers first, as upstream visits them.
    static func containers(_ spec: JSON) -> [(container: JSON, place: Place)] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { key in
            spec.list(key).enumerated().map { ($1, Place(list: key, index: $0)) }
        }
    }

    /// Where a container stands in a pod's specification.
    struct Place {
        let list: String
        let index: Int
        func under(_ path: String) -> String { "\(path).\(list)[\(index)]" }
    }

    static func validateOS(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        guard let os = spec.given("os") else { return }
        switch os.text("name") {
        case "": errors.append(.required(path() + ".os.name"))
        case "linux": validateLinux(spec, path: path(), &errors)
        case "windows": validateWindows(spec, path: path(), &errors)
        case let other: errors.append(.notSupported(path() + ".os", .string(other), ["linux", "windows"]))
        }
    }

    private static func validateLinux(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let reason = "windows options cannot be set for a linux pod"
        if spec["securityContext"]?.has("windowsOptions") ?? false {
            errors.append(.forbidden(path() + ".securityContext.windowsOptions", reason))
        }
        for (container, place) in containers(spec)
        where errors.hasRoom && container["securityContext"]?.has("windowsOptions") ?? false {
            errors.append(.forbidden(place.under(path()) + ".securityContext.windowsOptions", reason))
        }
    }

    private static func validateWindows(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let reason = "cannot be set for a windows pod"
        let context = spec["securityContext"] ?? [:]
        let at = path() + ".securityContext"
        func refuse(_ keys: [String]) {
            for key in keys where context.has(key) { errors.append(.forbidden("\(at).\(key)", reason)) }
        }
        refuse(["appArmorProfile", "seLinuxOptions"])
        if spec.has("hostUsers") { errors.append(.forbidden(path() + ".hostUsers", reason)) }
        if spec.flag("hostPID") { errors.append(.forbidden(path() + ".hostPID", reason)) }
        if spec.flag("hostIPC") { errors.append(.forbidden(path() + ".hostIPC", reason)) }
        refuse(["seccompProfile", "fsGroup", "fsGroupChangePolicy"])
        if !context.list("sysctls").isEmpty { errors.append(.forbidden(at + ".sysctls", reason)) }
        if spec.has("shareProcessNamespace") { errors.append(.forbidden(path() + ".shareProcessNamespace", reason)) }
        refuse(["runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"])
        for (container, place) in containers(spec) where errors.hasRoom {
            guard let context = container.given("securityContext") else { continue }
            for key in [
                "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem",
                "privileged",
                "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
            ] where context.has(key) {
                errors.append(.forbidden("\(place.under(path())).securityContext.\(key)", reason))
            }
        }
    }

    /// Containers of a Windows pod run as processes of the host all together or not at all, and then on its network.
    static func validateHostProcess(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let ofPod = spec["securityContext", "windowsOptions", "hostProcess"]?.bool
        var count = 0
        var hostCount = 0
        for (container, place) in containers(spec) where errors.hasRoom {
            count += 1
            let own = container["securityContext", "windowsOptions", "hostProcess"]?.bool
            if let ofPod, let own, ofPod != own {
                errors.append(
                    .invalid(
                        place.under(path()) + ".securityContext.windowsOptions.hostProcess", .bool(own),
                        "pod hostProcess value must be identical if both are specified, was \(ofPod)"))
            }
            if own ?? ofPod ?? false { hostCount += 1 }
        }
        if hostCount == 0 { return }
        if hostCount != count {
            errors.append(
                .invalid(
                    path(), "",
                    "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
        }
        if !spec.flag("hostNetwork") {
            errors.append(
                .invalid(
                    path() + ".hostNetwork", false,
                    "hostNetwork must be true if pod contains any hostProcess containers"))
        }
    }

    static func validateOptions(_ options: JSON?, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        guard let options else { return }
        if let name = options.given("gmsaCredentialSpecName")?.string {
            errors.addInvalid(path() + ".gmsaCredentialSpecName", .string(name), Names.dnsSubdomain(name))
        }
        if let spec = options.given("gmsaCredentialSpec")?.string {
            func at() -> String { path() + ".gmsaCredentialSpec" }
            if spec.isEmpty {
                errors.append(.invalid(at(), "", "gmsaCredentialSpec cannot be an empty string"))
            } else if spec.utf8.count > 64 * 1024 {
                errors.append(.invalid(at(), .string(spec), "gmsaCredentialSpec size must be under 64 KiB"))
            }
        }
        if let user = options.given("runAsUserName")?.string {
            errors.addInvalid(path() + ".runAsUserName", .string(user), userNameProblems(user))
        }
    }

    private static func userNameProblems(_ name: String) -> [String] {
        let bytes = Array(name.utf8)
        if bytes.isEmpty { return ["runAsUserName cannot be an empty string"] }
        if bytes.contains(where: { $0 < 32 || $0 == 127 }) {
            return ["runAsUserName cannot contain control characters"]
        }
        let parts = bytes.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
        if parts.count > 2 { return ["runAsUserName cannot contain more than one backslash"] }
        var wrong: [String] = []
        if parts.count == 2 {
            let domain = parts[0]
            if domain.count >= 256 { wrong.append("runAsUserName's Domain length must be under 256 characters") }
            let netBIOS =
                !domain.isEmpty && domain.count <= 15 && domain.first != UInt8(ascii: ".")
                && !domain.contains { "\\/:*?\"<>|".utf8.contains($0) }
            let dns = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
                return first.isAlphanumeric && last.isAlphanumeric && label.allSatisfy { $0.isAlphanumeric || $0 == 45 }
            }
            if !netBIOS, !dns { wrong.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format") }
        }
        let user = parts[parts.count - 1]
        if user.isEmpty {
            wrong.append("runAsUserName's User cannot be empty")
        } else if user.count > 104 {
            wrong.append("runAsUserName's User length must not be longer than 104 characters")
        }
        if !user.isEmpty, user.allSatisfy({ $0 == 46 || $0 == 32 }) {
            wrong.append("runAsUserName's User cannot contain only periods or spaces")
        }
        if user.contains(where: { "\"/\\:;|=,+*?<>@[]".utf8.contains($0) }) {
            wrong.append("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
        }
        return wrong
    }
}
