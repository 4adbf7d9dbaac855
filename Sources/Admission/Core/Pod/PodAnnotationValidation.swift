import Document
import Schema

/// Checks of annotations that mean something for a pod, and of old annotations against the fields that replaced them.
enum PodAnnotationValidation {
    static let mirror = "kubernetes.io/config.mirror"
    private static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
    private static let seccompPod = "seccomp.security.alpha.kubernetes.io/pod"
    private static let seccompContainer = "container.seccomp.security.alpha.kubernetes.io/"
    private static let appArmor = "container.apparmor.security.beta.kubernetes.io/"

    static func validate(_ annotations: JSON?, spec: JSON, path: String, _ errors: inout [FieldError]) {
        guard let pairs = annotations?.object, !pairs.isEmpty else { return }
        if let value = pairs[mirror], spec.text("nodeName").isEmpty {
            errors.append(
                .invalid("\(path)[\(mirror)]", value, "must set spec.nodeName if mirror pod annotation is set"))
        }
        if let value = pairs[deletionCost]?.string, !isInt32(value) {
            errors.append(.invalid("\(path)[\(deletionCost)]", .string(value), "must be a 32bit integer"))
        }
        for (key, value) in pairs where errors.hasRoom {
            let text = value.string ?? ""
            if key == seccompPod || key.hasPrefix(seccompContainer) {
                validateSeccomp(text, path: "\(path).\(key)", &errors)
            } else if key.hasPrefix(appArmor) {
                let name = String(key.dropFirst(appArmor.count))
                if !WindowsValidation.containers(spec).contains(where: { $0.container.text("name") == name }) {
                    errors.append(.invalid("\(path)[\(key)]", .string(name), "container not found"))
                }
                if !["", "runtime/default", "unconfined"].contains(text), !text.hasPrefix("localhost/") {
                    errors.append(.invalid("\(path)[\(key)]", value, "invalid AppArmor profile name: \"\(text)\""))
                }
            }
        }
    }

    private static func isInt32(_ text: String) -> Bool {
        guard let value = Int32(text) else { return false }
        return String(value) == text || text == "-0"
    }

    private static func validateSeccomp(_ profile: String, path: String, _ errors: inout [FieldError]) {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return }
        if profile.hasPrefix("localhost/") {
            errors += FilePaths.validateDescending(String(profile.dropFirst("localhost/".count)), path: path)
        } else {
            errors.append(.invalid(path, .string(profile), "must be a valid seccomp profile"))
        }
    }

    /// Old annotations say the same as the fields, where both are given.
    static func validateFieldsMatch(_ metadata: JSON?, spec: JSON, path: String, _ errors: inout [FieldError]) {
        guard let annotations = metadata?["annotations"], !annotations.entries.isEmpty else { return }
        if let profile = spec["securityContext", "seccompProfile"], let old = annotations[seccompPod]?.string {
            match(profile, old, "seccomp", path: path + ".securityContext.seccompProfile", &errors)
        }
        let containers = WindowsValidation.containers(spec)
        for (container, place) in containers where errors.hasRoom {
            guard let profile = container["securityContext", "seccompProfile"],
                let old = annotations[seccompContainer + container.text("name")]?.string
            else { continue }
            match(profile, old, "seccomp", path: place.under(path) + ".securityContext.seccompProfile", &errors)
        }
        if spec["os", "name"]?.string == "windows" { return }
        for (container, place) in containers where errors.hasRoom {
            guard
                let profile = container["securityContext", "appArmorProfile"]
                    ?? spec["securityContext", "appArmorProfile"],
                let old = annotations[appArmor + container.text("name")]?.string
            else { continue }
            match(profile, old, "apparmor", path: place.under(path) + ".securityContext.appArmorProfile", &errors)
        }
    }

    private static func match(
        _ profile: JSON, _ old: String, _ what: String, path: String, _ errors: inout [FieldError]
    ) {
        let typeDiffers = FieldError.forbidden(path + ".type", what + " type in annotation and field must match")
        switch profile.text("type") {
        case "Unconfined": if old != "unconfined" { errors.append(typeDiffers) }
        case "RuntimeDefault":
            if old != "runtime/default", !(what == "seccomp" && old == "docker/default") { errors.append(typeDiffers) }
        case "Localhost":
            if !old.hasPrefix("localhost/") {
                errors.append(typeDiffers)
            } else if profile.text("localhostProfile") != old.dropFirst("localhost/".count) {
                errors.append(
                    .forbidden(path + ".localhostProfile", what + " profile in annotation and field must match"))
            }
        default: break
        }
    }

    /// Annotations that may not change once a pod is there.
    static func validateUpdate(_ pod: JSON, old: JSON, path: String, _ errors: inout [FieldError]) {
        let new = pod["metadata", "annotations"]?.entries ?? JSONObject()
        let before = old["metadata", "annotations"]?.entries ?? JSONObject()
        for (key, value) in before where errors.hasRoom && new[key] != value {
            if key.hasPrefix(appArmor) {
                errors.append(.forbidden("\(path)[\(key)]", "may not remove or update AppArmor annotations"))
            }
            if key == mirror {
                errors.append(.forbidden("\(path)[\(key)]", "may not remove or update mirror pod annotation"))
            }
        }
        for (key, _) in new where errors.hasRoom && before[key] == nil {
            if key.hasPrefix(appArmor) {
                errors.append(.forbidden("\(path)[\(key)]", "may not add AppArmor annotations"))
            }
            if key == mirror { errors.append(.forbidden("\(path)[\(key)]", "may not add mirror pod annotation")) }
        }
        validate(pod["metadata", "annotations"], spec: pod["spec"] ?? [:], path: path, &errors)
    }
}
