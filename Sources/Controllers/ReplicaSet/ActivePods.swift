import Document

/// The order in which pods go when there are too many: `ActivePodsWithRanks`, first to go first.
package struct ActivePodOrder {
    /// How many related pods share each pod's node, by node.
    let ranks: [String: Int]
    let now: Timestamp

    func precedes(_ a: PodRecord, _ b: PodRecord) -> Bool {
        if a.nodeName != b.nodeName, a.nodeName.isEmpty || b.nodeName.isEmpty { return a.nodeName.isEmpty }
        let (phaseA, phaseB) = (order(a.phase), order(b.phase))
        if phaseA != phaseB { return phaseA < phaseB }
        if a.isReady != b.isReady { return !a.isReady }
        if a.deletionCost != b.deletionCost { return a.deletionCost < b.deletionCost }
        let (rankA, rankB) = (ranks[a.nodeName] ?? 0, ranks[b.nodeName] ?? 0)
        if rankA != rankB { return rankA > rankB }
        if a.isReady, b.isReady, let sinceA = a.readySince, let sinceB = b.readySince, sinceA != sinceB {
            let difference = bucket(sinceA) - bucket(sinceB)
            return difference == 0 ? a.name.bytesPrecede(b.name) : difference < 0
        }
        if a.restarts != b.restarts { return a.restarts > b.restarts }
        if a.creation != b.creation {
            let difference = bucket(a.creation) - bucket(b.creation)
            return difference == 0 ? a.name.bytesPrecede(b.name) : difference < 0
        }
        return a.name.bytesPrecede(b.name)
    }

    private func order(_ phase: PodRecord.Phase) -> Int {
        switch phase {
        case .pending: 0
        case .unknown: 1
        default: 2
        }
    }
    /// The age as a power of two nanoseconds: pods of about the same age go by name, where upstream throws dice.
    private func bucket(_ time: Timestamp) -> Int {
        let age = now.since(time) * 1000
        return age <= 0 ? -1 : 63 - age.leadingZeroBitCount
    }
}
