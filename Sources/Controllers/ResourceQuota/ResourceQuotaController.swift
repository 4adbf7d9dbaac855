import ClusterState
import Document
import Records
public import Schema

/// Counts what a namespace uses of its quotas. Creations are counted by admission; this follows deletions and what shrinks.
public struct ResourceQuotaController: Controller {
    public let name = "resourcequota-controller"
    public var watches: Set<GroupResource>? { nil }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .resourceQuotas {
            if change.kind != .deleted { dirty.add(change.key) }
        }
        guard change.kind != .created || change.store == .resourceQuotas, !change.key.namespace.isEmpty,
            view.state.count(.resourceQuotas, namespace: change.key.namespace) > 0
        else { return }
        if change.kind == .updated {
            guard let pod = change.pod, pod.isFinished != change.previousPod?.isFinished else {
                guard change.store == .services || change.store == .volumeClaims else { return }
                return mark(change, view, &dirty)
            }
        }
        mark(change, view, &dirty)
    }
    private func mark(_ change: ObservedChange, _ view: ClusterView, _ dirty: inout DirtyKeys) {
        for stored in view.state.objects(.resourceQuotas, namespace: change.key.namespace) { dirty.add(stored.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let quota = view.document(work.key) else { return }
        let hard = quota["spec"]?["hard"] ?? .object(JSONObject())
        let usage = QuotaUsage(quota: quota, namespace: work.key.namespace, view: view)
        var used = JSONObject()
        for (name, _) in hard.entries {
            let old = quota["status"]?["used"]?[name]
            // What nobody here can measure stays as it is told.
            let amount = usage.of(name) ?? old.flatMap { Quantity($0) } ?? .zero
            used[name] = .string(amount.text)
        }
        var status = quota["status"] ?? .object(JSONObject())
        status["hard"] = hard
        status["used"] = .object(used)
        if status == quota["status"] { return }
        work.decision = ["controller": "resourcequota-controller", "used": .object(used)]
        var changed = quota
        changed["status"] = status
        work.update("resourcequotas", changed, subresource: "status", tolerating: [404])
    }
}
