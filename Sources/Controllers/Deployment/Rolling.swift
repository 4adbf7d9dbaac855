import Document
import Records

extension Rollout {
    /// One step of a rolling update: first up, then down.
    mutating func roll() {
        syncRevision(create: true)
        if scaleUpNew() { return writeStatus() }
        if scaleDownOld() { return writeStatus() }
        if isComplete(deployment["status"] ?? .null) { cleanUp() }
        writeStatus()
    }

    private mutating func scaleUpNew() -> Bool {
        guard let set = new, !set.objectUID.isEmpty else { return false }
        let count = Self.replicas(set)
        if count == wanted { return false }
        if count > wanted { return scale(set, to: wanted) }
        return scale(set, to: newReplicaCount(of: set, current: count))
    }

    private mutating func scaleDownOld() -> Bool {
        let active = old.filter { Self.replicas($0) > 0 }
        guard !active.isEmpty, let new else { return false }
        let total = totalWanted(old) + Self.replicas(new)
        let minAvailable = wanted - maxUnavailable
        let newUnavailable = Self.replicas(new) - Self.status(new, "availableReplicas")
        let most = total - minAvailable - newUnavailable
        if most <= 0 { return false }
        guard let cleaned = cleanUnhealthy(active, most: most) else {
            // A set's status is behind its size: counting on it would take too many away.
            work.retry = true
            return true
        }
        let scaled = scaleDownForRolling()
        return cleaned + scaled > 0
    }

    /// Old pods that never became available go first: they cost nothing. nil when a status is behind.
    private mutating func cleanUnhealthy(_ sets: [JSON], most: Int) -> Int? {
        var cleaned = 0
        for set in sets.sorted(by: older) {
            if cleaned >= most { break }
            let (count, available) = (Self.replicas(set), Self.status(set, "availableReplicas"))
            if count == 0 || count == available { continue }
            if available > count { return nil }
            let down = min(most - cleaned, count - available)
            if down <= 0 { continue }
            scale(set, to: count - down)
            cleaned += down
        }
        return cleaned
    }

    private mutating func scaleDownForRolling() -> Int {
        let minAvailable = wanted - maxUnavailable
        let available = total(all, "availableReplicas")
        if available <= minAvailable { return 0 }
        let most = available - minAvailable
        var scaled = 0
        for set in old.filter({ Self.replicas($0) > 0 }).sorted(by: older) {
            if scaled >= most { break }
            let count = Self.replicas(set)
            let down = min(count, most - scaled)
            if down <= 0 { continue }
            scale(set, to: count - down)
            scaled += down
        }
        return scaled
    }

    func older(_ a: JSON, _ b: JSON) -> Bool { (a.objectCreation, a.objectName) < (b.objectCreation, b.objectName) }

    // MARK: Recreate

    /// All the old ones away, their pods gone, then the new ones.
    mutating func recreate() {
        syncRevisionOfExisting()
        var down = false
        for set in old where Self.replicas(set) > 0 { if scale(set, to: 0) { down = true } }
        if down { return writeStatus() }
        if oldPodsRunning { return writeStatus() }
        if new == nil { syncRevision(create: true) }
        if let set = new, !set.objectUID.isEmpty, Self.replicas(set) != wanted { scale(set, to: wanted) }
        if isComplete(deployment["status"] ?? .null) { cleanUp() }
        writeStatus()
    }
    private mutating func syncRevisionOfExisting() { syncRevision(create: false) }
    private var oldPodsRunning: Bool {
        for set in sets where set.objectUID != new?.objectUID {
            for pod in view.pods.controlledUnordered(by: set.objectUID) where !pod.isFinished { return true }
        }
        return false
    }

    // MARK: Scaling in proportion

    /// `scale`: the sizes change without the rollout moving on.
    mutating func scale() {
        if let only = activeOrLatest() {
            if Self.replicas(only) != wanted
                || Revisions.replicasNeedUpdate(only, desired: wanted, max: wanted + limits.surge)
            {
                scale(only, to: wanted)
            }
            return
        }
        if let new, isSaturated(new) {
            for set in old.filter({ Self.replicas($0) > 0 }) { scale(set, to: 0) }
            return
        }
        guard isRolling else { return }
        let active = all.filter { Self.replicas($0) > 0 }
        let total = totalWanted(active)
        let allowed = wanted > 0 ? wanted + limits.surge : 0
        let toAdd = allowed - total
        // Larger sets first; between equals the newer one when growing, the older one when shrinking.
        let ordered = active.sorted { a, b in
            let (x, y) = (Self.replicas(a), Self.replicas(b))
            if x != y { return x > y }
            return toAdd > 0 ? older(b, a) : older(a, b)
        }
        var added = 0
        var sizes: [(set: JSON, size: Int)] = []
        for set in ordered {
            var size = Self.replicas(set)
            if toAdd != 0 {
                let share = proportion(of: set, toAdd: toAdd, added: added)
                size += share
                added += share
            }
            sizes.append((set, size))
        }
        for (i, entry) in sizes.enumerated() {
            var size = entry.size
            if i == 0, toAdd != 0 { size = max(0, size + toAdd - added) }
            scale(entry.set, to: size)
        }
    }

    /// `FindActiveOrLatest`: the one active set, or with none the new or newest; nil when several are active.
    private func activeOrLatest() -> JSON? {
        if new == nil, old.isEmpty { return nil }
        let active = all.filter { Self.replicas($0) > 0 }
        switch active.count {
        case 0: return new ?? old.sorted(by: older).last
        case 1: return active[0]
        default: return nil
        }
    }
    private func isSaturated(_ set: JSON) -> Bool {
        set.annotation(Revisions.desired) == String(wanted) && Self.replicas(set) == wanted
            && Self.status(set, "availableReplicas") == wanted
    }
    private func proportion(of set: JSON, toAdd: Int, added: Int) -> Int {
        let count = Self.replicas(set)
        if count == 0 || toAdd == 0 || toAdd == added { return 0 }
        let fraction = fraction(of: set)
        let allowed = toAdd - added
        return toAdd > 0 ? min(fraction, allowed) : max(fraction, allowed)
    }
    private func fraction(of set: JSON) -> Int {
        if wanted == 0 { return -Self.replicas(set) }
        let allowed = wanted + limits.surge
        let before =
            set.annotation(Revisions.max).flatMap { Int($0) }
            ?? Int(deployment["status"]?["replicas"]?.int ?? 0)
        if before == 0 { return 0 }
        let size = Double(Self.replicas(set) * allowed) / Double(before)
        return Int(size.rounded()) - Self.replicas(set)
    }
}
