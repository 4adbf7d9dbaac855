import ClusterState
import Document
import Records
public import Schema

/// Removes pods that nobody else will: bound to nodes that are gone, terminating without a node, and finished ones beyond a number.
public struct PodGarbageCollector: Controller {
    /// `--terminated-pod-gc-threshold`.
    static let terminatedMax = 12_500
    /// A node may be only on its way in: its pods wait this long, in microseconds.
    static let quarantine: Int64 = 40_000_000
    static let period: Int64 = 20_000_000
    private static let round = ObjectKey(resource: "pods", name: "")

    public let name = "pod-garbage-collector"
    public var watches: Set<GroupResource>? { [.pods, .nodes] }
    /// Nodes that pods name and that do not exist, since when.
    private var missing: [String: Timestamp] = [:]

    public init() {}

    public mutating func started(view: ClusterView, dirty: inout DirtyKeys) { dirty.add(Self.round) }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .nodes {
            if change.kind == .deleted { dirty.add(Self.round) } else { missing[change.key.name] = nil }
        } else if let pod = change.pod, change.kind != .deleted, pod.nodeName.isEmpty, pod.deletion != nil {
            dirty.add(pod.key)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard work.key == Self.round else {
            if let pod = view.pods[work.key.namespace, work.key.name], pod.nodeName.isEmpty, pod.deletion != nil {
                delete(pod, "terminating and never bound", &work)
            }
            return
        }
        work.requeue(after: Self.period)
        for node in view.pods.nodes {
            if view.state.object(.nodes, "", node) != nil {
                missing[node] = nil
                continue
            }
            let since = missing[node] ?? work.now
            missing[node] = since
            let left = since.adding(microseconds: Self.quarantine).since(work.now)
            if left > 0 {
                work.requeue(after: left)
                continue
            }
            for pod in view.pods.on(node: node) {
                if !pod.isFinished { markFailed(pod, view: view, &work) }
                delete(pod, "its node is gone", &work)
            }
        }
        missing = missing.filter { !view.pods.onUnordered(node: $0.key).isEmpty }
        if view.pods.count > Self.terminatedMax {
            var finished: [PodRecord] = []
            for namespace in view.pods.namespaces {
                finished += view.pods.unordered(in: namespace).filter(\.isFinished)
            }
            let excess = finished.count - Self.terminatedMax
            if excess > 0 {
                for pod in finished.sorted(by: { ($0.creation, $0.key) < ($1.creation, $1.key) }).prefix(excess) {
                    delete(pod, "too many finished pods", &work)
                }
            }
        }
    }

    private func markFailed(_ pod: PodRecord, view: ClusterView, _ work: inout Work) {
        work.patch(
            "v1", "pods", pod.namespace, pod.name, .strategic,
            [
                "metadata": ["uid": .string(pod.uid)],
                "status": [
                    "phase": "Failed",
                    "conditions": [
                        [
                            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC",
                            "message": "PodGC: node no longer exists", "lastTransitionTime": .string(work.now.rfc3339),
                        ]
                    ],
                ],
            ], subresource: "status", tolerating: [404, 409])
    }
    private func delete(_ pod: PodRecord, _ why: String, _ work: inout Work) {
        work.decision = ["controller": "pod-garbage-collector", "why": .string(why)]
        work.delete("v1", "pods", pod.namespace, pod.name, uid: pod.uid, grace: 0)
    }
}
