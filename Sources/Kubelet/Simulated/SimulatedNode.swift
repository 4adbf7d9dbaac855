import Controllers
import Document
import Engine
import Records

/// One simulated node's requests.
struct SimulatedNode: Sendable {
    let index: Int
    let name: String
    let identity: LoopIdentity

    /// The Node was there before and keeps what it says of itself.
    private let isAdopted: Bool

    init(index: Int, name: String, isAdopted: Bool = false) {
        self.isAdopted = isAdopted
        self.index = index
        self.name = name
        identity = LoopIdentity(
            user: UserInfo(name: "system:node:" + name, groups: ["system:nodes", "system:authenticated"]),
            userAgent: "kubelet/v1.36.2 (linux/\(ImageArchive.architecture)) kubernetes/reckon-simulated")
    }

    private var subnet: String { "10.\(64 + index / 256 % 64).\(index % 256)" }
    private var nodeAddress: String { "172.\(16 + index / 62500 % 16).\(index / 250 % 250).\(index % 250 + 1)" }

    /// The next pod address of this node.
    func address(_ next: inout Int) -> String {
        next = next % 253 + 1
        return "\(subnet).\(next + 1)"
    }

    /// The Node, its status for one that is there already, and its Lease.
    func registration(_ now: Timestamp) -> [Intent] {
        if isAdopted { return adoption(now) }
        let resources: JSON = [
            "cpu": "32", "ephemeral-storage": "256Gi", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": "256Gi",
            "pods": "110",
        ]
        let time = JSON.string(now.rfc3339)
        func condition(_ type: String, _ status: String, _ reason: String, _ message: String) -> JSON {
            [
                "type": .string(type), "status": .string(status), "reason": .string(reason),
                "message": .string(message),
                "lastHeartbeatTime": time, "lastTransitionTime": time,
            ]
        }
        let status: JSON = [
            "addresses": [
                ["type": "InternalIP", "address": .string(nodeAddress)],
                ["type": "Hostname", "address": .string(name)],
            ],
            "allocatable": resources, "capacity": resources,
            "conditions": [
                condition(
                    "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "daemonEndpoints": ["kubeletEndpoint": ["Port": 0]],
            "nodeInfo": [
                "architecture": .string(ImageArchive.architecture), "bootID": "",
                "containerRuntimeVersion": "simulated://1",
                "kernelVersion": "", "kubeProxyVersion": "", "kubeletVersion": "v1.36.2", "machineID": "",
                "operatingSystem": "linux",
                "osImage": "simulated", "systemUUID": "",
            ],
        ]
        let node: JSON = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string(name),
                "labels": [
                    "beta.kubernetes.io/arch": .string(ImageArchive.architecture), "beta.kubernetes.io/os": "linux",
                    "kubernetes.io/arch": .string(ImageArchive.architecture), "kubernetes.io/hostname": .string(name),
                    "kubernetes.io/os": "linux",
                ],
            ],
            "spec": ["podCIDR": .string(subnet + ".0/24"), "podCIDRs": [.string(subnet + ".0/24")]],
            "status": status,
        ]
        return [
            Intent(.create(node), apiVersion: "v1", resource: "nodes"),
            Intent(
                .patch(.strategic, ["status": status]), apiVersion: "v1", resource: "nodes", name: name,
                subresource: "status"),
            lease(now),
        ]
    }

    private func lease(_ now: Timestamp) -> Intent {
        let lease: JSON = [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": ["name": .string(name), "namespace": "kube-node-lease"],
            "spec": [
                "holderIdentity": .string(name), "leaseDurationSeconds": 40, "renewTime": .string(now.rfc3339Micro),
            ],
        ]
        return Intent(
            .create(lease), apiVersion: "coordination.k8s.io/v1", resource: "leases", namespace: "kube-node-lease")
    }

