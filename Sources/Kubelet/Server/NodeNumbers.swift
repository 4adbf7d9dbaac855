import CRI
import Document
import Foundation
import HTTPEdge
import Usage

/// What the node and its containers use, from the runtime and /proc: `/stats/summary`, `/metrics`, `/metrics/resource`.
struct NodeNumbers: Sendable {
    let runtime: ContainerRuntime
    let manager: PodManager
    let nodeName: String
    let now: @Sendable () -> Timestamp

    private struct Use: Sendable {
        /// The runtime's.
        var id: String
        var namespace: String
        var pod: String
        var uid: String
        var container: String
        /// Of one core, since the container began.
        var cpuNanoseconds: UInt64
        var cpuTime: Int64
        var memoryBytes: UInt64
        var memoryTime: Int64
        var workingSet: UInt64
        var rss: UInt64
    }

    private func uses() async -> [Use] { await asked() ?? [] }

    /// nil when the runtime does not answer.
    private func asked() async -> [Use]? {
        let answer = try? await runtime.runtime.listContainerStats(.init(), options: ContainerRuntime.within(10))
        return answer?.stats.compactMap { stats in
            let labels = stats.attributes.labels
            guard let uid = labels[Labels.podUID] else { return nil }
            return Use(
                id: stats.attributes.id, namespace: labels[Labels.podNamespace] ?? "",
                pod: labels[Labels.podName] ?? "", uid: uid,
                container: labels[Labels.container] ?? "", cpuNanoseconds: stats.cpu.usageCoreNanoSeconds.value,
                cpuTime: stats.cpu.timestamp, memoryBytes: stats.memory.usageBytes.value,
                memoryTime: stats.memory.timestamp, workingSet: stats.memory.workingSetBytes.value,
                rss: stats.memory.rssBytes.value)
        }.sorted { ($0.namespace, $0.pod, $0.container) < ($1.namespace, $1.pod, $1.container) }
    }

