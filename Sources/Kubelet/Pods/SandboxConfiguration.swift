import CRI
import Document

/// A pod as CRI's PodSandboxConfig.
struct SandboxConfiguration: Sendable {
    let configuration: KubeletConfiguration
    let cgroups: Cgroups
    let canLowerOOMScore: Bool

    func logDirectory(_ pod: PodFacts) -> String {
        configuration.logsDirectory + "/\(pod.namespace)_\(pod.name)_\(pod.uid)"
    }

    func make(_ pod: PodFacts, attempt: Int) throws(ConfigurationError) -> Runtime_V1_PodSandboxConfig {
        var out = Runtime_V1_PodSandboxConfig()
        out.metadata = .with {
            $0.name = pod.name
            $0.namespace = pod.namespace
            $0.uid = pod.uid
            $0.attempt = UInt32(attempt)
        }
        // A sandbox in the host's network has the host's name.
        out.hostname = pod.usesHostNetwork ? "" : pod.hostname
        out.logDirectory = logDirectory(pod)
        out.dnsConfig = dns(pod)
        for (key, value) in pod.object["metadata", "labels"]?.entries.stringPairs ?? [] { out.labels[key] = value }
        out.labels[Labels.podName] = pod.name
        out.labels[Labels.podNamespace] = pod.namespace
        out.labels[Labels.podUID] = pod.uid
        for (key, value) in pod.object["metadata", "annotations"]?.entries.stringPairs ?? [] {
            out.annotations[key] = value
        }
        for container in pod.containers where !pod.usesHostNetwork {
            for port in container["ports"]?.elements ?? [] {
                guard let hostPort = port["hostPort"]?.int, hostPort > 0 else { continue }
                out.portMappings.append(
                    .with {
                        $0.protocol =
                            port["protocol"]?.string == "UDP" ? .udp : port["protocol"]?.string == "SCTP" ? .sctp : .tcp
                        $0.containerPort = Int32(port["containerPort"]?.int ?? 0)
                        $0.hostPort = Int32(hostPort)
                        $0.hostIp = port["hostIP"]?.string ?? ""
                    })
            }
        }
        out.linux.cgroupParent = cgroups.parent(pod)
        out.linux.securityContext.namespaceOptions = SecurityContext.namespaces(pod)
        out.linux.securityContext.privileged = pod.containers.contains {
            $0["securityContext", "privileged"]?.bool == true
        }
        out.linux.securityContext.seccomp.profileType = .runtimeDefault
        let context = pod.spec["securityContext"] ?? .null
        out.linux.securityContext.supplementalGroups = (context["supplementalGroups"]?.elements ?? []).compactMap(\.int)
        if let group = context["fsGroup"]?.int { out.linux.securityContext.supplementalGroups.append(group) }
        for sysctl in context["sysctls"]?.elements ?? [] {
            guard let name = sysctl["name"]?.string, let value = sysctl["value"]?.string else { continue }
            guard SandboxConfiguration.isSafe(name) else {
                throw ConfigurationError("forbidden sysctl: \"\(name)\" not allowlisted")
            }
            out.linux.sysctls[name] = value
        }
        return out
    }

    /// Upstream's safe sysctls.
    static func isSafe(_ name: String) -> Bool {
        [
            "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
            "net.ipv4.tcp_rmem",
            "net.ipv4.tcp_wmem",
        ].contains(name.split(separator: "/").joined(separator: "."))
    }

    // MARK: DNS

    /// What the pod's /etc/resolv.conf says, by its DNS policy.
    func dns(_ pod: PodFacts) -> Runtime_V1_DNSConfig {
        var out = Runtime_V1_DNSConfig()
        let node = SandboxConfiguration.resolver()
        var policy = pod.spec["dnsPolicy"]?.string ?? "ClusterFirst"
        if policy == "ClusterFirst", pod.usesHostNetwork { policy = "Default" }
        if policy == "ClusterFirstWithHostNet" { policy = "ClusterFirst" }
        if policy == "ClusterFirst", configuration.clusterDNS.isEmpty { policy = "Default" }
        switch policy {
        case "ClusterFirst":
            let domain = configuration.clusterDomain
            out.servers = configuration.clusterDNS
            out.searches = ["\(pod.namespace).svc.\(domain)", "svc.\(domain)", domain] + node.searches
            out.options = ["ndots:5"]
        case "Default":
            out.servers = node.servers
            out.searches = node.searches
            out.options = node.options
        default: break
        }
        if let extra = pod.spec["dnsConfig"] {
            for server in extra["nameservers"]?.strings ?? [] where !out.servers.contains(server) {
                out.servers.append(server)
            }
            for search in extra["searches"]?.strings ?? [] where !out.searches.contains(search) {
                out.searches.append(search)
            }
            for option in extra["options"]?.elements ?? [] {
                guard let name = option["name"]?.string else { continue }
                out.options.removeAll { $0 == name || $0.hasPrefix(name + ":") }
                out.options.append(option["value"]?.string.map { "\(name):\($0)" } ?? name)
            }
        }
        return out
    }

    private static func resolver() -> (servers: [String], searches: [String], options: [String]) {
        var servers: [String] = []
        var searches: [String] = []
        var options: [String] = []
        for line in HostFacts.text("/etc/resolv.conf").split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            switch words.first {
            case "nameserver": servers += words.dropFirst().prefix(1)
            case "search": searches = words.dropFirst().filter { $0 != "." }
            case "options": options = Array(words.dropFirst())
            default: break
            }
        }
        return (servers, searches, options)
    }
}
