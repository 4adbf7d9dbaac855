public import Document

/// What a controller or the scheduler wrote down of its reasons, in a sentence.
public enum Reasons {
    /// `replicaset: too few, 2 of 3 are there`; empty when nothing can be said.
    public static func sentence(_ decision: JSON) -> String {
        if decision["scheduler"] != nil { return scheduler(decision) }
        var parts: [String] = []
        if let steps = decision["steps"]?.strings, !steps.isEmpty { parts.append(steps.joined(separator: ", ")) }
        if let why = decision["why"]?.string { parts.append(why) }
        parts += (decision["metrics"]?.elements ?? []).compactMap(measured)
        if let active = decision["active"]?.int, let wanted = decision["wanted"]?.int {
            parts.append("\(active) of \(wanted) there")
        }
        if parts.isEmpty {
            for (name, value) in decision.entries where !["controller", "owner", "steps"].contains(name) {
                if value.isEmptyValue { continue }
                parts.append("\(name) \(value.string ?? value.text)")
            }
        }
        return parts.joined(separator: ", ")
    }

    /// What an autoscaler saw of one metric.
    private static func measured(_ metric: JSON) -> String? {
        guard let name = metric["metric"]?.string else { return nil }
        let pods = metric["ready"]?.int ?? 0
        let place = pods == 1 ? "in 1 pod" : "in \(pods) pods"
        if let used = metric["utilization"]?.int {
            let wanted = metric["target", "averageUtilization"]?.int ?? 0
            return "\(name) at \(used) % of what is asked for where \(wanted) % is wanted, \(place)"
        }
        let used = Quantity(milli: metric["averageMilli"]?.int ?? 0).text
        return "\(name) at \(used) each where \(metric["target", "averageValue"]?.string ?? "") is wanted, \(place)"
    }

    private static func scheduler(_ decision: JSON) -> String {
        if let pod = decision["preemptedFor"]?.string {
            return "to make room for \(pod) on \(decision["node"]?.string ?? "its node")"
        }
        let (nodes, feasible) = (decision["nodes"]?.int ?? 0, decision["feasible"]?.int ?? 0)
        if feasible == 0 {
            let by = decision["refusedBy"]?.strings ?? []
            return "none of \(nodes) nodes would do" + (by.isEmpty ? "" : ", refused by \(by.joined(separator: ", "))")
        }
        var text = "\(feasible) of \(nodes) nodes would do"
        if let score = decision["score"]?.int { text += ", the best scored \(score)" }
        let shares = decision["shares"]?.entries.filter { ($0.value.int ?? 0) > 0 } ?? []
        if !shares.isEmpty {
            text += " (" + shares.map { "\($0.key) \($0.value.int ?? 0)" }.joined(separator: ", ") + ")"
        }
        return text
    }
}