    /// Nanoseconds of all cores since the machine began, its memory in all, and what of it is in use.
    private func machine() -> (cpu: UInt64, memory: UInt64, used: UInt64) {
        let line = HostFacts.text("/proc/stat").split(separator: "\n").first ?? ""
        let ticks = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
        // user, nice, system, idle, iowait, irq, softirq, steal
        let busy = ticks.enumerated().filter { ![3, 4].contains($0.offset) && $0.offset < 8 }.reduce(0) {
            $0 + $1.element
        }
        func kilobytes(_ name: String) -> UInt64 {
            (HostFacts.field(name, in: "/proc/meminfo") ?? "").split(separator: " ").first.flatMap { UInt64($0) } ?? 0
        }
        let total = kilobytes("MemTotal") * 1024
        let available = kilobytes("MemAvailable") * 1024
        return (
            busy * 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))), total, total - min(total, available)
        )
    }

    /// The counters as they stand; nil when the runtime does not answer.
    func counters() async -> UsageCounters? {
        guard let uses = await asked() else { return nil }
        let machine = machine()
        return UsageCounters(
            node: .init(time: now(), cpuNanoseconds: machine.cpu, memoryBytes: machine.used),
            containers: uses.map { use in
                .init(
                    id: use.id, podUID: use.uid, namespace: use.namespace, pod: use.pod, name: use.container,
                    counter: .init(
                        time: Timestamp(microseconds: use.cpuTime / 1000), cpuNanoseconds: use.cpuNanoseconds,
                        memoryBytes: use.workingSet))
            })
    }

    /// The Summary of the stats API.
    func summary() async -> JSON {
        let uses = await uses()
        let machine = machine()
        let time = JSON.string(now().rfc3339)
        var pods: [JSON] = []
        var at = 0
        while at < uses.count {
            let first = uses[at]
            let mine = uses[at...].prefix { $0.uid == first.uid }
            at += mine.count
            pods.append([
                "podRef": [
                    "name": .string(first.pod), "namespace": .string(first.namespace), "uid": .string(first.uid),
                ],
                "cpu": ["time": time, "usageCoreNanoSeconds": number(mine.reduce(0) { $0 + $1.cpuNanoseconds })],
                "memory": [
                    "time": time, "usageBytes": number(mine.reduce(0) { $0 + $1.memoryBytes }),
                    "workingSetBytes": number(mine.reduce(0) { $0 + $1.workingSet }),
                ],
                "containers": .array(
                    mine.map { use in
                        [
                            "name": .string(use.container),
                            "cpu": ["time": time, "usageCoreNanoSeconds": number(use.cpuNanoseconds)],
                            "memory": [
                                "time": time, "usageBytes": number(use.memoryBytes), "rssBytes": number(use.rss),
                                "workingSetBytes": number(use.workingSet),
                            ],
                        ]
                    }),
            ])
        }
        return [
            "node": [
                "nodeName": .string(nodeName),
                "cpu": ["time": time, "usageCoreNanoSeconds": number(machine.cpu)],
                "memory": [
                    "time": time, "availableBytes": number(machine.memory - machine.used),
                    "usageBytes": number(machine.used), "workingSetBytes": number(machine.used),
                ],
            ],
            "pods": .array(pods),
        ]
    }

    private func number(_ value: UInt64) -> JSON { .int(Int64(clamping: value)) }

    /// `/metrics/resource`: what metrics-server reads.
    func resourceMetrics() async -> String {
        let uses = await uses()
        let machine = machine()
        var out = Exposition()
        func labels(_ use: Use) -> [(String, String)] {
            [("container", use.container), ("namespace", use.namespace), ("pod", use.pod)]
        }
        out.family("container_cpu_usage_seconds_total", .counter, "Time on processors that a container has used.")
        for use in uses { out.sample(labels(use), Double(use.cpuNanoseconds) / 1e9, at: use.cpuTime / 1_000_000) }
        out.family(
            "container_memory_working_set_bytes", .gauge, "Memory of a container that cannot be given back at once.")
        for use in uses { out.sample(labels(use), Double(use.workingSet), at: use.memoryTime / 1_000_000) }
        let time = now().microseconds / 1000
        out.family("node_cpu_usage_seconds_total", .counter, "Time on processors that the node has used.")
        out.sample([], Double(machine.cpu) / 1e9, at: time)
        out.family("node_memory_working_set_bytes", .gauge, "Memory of the node in use.")
        out.sample([], Double(machine.used), at: time)
        out.family("pod_cpu_usage_seconds_total", .counter, "Time on processors that a pod has used.")
        let pods = Dictionary(grouping: uses, by: \.uid).values.sorted {
            ($0[0].namespace, $0[0].pod) < ($1[0].namespace, $1[0].pod)
        }
        for mine in pods {
            out.sample(
                [("namespace", mine[0].namespace), ("pod", mine[0].pod)],
                Double(mine.reduce(0) { $0 + $1.cpuNanoseconds }) / 1e9, at: mine[0].cpuTime / 1_000_000)
        }
        out.family("pod_memory_working_set_bytes", .gauge, "Memory of a pod that cannot be given back at once.")
        for mine in pods {
            out.sample(
                [("namespace", mine[0].namespace), ("pod", mine[0].pod)],
                Double(mine.reduce(0) { $0 + $1.workingSet }), at: mine[0].memoryTime / 1_000_000)
        }
        out.family("resource_scrape_error", .gauge, "1 when the runtime could not be asked.")
        out.sample(0)
        return out.text
    }

    /// `/metrics`: the kubelet's own numbers.
    func metrics() async -> String {
        var out = Exposition()
        out.family("kubelet_node_name", .gauge, "The node's name.")
        out.sample([("node", nodeName)], 1)
        let running = await manager.runningContainers
        out.family("kubelet_running_containers", .gauge, "Containers by state.")
        out.sample([("container_state", "running")], running.count)
        out.family("kubelet_running_pods", .gauge, "Pods with a running container.")
        out.sample(Set(running.map(\.uid)).count)
        ProcessNumbers.write(to: &out)
        return out.text
    }
}

extension Kubelet {
    /// The pods of this node as its API shows them.
    func podList(onlyRunning: Bool) -> JSON {
        let items = clusterPods.filter { !onlyRunning || $0["status", "phase"]?.string == "Running" }
        return ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)]
    }
}
