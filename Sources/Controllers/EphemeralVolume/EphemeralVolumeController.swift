import ClusterState
import Document
import Records
public import Schema

/// Makes the claims of pods' ephemeral volumes.
public struct EphemeralVolumeController: Controller {
    public let name = "ephemeral-volume-controller"
    public var component: String { "ephemeral_volume" }
    public var watches: Set<GroupResource>? { [.pods, .volumeClaims] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .volumeClaims {
            if change.kind == .deleted, let owner = change.document.controllerReference, owner.kind == "Pod" {
                dirty.add(GroupResource.pods.key(change.key.namespace, owner.name))
            }
        } else if let pod = change.pod, change.kind == .created, pod.deletion == nil, !pod.isFinished,
            change.document["spec"]?["volumes"]?.elements.contains(where: { $0["ephemeral"] != nil }) == true
        {
            dirty.add(change.key)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let pod = view.document(work.key), !pod.isBeingDeleted,
            view.pods[work.key.namespace, work.key.name]?.isFinished == false
        else { return }
        for volume in pod["spec"]?["volumes"]?.elements ?? [] {
            guard let template = volume["ephemeral"]?["volumeClaimTemplate"], let label = volume["name"]?.string else {
                continue
            }
            let name = pod.objectName + "-" + label
            if let existing = view.document(.volumeClaims, pod.objectNamespace, name) {
                if existing.controllerReference?.uid != pod.objectUID {
                    work.note(
                        EventNote(
                            pod, "FailedBinding",
                            "ephemeral volume \(label): PVC \(pod.objectNamespace)/\(name) was not created for pod "
                                + "\(pod.objectNamespace)/\(pod.objectName) (pod is not owner)", warning: true))
                    work.retry = true
                }
                continue
            }
            var metadata = template["metadata"] ?? .object(JSONObject())
            metadata["name"] = .string(name)
            metadata["namespace"] = .string(pod.objectNamespace)
            metadata["ownerReferences"] = [OwnerReference.controller(of: pod, apiVersion: "v1", kind: "Pod")]
            work.create(
                "persistentvolumeclaims",
                [
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata,
                    "spec": template["spec"] ?? .null,
                ],
                failure: EventNote(
                    pod, "FailedBinding", "ephemeral volume \(label): create PVC \(pod.objectNamespace)/\(name): {}",
                    warning: true))
        }
    }
}
