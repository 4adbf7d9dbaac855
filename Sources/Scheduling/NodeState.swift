import Controllers
import Document

/// A node as the scheduler sees it: what it has, what is taken, and its labels and taints. The numbers that every placement
/// changes are apart from what only the node's own updates change.
struct NodeState: Sendable {
    /// What only the node itself changes.
    final class Facts: Sendable {
        let name: String
        let labels: [String: String]
        let taints: [Taint]
        let isUnschedulable: Bool
        /// Bytes by image name.
        let images: [String: Int64]
        let revision: String
        init(_ node: JSON) {
            name = node.objectName
            var pairs: [String: String] = [:]
            for (key, value) in node.objectLabels.stringPairs { pairs[key] = value }
            labels = pairs
            taints = (node["spec"]?["taints"]?.elements ?? []).map(Taint.init)
            isUnschedulable = node["spec"]?["unschedulable"]?.bool ?? false
            var sizes: [String: Int64] = [:]
            for image in node["status"]?["images"]?.elements ?? [] {
                for name in image["names"]?.strings ?? [] { sizes[name] = image["sizeBytes"]?.int ?? 0 }
            }
            images = sizes
            revision = node.objectRevision
        }
    }
    var facts: Facts
    var allocatable: Resources
    var podsMax: Int64
    var used = Resources()
    /// With the little that silent containers count, for scores.
    var usedForScore = Resources()
    var pods: [String: PodDemand] = [:]
    var ports: [PodDemand.HostPort] = []
    /// The node object is there; its pods may outlive it.
    var exists = true

    init(_ node: JSON) {
        facts = Facts(node)
        let list = node["status"]?["allocatable"] ?? node["status"]?["capacity"]
        allocatable = Resources(list)
        podsMax = list?["pods"].flatMap { Quantity($0) }?.units ?? 0
    }
    /// A node that only a pod has named so far.
    init(unknown name: String) {
        facts = Facts(["metadata": ["name": .string(name)]])
        allocatable = Resources()
        podsMax = 0
        exists = false
    }
    mutating func refresh(_ node: JSON) {
        let fresh = NodeState(node)
        facts = fresh.facts
        allocatable = fresh.allocatable
        podsMax = fresh.podsMax
        exists = true
    }
    mutating func add(_ pod: PodDemand) {
        pods[pod.uid] = pod
        used.add(pod.requests)
        usedForScore.add(pod.scoringRequests)
        ports += pod.hostPorts
    }
    mutating func remove(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        used.subtract(pod.requests)
        usedForScore.subtract(pod.scoringRequests)
        for port in pod.hostPorts {
            if let place = ports.firstIndex(of: port) { ports.remove(at: place) }
        }
    }
}
