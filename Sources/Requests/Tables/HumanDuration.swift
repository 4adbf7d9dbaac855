import Document

/// Spans of time as `kubectl get` shows them: `5s`, `3m20s`, `4h5m`, `3d2h`, `2y10d`. Upstream's `duration.HumanDuration`.
enum HumanDuration {
    static func text(microseconds: Int64) -> String {
        // Whole seconds, rounded toward zero.
        let seconds = microseconds / 1_000_000
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes = seconds / 60
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = seconds / 3600
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        if hours < 24 * 8 { return pair(hours / 24, "d", hours % 24, "h") }
        if hours < 24 * 365 * 2 { return "\(hours / 24)d" }
        if hours < 24 * 365 * 8 { return pair(hours / 24 / 365, "y", hours / 24 % 365, "d") }
        return "\(hours / 24 / 365)y"
    }

    private static func pair(_ a: Int64, _ unitA: String, _ b: Int64, _ unitB: String) -> String {
        b == 0 ? "\(a)\(unitA)" : "\(a)\(unitA)\(b)\(unitB)"
    }
}
