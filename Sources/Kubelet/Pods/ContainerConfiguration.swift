import CRI
import Document
import Foundation
import PodLifecycle

/// A container as CRI's ContainerConfig: mounts, environment, limits, security.
struct ContainerConfiguration: Sendable {
    let configuration: KubeletConfiguration
    let reader: ClusterReader
    let volumes: VolumeManager
    let nodeAddresses: [String]
    let memoryCapacity: Int64

    func make(
        _ pod: PodFacts, _ container: JSON, attempt: Int, addresses: [String], image: Runtime_V1_Image?,
        targetID: String
    ) throws(ConfigurationError) -> Runtime_V1_ContainerConfig {
        let name = container["name"]?.string ?? ""
        let environment = try Environment(
            pod: pod, container: container, reader: reader, addresses: addresses, nodeAddresses: nodeAddresses,
            nodeName: configuration.nodeName
        ).variables()
        let values = Dictionary(environment.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })

        var out = Runtime_V1_ContainerConfig()
        out.metadata = .with {
            $0.name = name
            $0.attempt = UInt32(attempt)
        }
        out.image.image = image?.id ?? container["image"]?.string ?? ""
        out.image.userSpecifiedImage = container["image"]?.string ?? ""
        out.command = (container["command"]?.strings ?? []).map { Environment.expand($0, values) }
        out.args = (container["args"]?.strings ?? []).map { Environment.expand($0, values) }
        out.workingDir = container["workingDir"]?.string ?? ""
        out.envs = environment.map { variable in
            .with {
                $0.key = variable.name
                $0.value = Data(variable.value.utf8)
            }
        }
        out.labels = [
            Labels.podName: pod.name, Labels.podNamespace: pod.namespace, Labels.podUID: pod.uid,
            Labels.container: name,
        ]
        out.annotations = [
            Labels.restartCount: "\(attempt)", Labels.image: container["image"]?.string ?? "",
            Labels.terminationMessagePath: container["terminationMessagePath"]?.string ?? "/dev/termination-log",
        ]
        out.logPath = "\(name)/\(attempt).log"
        out.stdin = container["stdin"]?.bool ?? false
        out.stdinOnce = container["stdinOnce"]?.bool ?? false
        out.tty = container["tty"]?.bool ?? false
        out.mounts = try mounts(pod, container, attempt: attempt, addresses: addresses, values: values)
        out.linux.resources = ContainerResources(pod: pod, memoryCapacity: memoryCapacity).linux(container)
        out.linux.securityContext = try SecurityContext(
            pod: pod, container: container, imageUser: image.flatMap { $0.hasUid ? $0.uid.value : nil },
            imageUserName: image?.username ?? "", seccompDirectory: configuration.directory + "/seccomp"
        ).linux(targetID: targetID)
        return out
    }

    // MARK: mounts

    private func mounts(
        _ pod: PodFacts, _ container: JSON, attempt: Int, addresses: [String], values: [String: String]
    ) throws(ConfigurationError) -> [Runtime_V1_Mount] {
        var out: [Runtime_V1_Mount] = []
        for mount in container["volumeMounts"]?.elements ?? [] {
            var host = try volumes.path(pod, mount["name"]?.string ?? "")
            if let expression = mount["subPathExpr"]?.string, !expression.isEmpty {
                host = try volumes.subPath(host, Environment.expand(expression, values))
            } else if let relative = mount["subPath"]?.string, !relative.isEmpty {
                host = try volumes.subPath(host, relative)
            }
            out.append(
                .with {
                    $0.containerPath = mount["mountPath"]?.string ?? ""
                    $0.hostPath = host
                    $0.readonly = mount["readOnly"]?.bool ?? false
                    switch mount["mountPropagation"]?.string ?? "" {
                    case "HostToContainer": $0.propagation = .propagationHostToContainer
                    case "Bidirectional": $0.propagation = .propagationBidirectional
                    default: $0.propagation = .propagationPrivate
                    }
                })
        }
        if !out.contains(where: { $0.containerPath == "/etc/hosts" }) {
            let file = volumes.directory(pod.uid) + "/etc-hosts"
            try write(hosts(pod, addresses), to: file)
            out.append(
                .with {
                    $0.containerPath = "/etc/hosts"
                    $0.hostPath = file
                    $0.readonly = container["securityContext", "readOnlyRootFilesystem"]?.bool ?? false
                })
        }
        let message = terminationFile(pod.uid, container["name"]?.string ?? "", attempt)
        try volumes.makeDirectory(String(message[..<message.lastIndex(of: "/")!]), mode: 0o755)
        try write("", to: message)
        chmod(message, 0o666)
        out.append(
            .with {
                $0.containerPath = container["terminationMessagePath"]?.string ?? "/dev/termination-log"
                $0.hostPath = message
            })
        return out
    }

    func terminationFile(_ uid: String, _ container: String, _ attempt: Int) -> String {
        volumes.directory(uid) + "/containers/\(container)/\(attempt)"
    }

    private func write(_ text: String, to path: String) throws(ConfigurationError) {
        // In place: the file may be mounted into containers already.
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw ConfigurationError("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }

    private func hosts(_ pod: PodFacts, _ addresses: [String]) -> String {
        var text: String
        if pod.usesHostNetwork {
            text = "# Kubernetes-managed hosts file (host network).\n" + HostFacts.text("/etc/hosts")
        } else {
            text = """
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters

                """
            for address in addresses {
                if let full = pod.fullName(configuration.clusterDomain) {
                    text += "\(address)\t\(full)\t\(pod.hostname)\n"
                } else {
                    text += "\(address)\t\(pod.hostname)\n"
                }
            }
        }
        let aliases = pod.spec["hostAliases"]?.elements ?? []
        if !aliases.isEmpty {
            text += "\n# Entries added by HostAliases.\n"
            for alias in aliases {
                text += "\(alias["ip"]?.string ?? "")\t\((alias["hostnames"]?.strings ?? []).joined(separator: "\t"))\n"
            }
        }
        return text
    }
}
