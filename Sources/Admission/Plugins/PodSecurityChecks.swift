import Document

/// The checks of the Pod Security Standards, with upstream's words.
enum PodSecurityChecks {
    /// What a check found: why, and who did it.
    struct Finding {
        let reason: String
        let detail: String
        init(_ reason: String, _ detail: String) {
            self.reason = reason
            self.detail = detail
        }
    }

    /// `reason (detail), reason (detail)` of everything that the level forbids; nil when the pod is in order.
    static func violations(of level: PodSecurityLevel, _ spec: JSON, _ metadata: JSON, withDetails: Bool = true)
        -> String?
    {
        if level == .privileged { return nil }
        let pod = PodView(spec, metadata)
        let restricted = level == .restricted
        var found: [Finding?] = [
            appArmor(pod), restricted ? nil : capabilitiesBaseline(pod), hostNamespaces(pod),
            restricted ? nil : hostPath(pod),
            hostPorts(pod), hostProbes(pod), privileged(pod), procMount(pod), seLinux(pod),
            restricted ? nil : seccomp(pod, restricted: false),
            sysctls(pod), hostProcess(pod),
        ]
        if restricted {
            found += [
                privilegeEscalation(pod), capabilitiesRestricted(pod), volumeTypes(pod), runAsNonRoot(pod),
                runAsUser(pod),
                seccomp(pod, restricted: true),
            ]
        }
        let texts = found.compactMap { $0 }.map {
            withDetails && !$0.detail.isEmpty ? "\($0.reason) (\($0.detail))" : $0.reason
        }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    /// The parts of a pod that checks look at.
    struct PodView {
        let spec: JSON
        let metadata: JSON
        let security: JSON
        /// Every container with its security context: init, ordinary, ephemeral.
        let containers: [(name: String, container: JSON, security: JSON)]
        var isWindows: Bool { spec["os", "name"]?.string == "windows" }

        init(_ spec: JSON, _ metadata: JSON) {
            self.spec = spec
            self.metadata = metadata
            security = spec["securityContext"] ?? .null
            containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { list in
                spec.list(list).map { ($0.text("name"), $0, $0["securityContext"] ?? .null) }
            }
        }

        func names(_ condition: (JSON, JSON) -> Bool) -> [String] {
            containers.filter { condition($0.container, $0.security) }.map(\.name)
        }
    }

    static func join(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
    static func plural(_ one: String, _ many: String, _ count: Int) -> String { count == 1 ? one : many }
    static func listed(_ names: [String]) -> String {
        plural("container", "containers", names.count) + " " + join(names)
    }
    /// `pod and container "a"`.
    static func setters(_ pod: Bool, _ names: [String]) -> String {
        ((pod ? ["pod"] : []) + (names.isEmpty ? [] : [listed(names)])).joined(separator: " and ")
    }

    // MARK: Baseline

    private static func appArmor(_ pod: PodView) -> Finding? {
        let allowed: Set<String> = ["RuntimeDefault", "Localhost", ""]
        var bad: Set<String> = []
        func isBad(_ security: JSON) -> Bool {
            let type = security["appArmorProfile", "type"]?.string ?? ""
            if allowed.contains(type) { return false }
            bad.insert(type)
            return true
        }
        var parts: [String] = []
        let onPod = isBad(pod.security)
        let names = pod.names { isBad($1) }
        if onPod || !names.isEmpty {
            parts.append("\(setters(onPod, names)) must not set AppArmor profile type to \(join(bad.sorted()))")
        }
        var annotations: [String] = []
        for (key, value) in pod.metadata["annotations"]?.entries.stringPairs ?? []
        where key.hasPrefix("container.apparmor.security.beta.kubernetes.io/") {
            if !(value.isEmpty || value == "runtime/default" || value.hasPrefix("localhost/")) {
                annotations.append("\(key)=\"\(value)\"")
            }
        }
        if !annotations.isEmpty {
            parts.append(
                plural("annotation", "annotations", annotations.count) + " " + annotations.joined(separator: ", "))
        }
        if parts.isEmpty { return nil }
        return Finding(
            plural("forbidden AppArmor profile", "forbidden AppArmor profiles", bad.count + annotations.count),
            parts.joined(separator: " and "))
    }

    private static func capabilitiesBaseline(_ pod: PodView) -> Finding? {
        let allowed: Set<String> = [
            "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
            "SETGID",
            "SETPCAP", "SETUID", "SYS_CHROOT",
        ]
        var bad: Set<String> = []
        let names = pod.names { _, security in
            let more = (security["capabilities", "add"]?.strings ?? []).filter { !allowed.contains($0) }
            bad.formUnion(more)
            return !more.isEmpty
        }
        if names.isEmpty { return nil }
        return Finding(
            "non-default capabilities",
            "\(listed(names)) must not include \(join(bad.sorted())) in securityContext.capabilities.add")
    }

    private static func hostNamespaces(_ pod: PodView) -> Finding? {
        let used = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec.flag($0) || pod.security.flag($0) }
        return used.isEmpty ? nil : Finding("host namespaces", used.map { $0 + "=true" }.joined(separator: ", "))
    }

    private static func hostPath(_ pod: PodView) -> Finding? {
        let names = pod.spec.list("volumes").filter { $0.has("hostPath") }.map { $0.text("name") }
        return names.isEmpty
            ? nil : Finding("hostPath volumes", plural("volume", "volumes", names.count) + " " + join(names))
    }

    private static func hostPorts(_ pod: PodView) -> Finding? {
        var ports: Set<Int64> = []
        let names = pod.names { container, _ in
            let used = container.list("ports").compactMap { $0.integer("hostPort") }.filter { $0 != 0 }
            ports.formUnion(used)
            return !used.isEmpty
        }
        if names.isEmpty { return nil }
        let verb = plural("uses", "use", names.count)
        return Finding(
            "hostPort",
            "\(listed(names)) \(verb) \(plural("hostPort", "hostPorts", ports.count)) \(ports.sorted().map { String($0) }.joined(separator: ", "))"
        )
    }

    private static func hostProbes(_ pod: PodView) -> Finding? {
        var hosts: Set<String> = []
        let names = pod.names { container, _ in
            var handlers = ["livenessProbe", "readinessProbe", "startupProbe"].compactMap { container.given($0) }
            handlers += ["postStart", "preStop"].compactMap { container["lifecycle"]?.given($0) }
            let used = handlers.flatMap { handler in
                ["httpGet", "tcpSocket"].compactMap { handler[$0, "host"]?.string }.filter {
                    !["", "127.0.0.1", "::1"].contains($0)
                }
            }
            hosts.formUnion(used)
            return !used.isEmpty
        }
        if names.isEmpty { return nil }
        return Finding(
            "probe or lifecycle host",
            "\(listed(names)) \(plural("uses", "use", names.count)) probe or lifecycle \(plural("host", "hosts", hosts.count)) \(join(hosts.sorted()))"
        )
    }

    private static func privileged(_ pod: PodView) -> Finding? {
        let names = pod.names { $1.flag("privileged") }
        return names.isEmpty
            ? nil : Finding("privileged", "\(listed(names)) must not set securityContext.privileged=true")
    }

    private static func procMount(_ pod: PodView) -> Finding? {
        if pod.spec["hostUsers"]?.bool == false { return nil }
        var bad: Set<String> = []
        let names = pod.names { _, security in
            guard let mount = security["procMount"]?.string, mount != "Default" else { return false }
            bad.insert(mount)
            return true
        }
        return names.isEmpty
            ? nil
            : Finding("procMount", "\(listed(names)) must not set securityContext.procMount to \(join(bad.sorted()))")
    }

    private static func seLinux(_ pod: PodView) -> Finding? {
        let allowed: Set<String> = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]
        var types: Set<String> = []
        var user = false
        var role = false
        func isBad(_ security: JSON) -> Bool {
            guard let options = security.given("seLinuxOptions") else { return false }
            var bad = false
            if !allowed.contains(options.text("type")) {
                types.insert(options.text("type"))
                bad = true
            }
            if !options.text("user").isEmpty { (user, bad) = (true, true) }
            if !options.text("role").isEmpty { (role, bad) = (true, true) }
            return bad
        }
        let onPod = isBad(pod.security)
        let names = pod.names { isBad($1) }
        if !onPod, names.isEmpty { return nil }
        var parts: [String] = []
        if !types.isEmpty { parts.append(plural("type", "types", types.count) + " " + join(types.sorted())) }
        if user { parts.append("user may not be set") }
        if role { parts.append("role may not be set") }
        return Finding(
            "seLinuxOptions",
            "\(setters(onPod, names)) set forbidden securityContext.seLinuxOptions: \(parts.joined(separator: "; "))")
    }

