import ClusterState
import Document
import Records
public import Schema

/// Keeps one pod on every node that fits: DaemonSets.
public struct DaemonSetController: Controller {
    public let name = "daemon-set-controller"
    public var component: String { "daemonset-controller" }
    public var watches: Set<GroupResource>? { [.daemonSets, .pods, .nodes, .controllerRevisions] }
    /// Labels, taints and the like of nodes as last seen: heartbeats change nothing here.
    private var nodes: [String: JSON] = [:]
    /// When the failed pod of a node may be replaced again.
    private var failures: [String: (count: Int, last: Timestamp)] = [:]

    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .daemonSets: dirty.add(change.key)
        case .controllerRevisions:
            if let owner = change.document.controllerReference, owner.kind == "DaemonSet" {
                dirty.add(GroupResource.daemonSets.key(change.key.namespace, owner.name))
            }
        case .nodes:
            let node = change.document
            let facts: JSON = [
                "labels": .object(node.objectLabels), "taints": node["spec"]?["taints"] ?? .null,
                "unschedulable": node["spec"]?["unschedulable"] ?? .null,
            ]
            if change.kind != .deleted, nodes[change.key.name] == facts { return }
            nodes[change.key.name] = change.kind == .deleted ? Optional.none : facts
            for stored in view.state.objects(.daemonSets) { dirty.add(stored.key) }
        default:
            guard let pod = change.pod else { return }
            for owner in [pod.controller, change.previousPod?.controller] {
                if let owner, owner.kind == "DaemonSet" {
                    dirty.add(GroupResource.daemonSets.key(pod.namespace, owner.name))
                }
            }
            if pod.controller == nil, change.kind != .deleted {
                for stored in view.state.objects(.daemonSets, namespace: pod.namespace) {
                    if LabelSelector(view.document(stored)["spec"]?["selector"]).matches(pod.labels) {
                        dirty.add(stored.key)
                    }
                }
            }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let set = view.document(work.key) else { return }
        var sync = DaemonSetSync(set, view: view, work: work, failures: failures)
        sync.run()
        work = sync.work
        failures = sync.failures
        if failures.count > 4096 { failures.removeAll() }
    }
}
