import Document

/// How fast and how far a recommendation is followed: the bounds, `spec.behavior`, and what there is in its place without one.
struct ScalingRules {
    let least: Int
    let most: Int
    /// `spec.behavior`, whose defaults admission has filled in; nil when there is none.
    let behavior: JSON?

    struct Outcome {
        var replicas: Int
        /// A condition's reason and message: `AbleToScale`, and `ScalingLimited` with whether it is.
        var able: (reason: String, message: String)
        var limited: (isTrue: Bool, reason: String, message: String)
    }

    func apply(_ wanted: Int, current: Int, memory: inout ScalingMemory, now: Timestamp) -> Outcome {
        let growingDelay = behavior?["scaleUp"]?["stabilizationWindowSeconds"]?.int ?? 0
        let shrinkingDelay =
            behavior?["scaleDown"]?["stabilizationWindowSeconds"]?.int ?? ScalingMemory.shrinkingDelay
        let stable = memory.stabilized(
            wanted, current: current, growingDelay: growingDelay, shrinkingDelay: shrinkingDelay, now: now)
        var able = ("ReadyForNewScale", "recommended size matches current size")
        if stable != wanted {
            able =
                wanted >= current && behavior != nil
                ? (
                    "ScaleUpStabilized",
                    "recent recommendations were lower than current one, applying the lowest recent recommendation"
                )
                : (
                    "ScaleDownStabilized",
                    "recent recommendations were higher than current one, applying the highest recent recommendation"
                )
        }
        let bounded =
            behavior == nil
            ? bounded(stable, current) : bounded(stable, current, memory: memory, now: now)
        let isLimited = bounded.replicas != stable
        return Outcome(
            replicas: bounded.replicas, able: able, limited: (isLimited, bounded.reason, bounded.message))
    }

    private typealias Bounded = (replicas: Int, reason: String, message: String)
    private static let within = ("DesiredWithinRange", "the desired count is within the acceptable range")
    private static let tooFast = "the desired replica count is increasing faster than the maximum scale rate"
    private static let tooMany = "the desired replica count is more than the maximum replica count"
    private static let tooSlow = "the desired replica count is decreasing faster than the maximum scale rate"
    private static let tooFew = "the desired replica count is less than the minimum replica count"

    /// Without behaviour: at most twice as many at a time, or four.
    private func bounded(_ wanted: Int, _ current: Int) -> Bounded {
        let fastest = max(2 * current, 4)
        let limit = min(most, fastest)
        if wanted < least { return (least, "TooFewReplicas", Self.tooFew) }
        if wanted > limit {
            return most > fastest ? (limit, "ScaleUpLimit", Self.tooFast) : (limit, "TooManyReplicas", Self.tooMany)
        }
        return (wanted, Self.within.0, Self.within.1)
    }

    private func bounded(_ wanted: Int, _ current: Int, memory: ScalingMemory, now: Timestamp) -> Bounded {
        if wanted > current {
            let fastest = max(current, growthLimit(current, memory, now))
            let limit = min(most, fastest)
            if wanted > limit {
                return most > fastest
                    ? (limit, "ScaleUpLimit", Self.tooFast) : (limit, "TooManyReplicas", Self.tooMany)
            }
        } else if wanted < current {
            let fastest = min(current, shrinkageLimit(current, memory, now))
            let limit = max(least, fastest)
            if wanted < limit {
                return least < fastest
                    ? (limit, "ScaleDownLimit", Self.tooSlow) : (limit, "TooFewReplicas", Self.tooFew)
            }
        }
        return (wanted, Self.within.0, Self.within.1)
    }

    private func growthLimit(_ current: Int, _ memory: ScalingMemory, _ now: Timestamp) -> Int {
        let rules = behavior?["scaleUp"] ?? .null
        if rules["selectPolicy"] == "Disabled" { return current }
        let limits = proposals(rules, current, memory, now) { start, percent in
            Int((Double(start) * (1 + percent / 100)).rounded(.up))
        } pods: {
            $0 + $1
        }
        return (rules["selectPolicy"] == "Min" ? limits.min() : limits.max()) ?? current
    }

    private func shrinkageLimit(_ current: Int, _ memory: ScalingMemory, _ now: Timestamp) -> Int {
        let rules = behavior?["scaleDown"] ?? .null
        if rules["selectPolicy"] == "Disabled" { return current }
        let limits = proposals(rules, current, memory, now) { start, percent in
            Int(Double(start) * (1 - percent / 100))
        } pods: {
            $0 - $1
        }
        return (rules["selectPolicy"] == "Min" ? limits.max() : limits.min()) ?? current
    }

    private func proposals(
        _ rules: JSON, _ current: Int, _ memory: ScalingMemory, _ now: Timestamp, percent: (Int, Double) -> Int,
        pods: (Int, Int) -> Int
    ) -> [Int] {
        (rules["policies"]?.elements ?? []).map { policy in
            let start = memory.replicas(current, secondsAgo: policy["periodSeconds"]?.int ?? 0, now: now)
            let value = policy["value"]?.int ?? 0
            return policy["type"] == "Percent" ? percent(start, Double(value)) : pods(start, Int(value))
        }
    }
}
