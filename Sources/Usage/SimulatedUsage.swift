public import Document

/// What a pod without containers pretends to use: what its annotations say, and nothing without them.
///
///     reckon.dev/cpu-usage: 250m                    each container uses a quarter of a core
///     reckon.dev/memory-usage: web=64Mi,proxy=8Mi   each of these as much, the others nothing
public enum SimulatedUsage {
    public static let cpuAnnotation = "reckon.dev/cpu-usage"
    public static let memoryAnnotation = "reckon.dev/memory-usage"
    /// As long as metrics-server looks, in microseconds.
    public static let window: Int64 = 15_000_000

    /// nil unless the pod runs.
    public static func of(_ pod: JSON, now: Timestamp) -> PodUsage? {
        guard pod["status", "phase"] == "Running" else { return nil }
        let annotations = pod["metadata", "annotations"]
        let cpu = amounts(annotations?[cpuAnnotation]?.string)
        let memory = amounts(annotations?[memoryAnnotation]?.string)
        var containers = pod["spec", "containers"]?.elements ?? []
        containers += pod["spec", "initContainers"]?.elements.filter { $0["restartPolicy"] == "Always" } ?? []
        return PodUsage(
            namespace: pod["metadata", "namespace"]?.string ?? "", name: pod["metadata", "name"]?.string ?? "",
            time: now, window: window,
            containers: containers.map { container in
                let name = container["name"]?.string ?? ""
                let nanocores = (cpu[name] ?? cpu[""])?.billionths ?? 0
                let bytes = (memory[name] ?? memory[""])?.units ?? 0
                return .init(
                    name: name, usage: Usage(nanocores: Int64(clamping: max(0, nanocores)), memoryBytes: max(0, bytes))
                )
            })
    }

    /// By container; `""` is every other one. What is no quantity counts as nothing.
    private static func amounts(_ text: String?) -> [String: Quantity] {
        var out: [String: Quantity] = [:]
        for part in (text ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard let amount = sides.last.flatMap({ Quantity(parsing: String($0)) }) else { continue }
            out[sides.count == 2 ? String(sides[0]) : ""] = amount
        }
        return out
    }
}
