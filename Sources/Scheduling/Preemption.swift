import ClusterState
import Controllers
import Document
import Records
import Schema

/// Making room for a pod by deleting less important ones: `DefaultPreemption`.
struct Preemption {
    struct Candidate {
        var place: Int
        var victims: [PodDemand]
        var violations: Int
    }
    let placements: Placements
    let context: PodContext
    let budgets: [Budget]

    struct Budget {
        var namespace: String
        var selector: LabelSelector
        var allowed: Int
        init(_ json: JSON) {
            namespace = json.objectNamespace
            selector = LabelSelector(json["spec"]?["selector"])
            allowed = Int(json["status"]?["disruptionsAllowed"]?.int ?? 0)
        }
    }

    /// The pods whose deletion would let the pod onto a node, or the reason why none would.
    func tryNode(_ place: Int) -> (candidate: Candidate?, reasons: [String]) {
        let pod = context.pod
        var node = placements.nodes[place]
        let lower = node.pods.values.filter { $0.priority < pod.priority }.sorted(by: Self.moreImportant)
        if lower.isEmpty { return (nil, [FitMessage.noVictims]) }
        var context = context
        for victim in lower { take(victim, from: &node, &context) }
        if let verdict = Filters.verdict(context, node) { return (nil, verdict.reasons) }
        let (violating, harmless) = sort(lower)
        var victims: [PodDemand] = []
        var violations = 0
        for (list, counts) in [(violating, true), (harmless, false)] {
            for victim in list {
                give(victim, to: &node, &context)
                if Filters.fits(context, node) { continue }
                take(victim, from: &node, &context)
                victims.append(victim)
                if counts { violations += 1 }
            }
        }
        return (Candidate(place: place, victims: victims.sorted(by: Self.moreImportant), violations: violations), [])
    }

    /// Pods whose deletion would break a budget, and the others, each most important first.
    private func sort(_ pods: [PodDemand]) -> ([PodDemand], [PodDemand]) {
        var left = budgets.map(\.allowed)
        var violating: [PodDemand] = []
        var harmless: [PodDemand] = []
        for pod in pods {
            var breaks = false
            for (i, budget) in budgets.enumerated()
            where budget.namespace == pod.namespace && !budget.selector.isEverything
                && budget.selector.matches(pod.labels)
            {
                left[i] -= 1
                if left[i] < 0 { breaks = true }
            }
            if breaks { violating.append(pod) } else { harmless.append(pod) }
        }
        return (violating, harmless)
    }

    static func moreImportant(_ a: PodDemand, _ b: PodDemand) -> Bool {
        if a.priority != b.priority { return a.priority > b.priority }
        let (x, y) = (a.startTime ?? a.creation, b.startTime ?? b.creation)
        return x != y ? x < y : a.uid < b.uid
    }

    private func take(_ victim: PodDemand, from node: inout NodeState, _ context: inout PodContext) {
        node.remove(victim.uid)
        adjust(victim, node, &context, by: -1)
    }
    private func give(_ victim: PodDemand, to node: inout NodeState, _ context: inout PodContext) {
        node.add(victim)
        adjust(victim, node, &context, by: 1)
    }
    private func adjust(_ victim: PodDemand, _ node: NodeState, _ context: inout PodContext, by step: Int) {
        let labels = node.facts.labels
        if !context.exclusiveClaims.isEmpty, victim.namespace == context.pod.namespace {
            context.claimsInUse += step * victim.claims.filter { context.exclusiveClaims.contains($0.name) }.count
        }
        func change(_ counts: inout [String: Int], _ term: PodTerm) {
            guard let value = labels[term.topologyKey], term.matches(namespace: victim.namespace, labels: victim.labels)
            else { return }
            counts[value, default: 0] += step
        }
        for i in context.affinity.indices { change(&context.affinity[i].counts, context.affinity[i].term) }
        for i in context.antiAffinity.indices { change(&context.antiAffinity[i].counts, context.antiAffinity[i].term) }
        for i in context.repelled.indices where victim.antiAffinity.contains(context.repelled[i].term) {
            if let value = labels[context.repelled[i].term.topologyKey] {
                context.repelled[i].counts[value, default: 0] += step
            }
        }
        for i in context.spread.indices {
            change(&context.spread[i].counts, context.spread[i].constraint.term)
            context.spread[i].least = min(context.spread[i].least, context.spread[i].counts.values.min() ?? 0)
        }
    }

    /// `pickOneNodeForPreemption`.
    static func best(_ candidates: [Candidate]) -> Candidate? {
        func start(_ candidate: Candidate) -> Timestamp {
            let highest = candidate.victims.first?.priority ?? 0
            return candidate.victims.filter { $0.priority == highest }.map { $0.startTime ?? $0.creation }.min()
                ?? Timestamp(microseconds: 0)
        }
        func key(_ candidate: Candidate) -> (Int, Int64, Int64, Int) {
            let offset = Int64(Int32.max) + 1
            return (
                candidate.violations, candidate.victims.first?.priority ?? Int64.min,
                candidate.victims.reduce(0) { $0 + $1.priority + offset }, candidate.victims.count
            )
        }
        return candidates.min { a, b in
            let (x, y) = (key(a), key(b))
            if x != y { return x < y }
            return start(a) > start(b)
        }
    }
}