    private static func seccomp(_ pod: PodView, restricted: Bool) -> Finding? {
        var bad: Set<String> = []
        func isBad(_ type: String?) -> Bool {
            guard let type else { return false }
            let isBad = restricted ? type != "RuntimeDefault" && type != "Localhost" : type == "Unconfined"
            if isBad { bad.insert(type) }
            return isBad
        }
        let podType = pod.security["seccompProfile", "type"]?.string
        if restricted, pod.isWindows { return nil }
        let onPod = isBad(podType)
        let names = pod.names { isBad($1["seccompProfile", "type"]?.string) }
        if onPod || !names.isEmpty {
            return Finding(
                "seccompProfile",
                "\(setters(onPod, names)) must not set securityContext.seccompProfile.type to \(join(bad.sorted()))")
        }
        guard restricted, podType == nil else { return nil }
        let silent = pod.names { $1["seccompProfile", "type"]?.string == nil }
        if silent.isEmpty { return nil }
        return Finding(
            "seccompProfile",
            "pod or \(listed(silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
        )
    }

    private static func sysctls(_ pod: PodView) -> Finding? {
        let allowed: Set<String> = [
            "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
            "net.ipv4.tcp_rmem",
            "net.ipv4.tcp_wmem",
        ]
        let bad = pod.security.list("sysctls").map { $0.text("name") }.filter { !allowed.contains($0) }
        return bad.isEmpty ? nil : Finding("forbidden sysctls", bad.joined(separator: ", "))
    }

