import Document
import Records
import Usage

/// The pods of a target as one resource metric sees them: upstream's `groupPods`, with what each uses and asks for. Amounts are
/// thousandths of the resource's unit.
struct PodMeasurements {
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`, in microseconds.
    static let initialization: Int64 = 300_000_000
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`, in microseconds.
    static let readinessDelay: Int64 = 30_000_000

    /// What the pods that count use, by name.
    private(set) var used: [String: Int64] = [:]
    /// What all pods ask for, by name.
    private(set) var requested: [String: Int64] = [:]
    private(set) var ready = 0
    private(set) var unready: [String] = []
    private(set) var missing: [String] = []
    private(set) var ignored: [String] = []

    /// `container` is empty for whole pods; `usages` is nil when nobody measures.
    init(
        _ resource: String, container: String, pods: [PodRecord], usages: [PodUsage]?, now: Timestamp
    ) throws(MetricError) {
        guard let usages else {
            throw MetricError(
                "unable to get metrics for resource \(resource): unable to fetch metrics from resource metrics API: "
                    + "the server could not find the requested resource (get pods.metrics.k8s.io)")
        }
        if usages.isEmpty {
            throw MetricError(
                "unable to get metrics for resource \(resource): no metrics returned from resource metrics API")
        }
        var measured: [String: PodUsage] = [:]
        for usage in usages {
            measured[usage.name] = usage
            used[usage.name] = try Self.amount(of: resource, container, in: usage)
        }
        if pods.isEmpty { throw MetricError("no pods returned by selector while calculating replica count") }
        for pod in pods {
            if pod.deletion != nil || pod.phase == .failed {
                ignored.append(pod.name)
                used[pod.name] = nil
            } else if pod.phase == .pending {
                unready.append(pod.name)
                used[pod.name] = nil
            } else if let usage = measured[pod.name], used[pod.name] != nil {
                if resource == "cpu", Self.isUnready(pod, usage, now) {
                    unready.append(pod.name)
                    used[pod.name] = nil
                } else {
                    ready += 1
                }
            } else {
                missing.append(pod.name)
            }
        }
        if used.isEmpty { throw MetricError("did not receive metrics for targeted pods (pods might be unready)") }
    }

    private static func amount(of resource: String, _ container: String, in usage: PodUsage) throws(MetricError)
        -> Int64?
    {
        var whole = usage.total
        if !container.isEmpty {
            guard let found = usage.containers.first(where: { $0.name == container }) else {
                throw MetricError(
                    "unable to get metrics for resource \(resource): failed to get container metrics: "
                        + "container \(container) not present in metrics for pod \(usage.namespace)/\(usage.name)")
            }
            whole = found.usage
        }
        switch resource {
        case "cpu": return whole.cpu.milli
        case "memory": return whole.memory.milli
        default: return nil
        }
    }

    /// Whether a pod is too young for its processor time to say anything.
    private static func isUnready(_ pod: PodRecord, _ usage: PodUsage, _ now: Timestamp) -> Bool {
        guard let since = pod.readySince, let start = pod.startTime else { return true }
        if start.adding(microseconds: initialization) > now {
            return !pod.isReady || usage.time < since.adding(microseconds: usage.window)
        }
        return !pod.isReady && start.adding(microseconds: readinessDelay) > since
    }

    /// Learns what the pods ask for; a container that asks for nothing makes a share of its request meaningless.
    mutating func readRequests(_ resource: String, container: String, of pods: [JSON]) throws(MetricError) {
        for pod in pods {
            let name = pod["metadata", "name"]?.string ?? ""
            if container.isEmpty, let whole = pod["spec", "resources", "requests"], whole.object?.isEmpty == false {
                requested[name] = whole[resource].flatMap { Quantity($0) }?.milli ?? 0
                continue
            }
            var containers = pod["spec", "containers"]?.elements ?? []
            containers += pod["spec", "initContainers"]?.elements.filter { $0["restartPolicy"] == "Always" } ?? []
            var sum: Int128 = 0
            for one in containers where container.isEmpty || one["name"]?.string == container {
                guard let request = one["resources", "requests"]?[resource].flatMap({ Quantity($0) }) else {
                    throw MetricError(
                        "missing request for \(resource) in container \(one["name"]?.string ?? "") of Pod \(name)")
                }
                sum += Int128(request.milli)
            }
            requested[name] = Int64(clamping: sum)
        }
    }

    /// Amounts come from outside and may be as large as their type.
    static func sum(_ amounts: some Sequence<Int64>) -> Int64 {
        Int64(clamping: amounts.reduce(Int128(0)) { $0 + Int128($1) })
    }

    mutating func assume(_ pods: [String], use amount: (String) -> Int64) {
        for pod in pods { used[pod] = amount(pod) }
    }

    /// What a decision record says of them: counts, and each pod's use unless there are too many to be listed.
    var record: JSON {
        var out: JSONObject = ["ready": .int(Int64(ready))]
        for (name, list) in [("unready", unready), ("missing", missing), ("ignored", ignored)] where !list.isEmpty {
            out[name] = .int(Int64(list.count))
        }
        out["usedMilli"] = .int(Self.sum(used.values))
        if !requested.isEmpty { out["requestedMilli"] = .int(Self.sum(requested.values)) }
        if used.count <= Self.listedPodsMax {
            var pods = JSONObject()
            for (name, amount) in used.sorted(by: { $0.key.bytesPrecede($1.key) }) { pods[name] = .int(amount) }
            out["podsMilli"] = .object(pods)
        }
        return .object(out)
    }
    private static let listedPodsMax = 100
}

/// Why a metric gives no number, in upstream's words.
struct MetricError: Error {
    var message: String
    init(_ message: String) { self.message = message }
}
