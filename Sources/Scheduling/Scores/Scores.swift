import Controllers
import Document

/// The scores of nodes for one pod, each plugin from 0 to 100 times its weight, as upstream's default profile weighs them.
struct Scores {
    let pod: PodDemand
    var settings = SchedulerSettings()
    /// Soft spread constraints with their counts by domain.
    var spread: [(constraint: SpreadConstraint, counts: [String: Int])] = []
    /// Weighted terms of the pod with the pods they name by domain, and terms of placed pods that name this one.
    var near: [(term: PodTerm, weight: Int64, counts: [String: Int])] = []
    var drawn: [(term: PodTerm, weights: [String: Int64])] = []

    /// Total scores in the order of the nodes; `details` holds each plugin's share of the first few when asked for.
    func total(_ nodes: [Int], _ placements: Placements) -> [Int64] {
        var out = [Int64](repeating: 0, count: nodes.count)
        let hasPreferredTaints = nodes.contains { !placements.nodes[$0].facts.taints.isEmpty }
        if hasPreferredTaints {
            add(
                settings.taintToleration, normalized(nodes.map { taintCount(placements.nodes[$0]) }, reverse: true),
                to: &out)
        } else {
            for i in out.indices { out[i] += 100 * settings.taintToleration }
        }
        if !pod.preferredNodeTerms.isEmpty {
            add(
                settings.nodeAffinity, normalized(nodes.map { preference(placements.nodes[$0]) }, reverse: false),
                to: &out)
        }
        for (i, place) in nodes.enumerated() {
            let node = placements.nodes[place]
            out[i] +=
                resources(node) + settings.balancedAllocation * balanced(node)
                + settings.imageLocality * locality(node)
        }
        if !spread.isEmpty { add(settings.podTopologySpread, spreadScores(nodes, placements), to: &out) }
        if !near.isEmpty || !drawn.isEmpty {
            add(settings.interPodAffinity, affinityScores(nodes, placements), to: &out)
        }
        return out
    }
    private func add(_ weight: Int64, _ scores: [Int64], to out: inout [Int64]) {
        for i in out.indices { out[i] += weight * scores[i] }
    }
    /// `DefaultNormalizeScore`: the largest becomes 100.
    private func normalized(_ scores: [Int64], reverse: Bool) -> [Int64] {
        let most = scores.max() ?? 0
        if most == 0 { return scores.map { _ in reverse ? 100 : 0 } }
        return scores.map { reverse ? 100 - $0 * 100 / most : $0 * 100 / most }
    }

    private func taintCount(_ node: NodeState) -> Int64 {
        var count: Int64 = 0
        for taint in node.facts.taints where taint.effect == "PreferNoSchedule" {
            let tolerated = pod.tolerations.contains {
                ($0.effect.isEmpty || $0.effect == "PreferNoSchedule") && $0.tolerates(taint)
            }
            if !tolerated { count += 1 }
        }
        return count
    }
    private func preference(_ node: NodeState) -> Int64 {
        pod.preferredNodeTerms.reduce(0) {
            $0
                + ($1.term.requirements.isEmpty || $1.term.matches(labels: node.facts.labels, name: node.facts.name)
                    ? $1.weight : 0)
        }
    }

    /// `NodeResourcesFit`, weighted.
    private func resources(_ node: NodeState) -> Int64 {
        var score = settings.leastAllocated == 0 ? 0 : settings.leastAllocated * leastAllocated(node)
        if settings.mostAllocated != 0 { score += settings.mostAllocated * mostAllocated(node) }
        return score
    }
    /// `NodeResourcesFit` by LeastAllocated over CPU and memory.
    func leastAllocated(_ node: NodeState) -> Int64 {
        allocation(node) { has, used in used > has ? 0 : (has - used) * 100 / has }
    }
    /// `NodeResourcesFit` by MostAllocated over CPU and memory.
    func mostAllocated(_ node: NodeState) -> Int64 {
        allocation(node) { has, used in used > has ? 0 : used * 100 / has }
    }
    private func allocation(_ node: NodeState, _ part: (_ has: Int64, _ used: Int64) -> Int64) -> Int64 {
        var sum: Int64 = 0
        var weight: Int64 = 0
        if node.allocatable.cpu > 0 {
            sum += part(node.allocatable.cpu, node.usedForScore.cpu + pod.scoringRequests.cpu)
            weight += 1
        }
        if node.allocatable.memory > 0 {
            sum += part(node.allocatable.memory, node.usedForScore.memory + pod.scoringRequests.memory)
            weight += 1
        }
        return weight == 0 ? 0 : sum / weight
    }
    /// `NodeResourcesBalancedAllocation`: best when CPU and memory are used alike. A pod that asks for nothing does not care.
    func balanced(_ node: NodeState) -> Int64 {
        if pod.isBestEffort { return 0 }
        let (cpu, memory) = (node.allocatable.cpu, node.allocatable.memory)
        guard cpu > 0, memory > 0 else { return 100 }
        let x = min(1, Double(node.used.cpu + pod.requests.cpu) / Double(cpu))
        let y = min(1, Double(node.used.memory + pod.requests.memory) / Double(memory))
        return Int64((1 - abs(x - y) / 2) * 100)
    }
    /// `ImageLocality`: between 23 MB and 1 GB a container.
    func locality(_ node: NodeState) -> Int64 {
        if node.facts.images.isEmpty { return 0 }
        var sum: Int64 = 0
        for image in pod.images { sum += node.facts.images[image] ?? node.facts.images[image + ":latest"] ?? 0 }
        let least: Int64 = 23 * 1024 * 1024
        let most: Int64 = 1000 * 1024 * 1024 * Int64(max(1, pod.images.count))
        return 100 * (min(max(sum, least), most) - least) / (most - least)
    }