    /// A node of the past goes on: it is ready, and everything else it says stays.
    private func adoption(_ now: Timestamp) -> [Intent] {
        let time = JSON.string(now.rfc3339)
        let ready: JSON = [
            "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
            "lastHeartbeatTime": time, "lastTransitionTime": time,
        ]
        return [
            Intent(
                .patch(.strategic, ["status": ["conditions": [ready]]]), apiVersion: "v1", resource: "nodes",
                name: name, subresource: "status"),
            lease(now), renewal(now),
        ]
    }

    func renewal(_ now: Timestamp) -> Intent {
        Intent(
            .patch(.merge, ["spec": ["renewTime": .string(now.rfc3339Micro)]]), apiVersion: "coordination.k8s.io/v1",
            resource: "leases",
            namespace: "kube-node-lease", name: name)
    }

    /// The pod runs and is ready, or has ended with that code.
    func report(_ pod: JSON, address: String, exitCode: Int64?, now: Timestamp) -> Intent {
        let time = JSON.string(now.rfc3339)
        let uid = pod["metadata", "uid"]?.string ?? ""
        let generation = pod["metadata", "generation"]?.int ?? 0
        let startTime = pod["status", "startTime"] ?? time
        func condition(_ type: String, _ isTrue: Bool, _ reason: String = "") -> JSON {
            var out: JSONObject = [
                "type": .string(type), "status": isTrue ? "True" : "False", "lastTransitionTime": time,
            ]
            if !reason.isEmpty { out["reason"] = .string(reason) }
            if generation > 0 { out["observedGeneration"] = .int(generation) }
            return .object(out)
        }
        let ended = exitCode.map { $0 == 0 ? "PodCompleted" : "PodFailed" } ?? ""
        let conditions: JSON = [
            condition("PodReadyToStartContainers", exitCode == nil),
            condition("Initialized", true, exitCode == 0 ? ended : ""),
            condition("Ready", exitCode == nil, ended), condition("ContainersReady", exitCode == nil, ended),
        ]
        func statuses(_ list: String, isInit: Bool) -> [JSON] {
            (pod["spec", list]?.elements ?? []).enumerated().map { place, container in
                let id = "simulated://\(uid)-\(list)-\(place)"
                let isSidecar = isInit && container["restartPolicy"]?.string == "Always"
                let code = isInit && !isSidecar ? 0 : exitCode
                let state: JSON
                if let code {
                    state = [
                        "terminated": [
                            "exitCode": .int(code), "reason": code == 0 ? "Completed" : "Error", "startedAt": startTime,
                            "finishedAt": time,
                            "containerID": .string(id),
                        ]
                    ]
                } else {
                    state = ["running": ["startedAt": startTime]]
                }
                return [
                    "name": container["name"] ?? "", "image": container["image"] ?? "",
                    "imageID": container["image"] ?? "",
                    "containerID": .string(id), "ready": .bool(code == nil || (isInit && code == 0)),
                    "started": .bool(code == nil),
                    "restartCount": 0, "lastState": [:], "state": state,
                ]
            }
        }
        var status: JSONObject = [
            "phase": .string(exitCode.map { $0 == 0 ? "Succeeded" : "Failed" } ?? "Running"), "startTime": startTime,
            "hostIP": .string(nodeAddress), "hostIPs": [["ip": .string(nodeAddress)]], "podIP": .string(address),
            "podIPs": [["ip": .string(address)]], "conditions": conditions,
            "containerStatuses": .array(statuses("containers", isInit: false)),
        ]
        let initial = statuses("initContainers", isInit: true)
        if !initial.isEmpty { status["initContainerStatuses"] = .array(initial) }
        if generation > 0 { status["observedGeneration"] = .int(generation) }
        return Intent(
            .patch(.strategic, ["metadata": ["uid": .string(uid)], "status": .object(status)]), apiVersion: "v1",
            resource: "pods",
            namespace: pod["metadata", "namespace"]?.string ?? "", name: pod["metadata", "name"]?.string ?? "",
            subresource: "status")
    }
}
