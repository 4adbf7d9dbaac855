import Document

/// Resources of a pod as a whole: sums over its containers, defaults, and the quality of service that follows from them.
enum PodResources {
    private static func isSidecar(_ container: JSON) -> Bool { container.text("restartPolicy") == "Always" }

    /// The effective requests (or limits) of all containers: running ones are added up, init containers count by their largest.
    static func aggregate(_ spec: JSON, _ kind: String) -> [String: Amount] {
        var total: [String: Amount] = [:]
        func add(_ list: JSON?, to sum: inout [String: Amount]) {
            for (name, value) in list?.entries ?? JSONObject() { sum[name] = (sum[name] ?? .zero) + Amount(value) }
        }
        for container in spec.list("containers") { add(container["resources", kind], to: &total) }
        var sidecars: [String: Amount] = [:]
        var peak: [String: Amount] = [:]
        for container in spec.list("initContainers") {
            let list = container["resources", kind]
            var current = sidecars
            add(list, to: &current)
            if isSidecar(container) {
                add(list, to: &total)
                sidecars = current
            }
            for (name, amount) in current { peak[name] = max(peak[name] ?? .zero, amount) }
        }
        for (name, amount) in peak { total[name] = max(total[name] ?? .zero, amount) }
        return total
    }

    /// Requests are what limits say unless given.
    static func defaultRequests(_ pod: inout JSON) {
        pod.modify("spec") { spec in
            for key in ["containers", "initContainers"] {
                spec.modify(key) { containers in
                    containers.modifyElements { _, container in
                        guard let limits = container["resources", "limits"]?.object, !limits.isEmpty else { return }
                        container.modify("resources") { resources in
                            for (name, value) in limits where resources["requests", name] == nil {
                                resources["requests", name] = value
                            }
                        }
                    }
                }
            }
            if spec.has("resources") { defaultWholePod(&spec) }
        }
    }

    private static func defaultWholePod(_ spec: inout JSON) {
        let requests = aggregate(spec, "requests")
        let limits = aggregate(spec, "limits")
        for (name, amount) in limits.sorted(by: { $0.key < $1.key })
        where ResourceNames.isHugePages(name) && spec["resources", "limits", name] == nil
            && spec["resources", "requests", name] == nil
        {
            spec["resources", "limits", name] = .string(amount.text)
        }
        guard let podLimits = spec["resources", "limits"]?.object, !podLimits.isEmpty else { return }
        for (name, amount) in requests.sorted(by: { $0.key < $1.key })
        where spec["resources", "requests", name] == nil && ResourceNames.isForWholePod(name)
            && ResourceNames.isOvercommitAllowed(name)
        {
            spec["resources", "requests", name] = .string(amount.text)
        }
        for (name, value) in podLimits
        where spec["resources", "requests", name] == nil && ResourceNames.isForWholePod(name) {
            spec["resources", "requests", name] = value
        }
    }

    /// `Guaranteed`, `Burstable` or `BestEffort`: upstream's `ComputePodQOS`.
    static func qualityOfService(_ spec: JSON) -> String {
        var requests: [String: Amount] = [:]
        var limits: [String: Amount] = [:]
        var isGuaranteed = true
        func count(_ resources: JSON?) {
            var limited = 0
            for name in ["cpu", "memory"] {
                let request = Amount(resources?["requests", name])
                if request > .zero { requests[name] = (requests[name] ?? .zero) + request }
                let limit = Amount(resources?["limits", name])
                if limit > .zero {
                    limited += 1
                    limits[name] = (limits[name] ?? .zero) + limit
                }
            }
            if limited < 2 { isGuaranteed = false }
        }
        if let whole = spec.given("resources"),
            !(whole["requests"]?.entries.isEmpty ?? true) || !(whole["limits"]?.entries.isEmpty ?? true)
        {
            count(whole)
        } else {
            for key in ["containers", "initContainers"] {
                for container in spec.list(key) { count(container["resources"]) }
            }
        }
        if requests.isEmpty, limits.isEmpty { return "BestEffort" }
        if isGuaranteed {
            for (name, request) in requests where limits[name] != request { isGuaranteed = false }
        }
        return isGuaranteed && requests.count == limits.count ? "Guaranteed" : "Burstable"
    }
}
