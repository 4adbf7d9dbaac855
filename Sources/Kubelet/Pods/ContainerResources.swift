import CRI
import Document

/// Requests and limits as the kernel's numbers.
struct ContainerResources {
    let pod: PodFacts
    /// The node's memory in bytes, for the OOM score.
    let memoryCapacity: Int64

    func linux(_ container: JSON) -> Runtime_V1_LinuxContainerResources {
        func amount(_ list: String, _ resource: String) -> Quantity? {
            container["resources", list, resource].flatMap { Quantity($0) }
        }
        let cpuLimit = amount("limits", "cpu")?.milli ?? 0
        let cpuRequest = amount("requests", "cpu")?.milli ?? cpuLimit
        var out = Runtime_V1_LinuxContainerResources()
        out.cpuShares = ContainerResources.shares(cpuRequest)
        if cpuLimit > 0 {
            out.cpuPeriod = 100_000
            out.cpuQuota = max(1000, cpuLimit * 100)
        }
        out.memoryLimitInBytes = amount("limits", "memory")?.units ?? 0
        out.oomScoreAdj = oomScore(amount("requests", "memory")?.units ?? 0)
        for entry in container["resources", "limits"]?.entries ?? [:] where entry.key.hasPrefix("hugepages-") {
            guard let limit = Quantity(entry.value), let size = Quantity(parsing: String(entry.key.dropFirst(10)))
            else { continue }
            let page =
                size.units >= 1 << 30
                ? "\(size.units >> 30)GB" : size.units >= 1 << 20 ? "\(size.units >> 20)MB" : "\(size.units >> 10)KB"
            out.hugepageLimits.append(
                .with {
                    $0.pageSize = page
                    $0.limit = UInt64(max(0, limit.units))
                })
        }
        return out
    }

    /// Upstream's `MilliCPUToShares`.
    static func shares(_ milli: Int64) -> Int64 { milli == 0 ? 2 : min(max(2, milli * 1024 / 1000), 262_144) }

    /// Upstream's `GetContainerOOMScoreAdjust`.
    func oomScore(_ memoryRequest: Int64) -> Int64 {
        switch pod.qos {
        case .guaranteed: return -997
        case .bestEffort: return 1000
        case .burstable:
            let share = memoryCapacity > 0 ? 1000 * memoryRequest / memoryCapacity : 0
            return min(max(1000 - share, 3), 999)
        }
    }
}
