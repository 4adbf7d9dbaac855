import ClusterState
import Document
import Records
public import Schema

/// Runs pods until enough of them have succeeded: Jobs, with their pods counted once each by finalizer.
public struct JobController: Controller {
    /// The delay after a failed pod, doubling with each failure in a row, in microseconds.
    static let backoffMin: Int64 = 10_000_000
    static let backoffMax: Int64 = 600_000_000

    public let name = "job-controller"
    public var watches: Set<GroupResource>? { [.jobs, .pods] }
    /// Failures in a row and the time of the last, by the job's uid (and index).
    private var failures: [String: JobFailures] = [:]

    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .jobs {
            if change.kind == .deleted {
                let uid = change.uid
                failures = failures.filter { !$0.key.hasPrefix(uid) }
                // Its pods still carry our finalizer.
                for pod in view.pods.controlled(by: uid) { dirty.add(pod.key) }
            } else {
                dirty.add(change.key)
            }
            return
        }
        guard let pod = change.pod else { return }
        if let owner = pod.controller, owner.kind == "Job" {
            let key = GroupResource.jobs.key(pod.namespace, owner.name)
            dirty.add(key)
            if change.kind != .deleted, view.state.object(key)?.uid != owner.uid,
                pod.finalizers.contains(JobSync.finalizer)
            {
                dirty.add(pod.key)
            }
        } else if change.kind != .deleted, pod.controller == nil, pod.finalizers.contains(JobSync.finalizer) {
            dirty.add(pod.key)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        if work.key.resource == "pods" {
            // A pod of ours whose job is gone.
            guard let pod = view.pods[work.key.namespace, work.key.name], pod.finalizers.contains(JobSync.finalizer)
            else { return }
            if let owner = pod.controller, view.state.object(.jobs, pod.namespace, owner.name)?.uid == owner.uid {
                return
            }
            JobSync.removeFinalizer(pod, &work)
            return
        }
        guard let job = view.document(work.key) else { return }
        var sync = JobSync(job, view: view, work: work, failures: failures[job.objectUID] ?? JobFailures())
        sync.run()
        work = sync.work
        failures[job.objectUID] = sync.failures
    }
}

/// Failures of a job's pods since the last success.
struct JobFailures: Sendable {
    var count = 0
    var last = Timestamp(microseconds: 0)
    /// The same by completion index, where the limit is per index.
    var byIndex: [Int: (count: Int, last: Timestamp)] = [:]
    /// Pods already counted here.
    var seen: Set<String> = []
}
