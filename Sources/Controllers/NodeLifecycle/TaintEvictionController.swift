import ClusterState
import Document
import Records
public import Schema

/// Evicts pods that do not tolerate a NoExecute taint of their node, after the time they tolerate it for.
public struct TaintEvictionController: Controller {
    public let name = "taint-eviction-controller"
    public var account: String { "node-controller" }
    public var watches: Set<GroupResource>? { [.nodes, .pods] }
    /// NoExecute taints by node; nodes without one are absent.
    private var tainted: [String: [Taint]] = [:]
    /// When a pod's tolerated time began.
    private var since: [String: Timestamp] = [:]

    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .nodes {
            let taints =
                change.kind == .deleted
                ? []
                : (change.document["spec"]?["taints"]?.elements ?? []).map(Taint.init).filter {
                    $0.effect == "NoExecute"
                }
            let old = tainted[change.key.name] ?? []
            if old == taints { return }
            tainted[change.key.name] = taints.isEmpty ? Optional.none : taints
            for pod in view.pods.on(node: change.key.name) { dirty.add(pod.key) }
        } else if let pod = change.pod {
            if change.kind == .deleted {
                since[pod.uid] = nil
            } else if !pod.nodeName.isEmpty, tainted[pod.nodeName] != nil {
                dirty.add(pod.key)
            }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let pod = view.pods[work.key.namespace, work.key.name] else { return }
        guard let taints = tainted[pod.nodeName], pod.deletion == nil, !pod.isFinished,
            let tree = view.document(work.key)
        else {
            since[pod.uid] = nil
            return
        }
        let tolerations = (tree["spec"]?["tolerations"]?.elements ?? []).map(Toleration.init)
        var shortest: Int64?
        for taint in taints {
            let fitting = tolerations.filter { $0.tolerates(taint) }
            if fitting.isEmpty {
                shortest = 0
                break
            }
            for toleration in fitting {
                if let seconds = toleration.seconds { shortest = min(shortest ?? .max, max(seconds, 0)) }
            }
        }
        guard let shortest else {
            since[pod.uid] = nil
            return
        }
        let began = since[pod.uid] ?? work.now
        since[pod.uid] = began
        let left = began.adding(seconds: shortest).since(work.now)
        if left > 0 { return work.requeue(after: left) }
        work.decision = [
            "controller": "taint-eviction-controller", "why": "a NoExecute taint is not tolerated",
            "taints": .array(taints.map { .string($0.key) }),
        ]
        work.note(EventNote(tree, "TaintManagerEviction", "Marking for deletion Pod \(pod.namespace)/\(pod.name)"))
        work.patch(
            "v1", "pods", pod.namespace, pod.name, .strategic,
            [
                "metadata": ["uid": .string(pod.uid)],
                "status": [
                    "conditions": [
                        [
                            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
                            "message": "Taint manager: deleting due to NoExecute taint",
                            "lastTransitionTime": .string(work.now.rfc3339),
                        ]
                    ]
                ],
            ], subresource: "status", tolerating: [404, 409])
        work.delete("v1", "pods", pod.namespace, pod.name, uid: pod.uid)
    }
}
