import ClusterState
import Controllers
import Document
import Records
import Schema

/// The spreading that pods of a Service or a controller get without asking: over hosts and zones, softly.
enum DefaultSpread {
    static func constraints(for pod: PodDemand, state: ClusterState) -> [SpreadConstraint] {
        guard let (selector, text) = selector(for: pod, state: state) else { return [] }
        return [("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5)].map { key, skew in
            SpreadConstraint(
                term: PodTerm(
                    selector: selector, selectorText: text, namespaces: [pod.namespace], topologyKey: key,
                    skipsTerminating: true),
                maxSkew: skew, isHard: false, minDomains: 1, honoursAffinity: true, honoursTaints: false,
                countsItself: true)
        }
    }

    /// `helper.DefaultSelector`: the selectors of the pod's services and of its controller together.
    private static func selector(for pod: PodDemand, state: ClusterState) -> (LabelSelector, String)? {
        var requirements: [LabelSelector.Requirement] = []
        var text = ""
        for stored in state.objects(.services, namespace: pod.namespace) {
            let tree = stored.document
            let selector = LabelSelector(map: tree["spec"]?["selector"])
            if selector.matches(pod.labels) {
                requirements += selector.requirements
                text += tree["spec"]?["selector"]?.text ?? ""
            }
        }
        if let owner = pod.controller {
            let store: GroupResource? =
                switch owner.kind {
                case "ReplicaSet": .replicaSets
                case "StatefulSet": .statefulSets
                case "ReplicationController": .replicationControllers
                default: nil
                }
            if let store, let tree = state.object(store, pod.namespace, owner.name)?.document {
                let json = tree["spec"]?["selector"]
                requirements +=
                    (owner.kind == "ReplicationController" ? LabelSelector(map: json) : LabelSelector(json))
                    .requirements
                text += json?.text ?? ""
            }
        }
        if requirements.isEmpty { return nil }
        var selector = LabelSelector(.object(JSONObject()))
        selector.requirements = requirements
        return (selector, text)
    }
}
