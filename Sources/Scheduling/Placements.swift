import Controllers
import Document

/// Every node with its pods, and the counts per (term, domain) that affinity and spreading ask for, kept as pods come and go.
struct Placements: Sendable {
    private(set) var nodes: [NodeState] = []
    private var places: [String: Int] = [:]
    private var nodeOfPod: [String: Int] = [:]
    private var free: [Int] = []
    /// How many nodes exist.
    private(set) var nodeCount = 0

    /// Pods matching a term, by value of the topology key; and where in that list a term is.
    private var matching: [(term: PodTerm, counts: [String: Int])] = []
    private var placeOfTerm: [PodTerm: Int] = [:]
    private static let termsMax = 256
    /// Placed pods that carry a required anti-affinity term, by term and value.
    private(set) var repelling: [PodTerm: [String: Int]] = [:]
    /// Placed pods that carry a required affinity or a preferred term, weighted, by term and value.
    private(set) var attracting: [PodTerm: [String: Int64]] = [:]

    subscript(node: String) -> Int? { places[node] }
    /// How many uses placed pods of a namespace make of some of its claims.
    func uses(of claims: Set<String>, in namespace: String) -> Int {
        var uses = 0
        for node in nodes {
            for pod in node.pods.values where pod.namespace == namespace {
                uses += pod.claims.filter { claims.contains($0.name) }.count
            }
        }
        return uses
    }
    func node(ofPod uid: String) -> Int? { nodeOfPod[uid] }
    mutating func withNode<R>(_ i: Int, _ body: (inout NodeState) -> R) -> R { body(&nodes[i]) }

    // MARK: Nodes

    mutating func put(node: JSON) -> (place: Int, isNew: Bool) {
        let name = node.objectName
        if let i = places[name] {
            let isNew = !nodes[i].exists
            let sameLabels = nodes[i].facts.labels == NodeState.Facts(node).labels
            if !sameLabels { uncount(i) }
            nodes[i].refresh(node)
            if !sameLabels { recount(i) }
            if isNew { nodeCount += 1 }
            return (i, isNew)
        }
        let i = place(NodeState(node), name)
        nodeCount += 1
        return (i, true)
    }
    private mutating func place(_ node: NodeState, _ name: String) -> Int {
        if let i = free.popLast() {
            nodes[i] = node
            places[name] = i
            return i
        }
        nodes.append(node)
        places[name] = nodes.count - 1
        return nodes.count - 1
    }
    mutating func remove(node name: String) {
        guard let i = places[name], nodes[i].exists else { return }
        nodeCount -= 1
        if nodes[i].pods.isEmpty {
            places[name] = nil
            nodes[i] = NodeState(unknown: "")
            free.append(i)
        } else {
            uncount(i)
            let pods = nodes[i].pods
            nodes[i] = NodeState(unknown: name)
            for pod in pods.values { nodes[i].add(pod) }
            recount(i)
        }
    }

    // MARK: Pods

    mutating func add(_ pod: PodDemand, to node: String) {
        remove(pod: pod.uid)
        let i = places[node] ?? place(NodeState(unknown: node), node)
        nodes[i].add(pod)
        nodeOfPod[pod.uid] = i
        count(pod, i, by: 1)
    }
    @discardableResult
    mutating func remove(pod uid: String) -> PodDemand? {
        guard let i = nodeOfPod.removeValue(forKey: uid), let pod = nodes[i].pods[uid] else { return nil }
        count(pod, i, by: -1)
        nodes[i].remove(uid)
        return pod
    }

    // MARK: Counts

    private mutating func uncount(_ i: Int) { for pod in nodes[i].pods.values { count(pod, i, by: -1) } }
    private mutating func recount(_ i: Int) { for pod in nodes[i].pods.values { count(pod, i, by: 1) } }

    private mutating func count(_ pod: PodDemand, _ i: Int, by step: Int) {
        let labels = nodes[i].facts.labels
        for place in matching.indices {
            let term = matching[place].term
            guard let value = labels[term.topologyKey], !(term.skipsTerminating && pod.isTerminating),
                term.matches(namespace: pod.namespace, labels: pod.labels)
            else { continue }
            matching[place].counts[value, default: 0] += step
        }
        for term in pod.antiAffinity {
            if let value = labels[term.topologyKey] { repelling[term, default: [:]][value, default: 0] += step }
        }
        // A required affinity weighs one towards the pods it names: HardPodAffinityWeight.
        for term in pod.affinity { attract(term, labels, Int64(step)) }
        for entry in pod.preferred { attract(entry.term, labels, entry.weight * Int64(step)) }
        for entry in pod.preferredAnti { attract(entry.term, labels, -entry.weight * Int64(step)) }
    }
    private mutating func attract(_ term: PodTerm, _ labels: [String: String], _ weight: Int64) {
        guard let value = labels[term.topologyKey] else { return }
        attracting[term, default: [:]][value, default: 0] += weight
    }

    /// How many placed pods match a term, by domain. The first time a term is asked for, every pod is looked at.
    mutating func counts(_ term: PodTerm) -> [String: Int] {
        if let known = placeOfTerm[term] { return matching[known].counts }
        var found: [String: Int] = [:]
        for node in nodes {
            guard let value = node.facts.labels[term.topologyKey] else { continue }
            for pod in node.pods.values
            where !(term.skipsTerminating && pod.isTerminating)
                && term.matches(namespace: pod.namespace, labels: pod.labels)
            {
                found[value, default: 0] += 1
            }
        }
        if matching.count >= Self.termsMax {
            matching.removeAll()
            placeOfTerm.removeAll()
        }
        placeOfTerm[term] = matching.count
        matching.append((term, found))
        return found
    }
}
