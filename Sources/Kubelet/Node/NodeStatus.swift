import Document
import Foundation

/// The Node object and its status, from the facts of this machine.
struct NodeStatus: Sendable {
    let configuration: KubeletConfiguration
    let address: String

    /// The machine's memory in bytes.
    static func memory() -> Int64 {
        let words = (HostFacts.field("MemTotal", in: "/proc/meminfo") ?? "0").split(separator: " ")
        return (Int64(words.first ?? "0") ?? 0) * 1024
    }

    /// This machine's address towards the world, or 127.0.0.1 when it has no other.
    static func detectAddress() -> String {
        // Connecting a datagram socket sends nothing, and names the interface that would.
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var there = sockaddr_in()
        there.sin_family = sa_family_t(AF_INET)
        there.sin_port = in_port_t(53).bigEndian
        there.sin_addr.s_addr = UInt32(0xC000_0201).bigEndian  // 192.0.2.1, a documentation address
        var here = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &there) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket, $0, size) }
        }
        if connected == 0 {
            let named = withUnsafeMutablePointer(to: &here) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
            }
            let value = UInt32(bigEndian: here.sin_addr.s_addr)
            if named == 0, value != 0 {
                return [24, 16, 8, 0].map { String(value >> UInt32($0) & 255) }.joined(separator: ".")
            }
        }
        return "127.0.0.1"
    }

    /// The object as it is registered.
    func object(runtimeVersion: String, now: Timestamp) -> JSON {
        var labels: JSONObject = [
            "beta.kubernetes.io/arch": .string(ImageArchive.architecture), "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": .string(ImageArchive.architecture),
            "kubernetes.io/hostname": .string(configuration.nodeName),
            "kubernetes.io/os": "linux",
        ]
        for (key, value) in configuration.labels { labels[key] = .string(value) }
        return [
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string(configuration.nodeName), "labels": .object(labels),
                "annotations": ["volumes.kubernetes.io/controller-managed-attach-detach": "true"],
            ],
            "spec": ["podCIDR": .string(configuration.podCIDR), "podCIDRs": [.string(configuration.podCIDR)]],
            "status": status(known: .null, runtimeVersion: runtimeVersion, problem: nil, images: [], now: now),
        ]
    }

    /// `problem` makes the node NotReady and says why.
    func status(known: JSON, runtimeVersion: String, problem: String?, images: [JSON], now: Timestamp) -> JSON {
        let memory = NodeStatus.memory()
        var disk = statvfs()
        statvfs(configuration.directory, &disk)
        let storage = Int64(disk.f_blocks) * Int64(disk.f_frsize)
        let cores = "\(max(1, ProcessInfo.processInfo.activeProcessorCount))"
        var capacity: JSONObject = [
            "cpu": .string(cores), "ephemeral-storage": .string("\(storage / 1024)Ki"), "hugepages-1Gi": "0",
            "hugepages-2Mi": "0",
            "memory": .string("\(memory / 1024)Ki"), "pods": .string("\(configuration.podsMax)"),
        ]
        let whole = JSON.object(capacity)
        capacity["memory"] = .string("\(max(0, memory / 1024 - 100 * 1024))Ki")
        capacity["ephemeral-storage"] = .string("\(storage / 10 * 9)")
        var system = utsname()
        uname(&system)
        let kernel = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        func line(_ path: String) -> String { HostFacts.text(path).trimmingCharacters(in: .whitespacesAndNewlines) }
        let image =
            HostFacts.text("/etc/os-release").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
            .map { $0.dropFirst(12).trimmingCharacters(in: ["\""]) } ?? "Linux"
        var out: JSONObject = [
            "addresses": [
                ["type": "InternalIP", "address": .string(address)],
                ["type": "Hostname", "address": .string(configuration.nodeName)],
            ],
            "allocatable": .object(capacity), "capacity": whole,
            "conditions": .array(conditions(known, problem: problem, now: now)),
            "daemonEndpoints": ["kubeletEndpoint": ["Port": .int(Int64(configuration.serving?.port ?? 0))]],
            "nodeInfo": [
                "architecture": .string(ImageArchive.architecture),
                "bootID": .string(line("/proc/sys/kernel/random/boot_id")),
                "containerRuntimeVersion": .string(runtimeVersion), "kernelVersion": .string(kernel),
                "kubeProxyVersion": "",
                "kubeletVersion": .string(configuration.version), "machineID": .string(line("/etc/machine-id")),
                "operatingSystem": "linux", "osImage": .string(image),
                "systemUUID": .string(line("/sys/class/dmi/id/product_uuid")),
            ],
        ]
        if !images.isEmpty { out["images"] = .array(images) }
        return .object(out)
    }

    private func conditions(_ known: JSON, problem: String?, now: Timestamp) -> [JSON] {
        let wanted: [(type: String, isTrue: Bool, reason: String, message: String)] = [
            ("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            problem.map { ("Ready", false, "KubeletNotReady", $0) } ?? (
                "Ready", true, "KubeletReady", "kubelet is posting ready status"
            ),
        ]
        return wanted.map { condition in
            let status = condition.isTrue ? "True" : "False"
            let before = (known["conditions"]?.elements ?? []).first { $0["type"]?.string == condition.type }
            let same = before?["status"]?.string == status
            return [
                "type": .string(condition.type), "status": .string(status), "reason": .string(condition.reason),
                "message": .string(condition.message), "lastHeartbeatTime": .string(now.rfc3339),
                "lastTransitionTime": (same ? before?["lastTransitionTime"] : nil) ?? .string(now.rfc3339),
            ]
        }
    }
}
