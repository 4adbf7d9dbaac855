import ClusterState
import Document
import Records
public import Schema

/// Deletes finished Jobs after `ttlSecondsAfterFinished`.
public struct TTLAfterFinishedController: Controller {
    public let name = "ttl-after-finished-controller"
    public var watches: Set<GroupResource>? { [.jobs] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted, change.document["spec"]?["ttlSecondsAfterFinished"] != nil { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let job = view.document(work.key), !job.isBeingDeleted,
            let seconds = job["spec"]?["ttlSecondsAfterFinished"]?.int,
            let end = ["Complete", "Failed"].compactMap({ Conditions.find(job["status"], $0) }).first(where: {
                $0["status"] == "True"
            }),
            let finished = end.time("lastTransitionTime")
        else { return }
        let left = finished.adding(seconds: seconds).since(work.now)
        if left > 0 { return work.requeue(after: left) }
        work.decision = ["controller": "ttl-after-finished-controller", "why": "finished long enough ago"]
        work.delete(
            "batch/v1", "jobs", job.objectNamespace, job.objectName, uid: job.objectUID, policy: "Foreground",
            revision: job.objectRevision)
    }
}
