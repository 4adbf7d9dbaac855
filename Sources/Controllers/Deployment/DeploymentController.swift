import ClusterState
import Document
import Records
public import Schema

/// Moves a Deployment's pods from one template to the next by scaling its ReplicaSets.
public struct DeploymentController: Controller {
    public let name = "deployment-controller"
    public var watches: Set<GroupResource>? { [.deployments, .replicaSets, .pods] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .deployments: dirty.add(change.key)
        case .replicaSets:
            let set = change.document
            if let owner = set.controllerReference {
                if owner.kind == "Deployment" {
                    dirty.add(GroupResource.deployments.key(change.key.namespace, owner.name))
                }
            } else if change.kind != .deleted {
                for stored in view.state.objects(.deployments, namespace: change.key.namespace) {
                    let selector = LabelSelector(view.document(stored)["spec"]?["selector"])
                    if selector.matches(set.objectLabels) { dirty.add(stored.key) }
                }
            }
        default:
            // A Recreate rollout waits for the last old pod to be gone.
            guard let pod = change.pod, change.kind == .deleted || pod.isFinished, let owner = pod.controller,
                owner.kind == "ReplicaSet",
                let set = view.document(.replicaSets, pod.namespace, owner.name),
                let deployment = set.controllerReference,
                deployment.kind == "Deployment"
            else { return }
            dirty.add(GroupResource.deployments.key(pod.namespace, deployment.name))
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let deployment = view.document(work.key) else { return }
        var rollout = Rollout(deployment, view: view, work: work)
        rollout.run()
        work = rollout.work
    }
}
