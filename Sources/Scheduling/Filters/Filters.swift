import Controllers
import Document

/// The filters in the order in which upstream runs them; the first that objects decides a node's verdict.
enum Filters {
    /// Whether the pod fits the node; cheap, without words.
    static func fits(_ context: PodContext, _ node: NodeState) -> Bool { verdict(context, node, explain: false) == nil }

    static func verdict(_ context: PodContext, _ node: NodeState, explain: Bool = true) -> Verdict? {
        let pod = context.pod
        if let names = pod.requiredNodeNames, !names.contains(node.facts.name) {
            return Verdict("NodeAffinity", ["node(s) didn't satisfy plugin(s) [NodeAffinity]"], final: true)
        }
        if node.facts.isUnschedulable, !toleratesUnschedulable(pod) {
            return Verdict("NodeUnschedulable", ["node(s) were unschedulable"], final: true)
        }
        if !pod.nodeName.isEmpty, pod.nodeName != node.facts.name {
            return Verdict("NodeName", ["node(s) didn't match the requested node name"], final: true)
        }
        if !node.facts.taints.isEmpty, untolerated(node.facts.taints, pod) {
            return Verdict("TaintToleration", ["node(s) had untolerated taint(s)"], final: true)
        }
        if !matchesAffinity(pod, node) {
            return Verdict("NodeAffinity", ["node(s) didn't match Pod's node affinity/selector"], final: true)
        }
        let promised = context.promised.isEmpty ? nil : context.promised[node.facts.name]
        if !pod.hostPorts.isEmpty {
            for port in pod.hostPorts
            where node.ports.contains(where: port.conflicts)
                || (promised?.contains { $0.hostPorts.contains(where: port.conflicts) } ?? false)
            {
                return Verdict(
                    "NodePorts", ["node(s) didn't have free ports for the requested pod ports"], final: false)
            }
        }
        if let verdict = resources(pod, node, promised, explain: explain) { return verdict }
        if context.claimsInUse > 0 {
            return Verdict(
                "VolumeRestrictions",
                [
                    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
                ], final: false)
        }
        if !context.volumes.isEmpty, let verdict = VolumeBinding.verdict(context.volumes, node) { return verdict }
        if let verdict = spread(context, node) { return verdict }
        return interPodAffinity(context, node)
    }

    static func toleratesUnschedulable(_ pod: PodDemand) -> Bool {
        let taint = Taint("node.kubernetes.io/unschedulable", "NoSchedule")
        return pod.tolerations.contains { $0.tolerates(taint) }
    }
    static func untolerated(_ taints: [Taint], _ pod: PodDemand) -> Bool {
        for taint in taints where taint.effect == "NoSchedule" || taint.effect == "NoExecute" {
            if !pod.tolerations.contains(where: { $0.tolerates(taint) }) { return true }
        }
        return false
    }
    static func matchesAffinity(_ pod: PodDemand, _ node: NodeState) -> Bool {
        for (key, value) in pod.nodeSelector where node.facts.labels[key] != value { return false }
        guard let terms = pod.requiredNodeTerms else { return true }
        return NodeSelectorTerm.any(terms, labels: node.facts.labels, name: node.facts.name)
    }

    /// `NodeResourcesFit`.
    static func resources(_ pod: PodDemand, _ node: NodeState, _ promised: [PodDemand]?, explain: Bool) -> Verdict? {
        var used = node.used
        var count = Int64(node.pods.count)
        if let promised {
            for other in promised {
                used.add(other.requests)
                count += 1
            }
        }
        let asked = pod.requests
        let has = node.allocatable
        if !explain {
            if count + 1 > node.podsMax || (asked.cpu > 0 && asked.cpu > has.cpu - used.cpu)
                || (asked.memory > 0 && asked.memory > has.memory - used.memory)
                || (asked.storage > 0 && asked.storage > has.storage - used.storage)
            {
                return Verdict("NodeResourcesFit", [], final: false)
            }
            for entry in asked.extended where entry.amount > 0 && entry.amount > has[entry.name] - used[entry.name] {
                return Verdict("NodeResourcesFit", [], final: false)
            }
            return nil
        }
        var reasons: [String] = []
        var isFinal = false
        if count + 1 > node.podsMax { reasons.append("Too many pods") }
        func check(_ name: String, _ asked: Int64, _ has: Int64, _ used: Int64) {
            guard asked > 0, asked > has - used else { return }
            reasons.append("Insufficient " + name)
            if asked > has { isFinal = true }
        }
        check("cpu", asked.cpu, has.cpu, used.cpu)
        check("memory", asked.memory, has.memory, used.memory)
        check("ephemeral-storage", asked.storage, has.storage, used.storage)
        for entry in asked.extended { check(entry.name, entry.amount, has[entry.name], used[entry.name]) }
        return reasons.isEmpty ? nil : Verdict("NodeResourcesFit", reasons, final: isFinal)
    }

    /// `PodTopologySpread`, the hard constraints.
    static func spread(_ context: PodContext, _ node: NodeState) -> Verdict? {
        for (constraint, counts, least) in context.spread {
            guard let value = node.facts.labels[constraint.term.topologyKey] else {
                return Verdict(
                    "PodTopologySpread",
                    ["node(s) didn't match pod topology spread constraints (missing required label)"], final: true)
            }
            let here = (counts[value] ?? 0) + (constraint.countsItself ? 1 : 0)
            if here - least > constraint.maxSkew {
                return Verdict(
                    "PodTopologySpread", ["node(s) didn't match pod topology spread constraints"], final: false)
            }
        }
        return nil
    }

    /// `InterPodAffinity`, the required terms of the pod and those of others against it.
    static func interPodAffinity(_ context: PodContext, _ node: NodeState) -> Verdict? {
        var unmatched = false
        for (term, counts) in context.affinity {
            guard let value = node.facts.labels[term.topologyKey] else {
                return Verdict("InterPodAffinity", ["node(s) didn't match pod affinity rules"], final: true)
            }
            if counts[value] ?? 0 <= 0 { unmatched = true }
        }
        if unmatched, !context.mayBeFirst {
            return Verdict("InterPodAffinity", ["node(s) didn't match pod affinity rules"], final: true)
        }
        for (term, counts) in context.antiAffinity {
            if let value = node.facts.labels[term.topologyKey], counts[value] ?? 0 > 0 {
                return Verdict("InterPodAffinity", ["node(s) didn't match pod anti-affinity rules"], final: false)
            }
        }
        for (term, counts) in context.repelled {
            if let value = node.facts.labels[term.topologyKey], counts[value] ?? 0 > 0 {
                return Verdict(
                    "InterPodAffinity", ["node(s) didn't satisfy existing pods anti-affinity rules"], final: false)
            }
        }
        return nil
    }
}