    private static func hostProcess(_ pod: PodView) -> Finding? {
        func isBad(_ security: JSON) -> Bool { security["windowsOptions", "hostProcess"]?.bool == true }
        let names = pod.names { isBad($1) }
        let onPod = isBad(pod.security)
        if !onPod, names.isEmpty { return nil }
        return Finding(
            "hostProcess", "\(setters(onPod, names)) must not set securityContext.windowsOptions.hostProcess=true")
    }

    // MARK: Restricted

    private static func privilegeEscalation(_ pod: PodView) -> Finding? {
        if pod.isWindows { return nil }
        let names = pod.names { $1["allowPrivilegeEscalation"]?.bool != false }
        if names.isEmpty { return nil }
        return Finding(
            "allowPrivilegeEscalation != false",
            "\(listed(names)) must set securityContext.allowPrivilegeEscalation=false")
    }

    private static func capabilitiesRestricted(_ pod: PodView) -> Finding? {
        if pod.isWindows { return nil }
        let keeping = pod.names { !($1["capabilities", "drop"]?.strings ?? []).contains("ALL") }
        var bad: Set<String> = []
        let adding = pod.names { _, security in
            let more = (security["capabilities", "add"]?.strings ?? []).filter { $0 != "NET_BIND_SERVICE" }
            bad.formUnion(more)
            return !more.isEmpty
        }
        var parts: [String] = []
        if !keeping.isEmpty { parts.append("\(listed(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]") }
        if !adding.isEmpty {
            parts.append("\(listed(adding)) must not include \(join(bad.sorted())) in securityContext.capabilities.add")
        }
        return parts.isEmpty ? nil : Finding("unrestricted capabilities", parts.joined(separator: "; "))
    }

    private static func volumeTypes(_ pod: PodView) -> Finding? {
        let allowed: Set<String> = [
            "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
        ]
        var types: Set<String> = []
        var names: [String] = []
        for volume in pod.spec.list("volumes") {
            let sources = volume.entries.filter { $0.key != "name" && !$0.value.isNull }.map(\.key)
            if sources.contains(where: allowed.contains) { continue }
            names.append(volume.text("name"))
            types.insert(sources.first ?? "unknown")
        }
        if names.isEmpty { return nil }
        return Finding(
            "restricted volume types",
            "\(plural("volume", "volumes", names.count)) \(join(names)) \(plural("uses", "use", names.count)) restricted volume "
                + "\(plural("type", "types", types.count)) \(join(types.sorted()))")
    }

    private static func runAsNonRoot(_ pod: PodView) -> Finding? {
        let onPod = pod.security["runAsNonRoot"]?.bool
        let refusing = pod.names { $1["runAsNonRoot"]?.bool == false }
        if onPod == false || !refusing.isEmpty {
            return Finding(
                "runAsNonRoot != true",
                "\(setters(onPod == false, refusing)) must not set securityContext.runAsNonRoot=false")
        }
        if onPod == true { return nil }
        let silent = pod.names { $1["runAsNonRoot"]?.bool == nil }
        if silent.isEmpty { return nil }
        return Finding("runAsNonRoot != true", "pod or \(listed(silent)) must set securityContext.runAsNonRoot=true")
    }

    private static func runAsUser(_ pod: PodView) -> Finding? {
        let onPod = pod.security["runAsUser"]?.int == 0
        let names = pod.names { $1["runAsUser"]?.int == 0 }
        return onPod || !names.isEmpty
            ? Finding("runAsUser=0", "\(setters(onPod, names)) must not set runAsUser=0") : nil
    }
}