    /// `PodTopologySpread`, the soft constraints: fewer alike in the domain is better.
    private func spreadScores(_ nodes: [Int], _ placements: Placements) -> [Int64] {
        var raw = [Double](repeating: 0, count: nodes.count)
        var ignored = [Bool](repeating: false, count: nodes.count)
        for (constraint, counts) in spread {
            let key = constraint.term.topologyKey
            let domains =
                key == "kubernetes.io/hostname"
                ? nodes.count : Set(nodes.compactMap { placements.nodes[$0].facts.labels[key] }).count
            let weight = Double(domains + 2).logarithm
            for (i, place) in nodes.enumerated() {
                guard let value = placements.nodes[place].facts.labels[key] else {
                    ignored[i] = true
                    continue
                }
                raw[i] += Double(counts[value] ?? 0) * weight + Double(constraint.maxSkew - 1)
            }
        }
        let considered = nodes.indices.filter { !ignored[$0] }
        let rounded = raw.map { Int64($0.rounded()) }
        let most = considered.map { rounded[$0] }.max() ?? 0
        let least = considered.map { rounded[$0] }.min() ?? 0
        return nodes.indices.map { ignored[$0] ? 0 : most == 0 ? 100 : 100 * (most + least - rounded[$0]) / most }
    }

    /// `InterPodAffinity`: what the pod likes near it and what likes the pod.
    private func affinityScores(_ nodes: [Int], _ placements: Placements) -> [Int64] {
        var raw = [Int64](repeating: 0, count: nodes.count)
        for (i, place) in nodes.enumerated() {
            let labels = placements.nodes[place].facts.labels
            for (term, weight, counts) in near {
                if let value = labels[term.topologyKey] { raw[i] += weight * Int64(counts[value] ?? 0) }
            }
            for (term, weights) in drawn {
                if let value = labels[term.topologyKey] { raw[i] += weights[value] ?? 0 }
            }
        }
        let (most, least) = (raw.max() ?? 0, raw.min() ?? 0)
        if most == least { return raw.map { _ in 0 } }
        return raw.map { Int64(100 * (Double($0 - least) / Double(most - least))) }
    }

    /// Each plugin's weighted share for one node, for the decision record.
    func shares(_ place: Int, among nodes: [Int], _ placements: Placements) -> JSON {
        let node = placements.nodes[place]
        var out: JSON = [
            "NodeResourcesFit": .int(resources(node)),
            "NodeResourcesBalancedAllocation": .int(settings.balancedAllocation * balanced(node)),
            "ImageLocality": .int(settings.imageLocality * locality(node)),
        ]
        // In a large cluster the comparison is not made twice for the record's sake.
        if nodes.count <= 100, let at = nodes.firstIndex(of: place) {
            if !spread.isEmpty {
                out["PodTopologySpread"] = .int(settings.podTopologySpread * spreadScores(nodes, placements)[at])
            }
            if !near.isEmpty || !drawn.isEmpty {
                out["InterPodAffinity"] = .int(
                    settings.interPodAffinity * affinityScores(nodes, placements)[at])
            }
            if !pod.preferredNodeTerms.isEmpty {
                out["NodeAffinity"] = .int(
                    settings.nodeAffinity
                        * normalized(nodes.map { preference(placements.nodes[$0]) }, reverse: false)[at])
            }
        }
        return out
    }
}

extension Double {
    /// The natural logarithm of a number of at least one, by its series: no library of mathematics in pure code.
    var logarithm: Double {
        // ln(x) = e ln 2 + ln(m), m in [1, 2): by atanh((m-1)/(m+1)).
        let m = significand
        let t = (m - 1) / (m + 1)
        var sum = 0.0
        var power = t
        for k in 0..<20 {
            sum += power / Double(2 * k + 1)
            power *= t * t
        }
        return Double(exponent) * 0.693_147_180_559_945_3 + 2 * sum
    }
}
