import CRI
import Document

/// A container's security settings: its own over the pod's.
struct SecurityContext {
    let pod: PodFacts
    let container: JSON
    /// Who the image runs as by itself.
    let imageUser: Int64?
    let imageUserName: String
    let seccompDirectory: String

    private var own: JSON { container["securityContext"] ?? .null }
    private var shared: JSON { pod.spec["securityContext"] ?? .null }
    private func setting(_ name: String) -> JSON? {
        if let value = own[name], !value.isNull { return value }
        if let value = shared[name], !value.isNull { return value }
        return nil
    }

    func linux(targetID: String) throws(ConfigurationError) -> Runtime_V1_LinuxContainerSecurityContext {
        var out = Runtime_V1_LinuxContainerSecurityContext()
        out.privileged = own["privileged"]?.bool ?? false
        out.readonlyRootfs = own["readOnlyRootFilesystem"]?.bool ?? false
        out.noNewPrivs = own["allowPrivilegeEscalation"]?.bool == false
        if let capabilities = own["capabilities"] {
            out.capabilities.addCapabilities = capabilities["add"]?.strings ?? []
            out.capabilities.dropCapabilities = capabilities["drop"]?.strings ?? []
        }
        let user = setting("runAsUser")?.int
        if setting("runAsNonRoot")?.bool == true { try requireNonRoot(user) }
        if let user {
            out.runAsUser.value = user
        } else if let imageUser {
            out.runAsUser.value = imageUser
        } else if !imageUserName.isEmpty {
            out.runAsUsername = imageUserName
        }
        if let group = setting("runAsGroup")?.int {
            if !out.hasRunAsUser, out.runAsUsername.isEmpty { out.runAsUser.value = 0 }
            out.runAsGroup.value = group
        }
        out.supplementalGroups = (shared["supplementalGroups"]?.elements ?? []).compactMap(\.int)
        if let group = shared["fsGroup"]?.int { out.supplementalGroups.append(group) }
        if shared["supplementalGroupsPolicy"]?.string == "Strict" { out.supplementalGroupsPolicy = .strict }
        out.namespaceOptions = SecurityContext.namespaces(pod)
        if !targetID.isEmpty {
            out.namespaceOptions.pid = .target
            out.namespaceOptions.targetID = targetID
        }
        if let profile = setting("seccompProfile") {
            out.seccomp = try SecurityContext.profile(profile, directory: seccompDirectory)
        } else if !out.privileged {
            out.seccomp.profileType = .unconfined
        }
        if let options = setting("seLinuxOptions") {
            out.selinuxOptions.user = options["user"]?.string ?? ""
            out.selinuxOptions.role = options["role"]?.string ?? ""
            out.selinuxOptions.type = options["type"]?.string ?? ""
            out.selinuxOptions.level = options["level"]?.string ?? ""
        }
        return out
    }

    private func requireNonRoot(_ user: Int64?) throws(ConfigurationError) {
        let place = "(pod: \"\(pod.name)_\(pod.namespace)(\(pod.uid))\", container: \(container["name"]?.string ?? ""))"
        if let user {
            if user == 0 { throw ConfigurationError("container's runAsUser breaks non-root policy \(place)") }
        } else if let imageUser {
            if imageUser == 0 {
                throw ConfigurationError("container has runAsNonRoot and image will run as root \(place)")
            }
        } else if !imageUserName.isEmpty {
            throw ConfigurationError(
                "container has runAsNonRoot and image has non-numeric user (\(imageUserName)), cannot verify user is non-root \(place)"
            )
        } else {
            throw ConfigurationError("container has runAsNonRoot and image will run as root \(place)")
        }
    }

    static func namespaces(_ pod: PodFacts) -> Runtime_V1_NamespaceOption {
        var out = Runtime_V1_NamespaceOption()
        out.network = pod.usesHostNetwork ? .node : .pod
        out.ipc = pod.spec["hostIPC"]?.bool == true ? .node : .pod
        out.pid =
            pod.spec["hostPID"]?.bool == true
            ? .node : pod.spec["shareProcessNamespace"]?.bool == true ? .pod : .container
        return out
    }

    static func profile(_ profile: JSON, directory: String) throws(ConfigurationError) -> Runtime_V1_SecurityProfile {
        var out = Runtime_V1_SecurityProfile()
        switch profile["type"]?.string ?? "" {
        case "RuntimeDefault": out.profileType = .runtimeDefault
        case "Localhost":
            out.profileType = .localhost
            guard let name = profile["localhostProfile"]?.string, !name.split(separator: "/").contains("..") else {
                throw ConfigurationError("localhostProfile must be set if seccompProfile type is Localhost")
            }
            out.localhostRef = directory + "/" + name
        default: out.profileType = .unconfined
        }
        return out
    }
}
