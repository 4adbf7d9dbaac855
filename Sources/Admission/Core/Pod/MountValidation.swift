import Document
import Schema

/// Checks of the volumes and block devices that a container uses.
enum MountValidation {
    static func validateMounts(
        _ container: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        let mounts = container.list("volumeMounts")
        if mounts.isEmpty { return }
        let devices = container.list("volumeDevices")
        func list() -> String { path() + ".volumeMounts" }
        var seen: Set<String> = []
        let deviceNames = Set(devices.map { $0.text("name") })
        let devicePaths = Set(devices.map { $0.text("devicePath") })
        for (i, mount) in mounts.enumerated() where errors.hasRoom {
            func at() -> String { "\(list())[\(i)]" }
            let name = mount.text("name")
            let target = mount.text("mountPath")
            if name.isEmpty { errors.append(.required(at() + ".name")) }
            if scope.volumes[name] == nil { errors.append(.notFound(at() + ".name", .string(name))) }
            if target.isEmpty { errors.append(.required(at() + ".mountPath")) }
            if !seen.insert(target).inserted {
                errors.append(.invalid(at() + ".mountPath", .string(target), "must be unique"))
            }
            if deviceNames.contains(name) {
                errors.append(.invalid(at() + ".name", .string(name), "must not already exist in volumeDevices"))
            }
            if devicePaths.contains(target) {
                errors.append(
                    .invalid(at() + ".mountPath", .string(target), "must not already exist as a path in volumeDevices"))
            }
            let sub = mount.text("subPath")
            let expression = mount.text("subPathExpr")
            if !sub.isEmpty { errors += FilePaths.validateDescending(sub, path: list() + ".subPath") }
            if !expression.isEmpty {
                if !sub.isEmpty {
                    errors.append(
                        .invalid(
                            at() + ".subPathExpr", .string(expression), "subPathExpr and subPath are mutually exclusive"
                        ))
                }
                errors += FilePaths.validateDescending(expression, path: list() + ".subPathExpr")
            }
            validatePropagation(mount, container: container, path: list(), &errors)
            validateRecursiveReadOnly(mount, path: list() + ".recursiveReadOnly", &errors)
        }
    }

    private static func validatePropagation(
        _ mount: JSON, container: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        guard let propagation = mount.given("mountPropagation")?.string else { return }
        let supported = ["Bidirectional", "HostToContainer", "None"]
        func at() -> String { path() + ".mountPropagation" }
        if !supported.contains(propagation) { errors.append(.notSupported(at(), .string(propagation), supported)) }
        if propagation == "Bidirectional", container["securityContext", "privileged"]?.bool != true {
            errors.append(
                .forbidden(at(), "Bidirectional mount propagation is available only to privileged containers"))
        }
    }

    private static func validateRecursiveReadOnly(
        _ mount: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        guard let mode = mount.given("recursiveReadOnly")?.string else { return }
        switch mode {
        case "Disabled": break
        case "Enabled", "IfPossible":
            if !mount.flag("readOnly") {
                errors.append(.forbidden(path(), "may only be specified when readOnly is true"))
            }
            let propagation = mount.text("mountPropagation")
            if !propagation.isEmpty, propagation != "None" {
                errors.append(
                    .forbidden(path(), "may only be specified when mountPropagation is None or not specified"))
            }
        default: errors.append(.notSupported(path(), .string(mode), ["Disabled", "Enabled", "IfPossible"]))
        }
    }

    static func validateDevices(
        _ container: JSON, path: String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        let devices = container.list("volumeDevices")
        if devices.isEmpty { return }
        let mounts = container.list("volumeMounts")
        var names: Set<String> = []
        var paths: Set<String> = []
        let mountNames = Set(mounts.map { $0.text("name") })
        let mountPaths = Set(mounts.map { $0.text("mountPath") })
        for (i, device) in devices.enumerated() where errors.hasRoom {
            let at = "\(path).volumeDevices[\(i)]"
            let name = device.text("name")
            let target = device.text("devicePath")
            if name.isEmpty { errors.append(.required(at + ".name")) }
            if names.contains(name) { errors.append(.invalid(at + ".name", .string(name), "must be unique")) }
            if let volume = scope.volumes[name] {
                if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
                    errors.append(
                        .invalid(
                            at + ".name", .string(name),
                            "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"))
                }
            } else {
                errors.append(.notFound(at + ".name", .string(name)))
            }
            if target.isEmpty { errors.append(.required(at + ".devicePath")) }
            if paths.contains(target) { errors.append(.invalid(at + ".devicePath", .string(target), "must be unique")) }
            if !target.isEmpty, !FilePaths.validateNoBacksteps(target, path: "").isEmpty {
                errors.append(.invalid(at + ".devicePath", .string(target), "can not contain backsteps ('..')"))
            } else {
                paths.insert(target)
            }
            if mountNames.contains(name) {
                errors.append(.invalid(at + ".name", .string(name), "must not already exist in volumeMounts"))
            }
            if mountPaths.contains(target) {
                errors.append(
                    .invalid(at + ".devicePath", .string(target), "must not already exist as a path in volumeMounts"))
            }
            if !name.isEmpty { names.insert(name) }
        }
    }
}
