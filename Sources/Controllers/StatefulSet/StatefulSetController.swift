import ClusterState
import Document
import Records
public import Schema

/// Keeps pods with lasting names and claims, one after the other: StatefulSets.
public struct StatefulSetController: Controller {
    public let name = "statefulset-controller"
    public var watches: Set<GroupResource>? { [.statefulSets, .pods, .controllerRevisions] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .statefulSets: dirty.add(change.key)
        case .controllerRevisions:
            if let owner = change.document.controllerReference, owner.kind == "StatefulSet" {
                dirty.add(GroupResource.statefulSets.key(change.key.namespace, owner.name))
            }
        default:
            guard let pod = change.pod else { return }
            for owner in [pod.controller, change.previousPod?.controller] {
                if let owner, owner.kind == "StatefulSet" {
                    dirty.add(GroupResource.statefulSets.key(pod.namespace, owner.name))
                }
            }
            if pod.controller == nil, change.kind != .deleted {
                for stored in view.state.objects(.statefulSets, namespace: pod.namespace) {
                    if LabelSelector(view.document(stored)["spec"]?["selector"]).matches(pod.labels) {
                        dirty.add(stored.key)
                    }
                }
            }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let set = view.document(work.key) else { return }
        var sync = StatefulSetSync(set, view: view, work: work)
        sync.run()
        work = sync.work
    }
}
