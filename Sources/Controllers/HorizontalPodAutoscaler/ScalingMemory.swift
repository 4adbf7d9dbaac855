import Document

/// What is remembered of an autoscaler's past, so that its target does not follow every swing. Lost with the process, as upstream's:
/// after a restart a target shrinks later than it might have.
struct ScalingMemory {
    private var recommendations: [(replicas: Int, time: Timestamp)]
    private var growth: [(replicas: Int, time: Timestamp)] = []
    private var shrinkage: [(replicas: Int, time: Timestamp)] = []

    /// `--horizontal-pod-autoscaler-downscale-stabilization`, in seconds.
    static let shrinkingDelay: Int64 = 300

    init(_ replicas: Int, now: Timestamp) { recommendations = [(replicas, now)] }

    /// The recommendation after those of the last seconds were heard: nothing grows beyond the lowest nor shrinks below the highest.
    mutating func stabilized(
        _ wanted: Int, current: Int, growingDelay: Int64, shrinkingDelay: Int64, now: Timestamp
    ) -> Int {
        let (up, down) = (now.adding(seconds: -growingDelay), now.adding(seconds: -shrinkingDelay))
        var (lowest, highest) = (wanted, wanted)
        for old in recommendations {
            if old.time > up { lowest = min(lowest, old.replicas) }
            if old.time > down { highest = max(highest, old.replicas) }
        }
        recommendations.removeAll { $0.time < up && $0.time < down }
        recommendations.append((wanted, now))
        return min(max(current, lowest), highest)
    }

    mutating func scaled(from old: Int, to new: Int, now: Timestamp) {
        let change = (abs(new - old), now)
        if new > old { growth.append(change) } else { shrinkage.append(change) }
        // No policy looks back further: validation lets them have 1800 seconds.
        let horizon = now.adding(seconds: -1800)
        growth.removeAll { $0.time < horizon }
        shrinkage.removeAll { $0.time < horizon }
    }

    /// How many replicas there were when the period began.
    func replicas(_ current: Int, secondsAgo seconds: Int64, now: Timestamp) -> Int {
        let begin = now.adding(seconds: -seconds)
        func sum(_ changes: [(replicas: Int, time: Timestamp)]) -> Int {
            changes.reduce(0) { $1.time > begin ? $0 + $1.replicas : $0 }
        }
        return current - sum(growth) + sum(shrinkage)
    }
}
