import Document
import Records
import Usage

/// What one metric of an autoscaler says: upstream's `replica_calculator`.
struct MetricProposal {
    var replicas: Int
    /// `cpu resource utilization (percentage of request)`.
    var name: String
    /// The entry of `status.currentMetrics`.
    var status: JSON
    /// What was looked at, for the decision record.
    var record: JSON
}

/// A metric of type Resource or ContainerResource: processor time or memory of the target's pods.
struct ResourceMetric {
    let type: String
    let resource: String
    /// Empty for whole pods.
    let container: String
    private let target: JSON

    /// nil for the other types.
    init?(_ metric: JSON) {
        type = metric["type"]?.string ?? ""
        let source: JSON
        switch type {
        case "Resource": source = metric["resource"] ?? .null
        case "ContainerResource": source = metric["containerResource"] ?? .null
        default: return nil
        }
        resource = source["name"]?.string ?? ""
        container = source["container"]?.string ?? ""
        target = source["target"] ?? .null
    }

    /// How far from 1 the ratio of use to target may be, each way, before anything is done.
    struct Tolerance {
        var up = 0.1
        var down = 0.1
        init(_ behavior: JSON?) {
            func read(_ side: String) -> Double? {
                behavior?[side]?["tolerance"].flatMap { Quantity($0) }.map { Double($0.billionths) / 1e9 }
            }
            up = read("scaleUp") ?? up
            down = read("scaleDown") ?? down
        }
        func covers(_ ratio: Double) -> Bool { 1 - down <= ratio && ratio <= 1 + up }
    }

    /// How many replicas the metric asks for.
    func proposal(
        current: Int, pods: [PodRecord], documents: () -> [JSON], usages: [PodUsage]?, tolerance: Tolerance,
        now: Timestamp
    ) throws(MetricError) -> MetricProposal {
        var pods = try PodMeasurements(resource, container: container, pods: pods, usages: usages, now: now)
        if let average = target["averageValue"].flatMap({ Quantity($0) }) {
            return try proposal(
                &pods, current, tolerance, name: "\(resource) resource", assumed: { _ in average.milli }
            ) { pods in
                let mean = PodMeasurements.sum(pods.used.values) / Int64(pods.used.count)
                return (Double(mean) / Double(average.milli), nil, mean)
            }
        }
        guard let wanted = target["averageUtilization"]?.int else {
            throw MetricError(
                "invalid resource metric source: neither an average utilization nor an average value (usage) target was set"
            )
        }
        try pods.readRequests(resource, container: container, of: documents())
        let requested = pods.requested
        return try proposal(
            &pods, current, tolerance, name: "\(resource) resource utilization (percentage of request)",
            assumed: { Int64(clamping: Int128(requested[$0] ?? 0) * Int128(max(100, wanted)) / 100) }
        ) { (pods) throws(MetricError) in
            var (used, asked, count): (Int128, Int128, Int128) = (0, 0, 0)
            for (name, amount) in pods.used {
                guard let request = pods.requested[name] else { continue }
                used += Int128(amount)
                asked += Int128(request)
                count += 1
            }
            if asked == 0 { throw MetricError("no metrics returned matched known pods") }
            let utilization = Int64(clamping: used * 100 / asked)
            return (Double(utilization) / Double(wanted), utilization, Int64(clamping: used / count))
        }
    }

    /// `ratio` gives use to target, the utilization in percent, and the mean use; `assumed` what a pod without a
    /// measurement counts as when there is less to do than wanted.
    private func proposal(
        _ pods: inout PodMeasurements, _ current: Int, _ tolerance: Tolerance, name: String,
        assumed: (String) -> Int64,
        ratio measure: (PodMeasurements) throws(MetricError) -> (ratio: Double, utilization: Int64?, mean: Int64)
    ) throws(MetricError) -> MetricProposal {
        let first = try measure(pods)
        var record = pods.record
        record["metric"] = .string(container.isEmpty ? resource : "\(resource) of \(container)")
        record["target"] = target
        if let utilization = first.utilization { record["utilization"] = .int(utilization) }
        record["averageMilli"] = .int(first.mean)
        var shown: JSONObject = ["averageValue": .string(Quantity(milli: first.mean).text)]
        if let utilization = first.utilization { shown["averageUtilization"] = .int(utilization) }
        var source: JSONObject = ["name": .string(resource), "current": .object(shown)]
        if !container.isEmpty { source["container"] = .string(container) }
        let status: JSON = [
            "type": .string(type),
            (type == "ContainerResource" ? "containerResource" : "resource"): .object(source),
        ]
        func answer(_ replicas: Int) -> MetricProposal {
            record["replicas"] = .int(Int64(replicas))
            return MetricProposal(replicas: replicas, name: name, status: status, record: record)
        }
        let countsUnready = !pods.unready.isEmpty && first.ratio > 1
        if !countsUnready, pods.missing.isEmpty {
            if tolerance.covers(first.ratio) { return answer(current) }
            return answer(Self.replicas(first.ratio, of: pods.ready))
        }
        if first.ratio < 1 {
            pods.assume(pods.missing, use: assumed)
        } else if first.ratio > 1 {
            pods.assume(pods.missing) { _ in 0 }
        }
        if countsUnready { pods.assume(pods.unready) { _ in 0 } }
        let second = try measure(pods).ratio
        if tolerance.covers(second) || (first.ratio < 1 && second > 1) || (first.ratio > 1 && second < 1) {
            return answer(current)
        }
        let replicas = Self.replicas(second, of: pods.used.count)
        if (second < 1 && replicas > current) || (second > 1 && replicas < current) { return answer(current) }
        return answer(replicas)
    }

    private static func replicas(_ ratio: Double, of count: Int) -> Int {
        Int(min(Double(Int32.max), (ratio * Double(count)).rounded(.up)))
    }
}
