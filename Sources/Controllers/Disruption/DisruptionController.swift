import ClusterState
import Document
import Records
public import Schema

/// Says how many pods of a PodDisruptionBudget may be evicted now.
public struct DisruptionController: Controller {
    /// How long the API server's note of an eviction under way counts, in seconds.
    static let deletionTimeout: Int64 = 120
    public let name = "disruption-controller"
    public var component: String { "controllermanager" }
    public var watches: Set<GroupResource>? {
        [.disruptionBudgets, .pods, .replicaSets, .statefulSets, .replicationControllers, .deployments]
    }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .disruptionBudgets {
            dirty.add(change.key)
        } else if let pod = change.pod {
            if let before = change.previousPod, change.kind == .updated, before.labels == pod.labels,
                before.isReady == pod.isReady,
                before.isFinished == pod.isFinished, (before.deletion == nil) == (pod.deletion == nil)
            {
                return
            }
            for stored in view.state.objects(.disruptionBudgets, namespace: pod.namespace) {
                let selector = LabelSelector(view.document(stored)["spec"]?["selector"])
                if selector.matches(pod.labels) || change.previousPod.map({ selector.matches($0.labels) }) == true {
                    dirty.add(stored.key)
                }
            }
        } else {
            for stored in view.state.objects(.disruptionBudgets, namespace: change.key.namespace) {
                dirty.add(stored.key)
            }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let budget = view.document(work.key) else { return }
        let spec = budget["spec"] ?? .null
        let selector = LabelSelector(spec["selector"])
        let pods = view.pods.all(in: work.key.namespace).filter { !$0.isFinished && selector.matches($0.labels) }
        if pods.isEmpty { work.note(EventNote(budget, "NoPods", "No matching pods found")) }
        if !pods.isEmpty, spec["maxUnavailable"] != nil || spec["minAvailable"]?.string != nil,
            pods.contains(where: { $0.controller == nil })
        {
            work.note(
                EventNote(
                    budget, "UnmanagedPods",
                    "Pods selected by this PodDisruptionBudget (selector: \(LabelSelector.goText(spec["selector"]))) were found to be "
                        + "unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined "
                        + "behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.",
                    warning: true))
        }
        let expected: Int
        var desired: Int
        var failure: String?
        if let most = spec["maxUnavailable"] {
            (expected, failure) = expectedByControllers(pods, view)
            desired = max(0, expected - (most.scaled(of: expected, up: true) ?? 0))
        } else if let least = spec["minAvailable"] {
            if let count = least.int {
                desired = Int(count)
                expected = pods.count
            } else {
                (expected, failure) = expectedByControllers(pods, view)
                desired = least.scaled(of: expected, up: true) ?? 0
            }
        } else {
            (expected, desired) = (pods.count, 0)
        }
        var disrupted = budget["status"]?["disruptedPods"]?.entries ?? JSONObject()
        var recheck: Int64 = .max
        disrupted.removeAll { name, value in
            guard let pod = pods.first(where: { $0.name == name }), pod.deletion == nil,
                let time = value.string.flatMap(Timestamp.init(rfc3339:))
            else { return true }
            let left = time.adding(seconds: Self.deletionTimeout).since(work.now)
            if left <= 0 { return true }
            recheck = min(recheck, left)
            return false
        }
        if recheck != .max { work.requeue(after: recheck) }
        let healthy = pods.filter { $0.deletion == nil && disrupted[$0.name] == nil && $0.isReady }.count
        var status = budget["status"] ?? .object(JSONObject())
        if let failure {
            work.note(
                EventNote(
                    budget, "CalculateExpectedPodCountFailed",
                    "Failed to calculate the number of expected pods: \(failure)", warning: true))
            setCondition(&status, budget, allowed: false, reason: "SyncFailed", message: failure, now: work.now)
            status["disruptionsAllowed"] = 0
            status["observedGeneration"] = .int(budget.objectGeneration)
            if status["currentHealthy"] == nil { status["currentHealthy"] = 0 }
            if status["desiredHealthy"] == nil { status["desiredHealthy"] = 0 }
            if status["expectedPods"] == nil { status["expectedPods"] = 0 }
        } else {
            let allowed = expected <= 0 ? 0 : max(0, healthy - desired)
            status["currentHealthy"] = .int(Int64(healthy))
            status["desiredHealthy"] = .int(Int64(desired))
            status["expectedPods"] = .int(Int64(expected))
            status["disruptionsAllowed"] = .int(Int64(allowed))
            status["disruptedPods"] = disrupted.isEmpty ? Optional.none : .object(disrupted)
            status["observedGeneration"] = .int(budget.objectGeneration)
            setCondition(
                &status, budget, allowed: allowed > 0, reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
                message: "", now: work.now)
        }
        if status == budget["status"] { return }
        work.decision = [
            "controller": "disruption-controller", "healthy": .int(Int64(healthy)), "desired": .int(Int64(desired)),
        ]
        var changed = budget
        changed["status"] = status
        work.update("poddisruptionbudgets", changed, subresource: "status", tolerating: [404])
    }

    private func setCondition(
        _ status: inout JSON, _ budget: JSON, allowed: Bool, reason: String, message: String, now: Timestamp
    ) {
        let value = allowed ? "True" : "False"
        let old = Conditions.find(status, "DisruptionAllowed")
        let since = old?["status"]?.string == value ? old?["lastTransitionTime"] : nil
        let entry: JSON = [
            "type": "DisruptionAllowed", "status": .string(value), "reason": .string(reason),
            "message": .string(message),
            "observedGeneration": .int(budget.objectGeneration), "lastTransitionTime": since ?? .string(now.rfc3339),
        ]
        var list = status["conditions"]?.elements ?? []
        if let place = list.firstIndex(where: { $0["type"]?.string == "DisruptionAllowed" }) {
            list[place] = entry
        } else {
            list.append(entry)
        }
        status["conditions"] = .array(list)
    }

    /// How many pods the controllers of these pods want together; a pod without a known one makes it impossible to say.
    private func expectedByControllers(_ pods: [PodRecord], _ view: ClusterView) -> (Int, String?) {
        var scales: [String: Int] = [:]
        for pod in pods {
            guard let owner = pod.controller else { continue }
            if scales[owner.uid] != nil { continue }
            switch owner.kind {
            case "ReplicaSet":
                guard let set = view.document(.replicaSets, pod.namespace, owner.name) else { continue }
                if let above = set.controllerReference, above.kind == "Deployment",
                    let deployment = view.document(.deployments, pod.namespace, above.name)
                {
                    scales[above.uid] = Int(deployment["spec"]?["replicas"]?.int ?? 1)
                    scales[owner.uid] = 0
                } else {
                    scales[owner.uid] = Int(set["spec"]?["replicas"]?.int ?? 1)
                }
            case "StatefulSet":
                scales[owner.uid] = Int(
                    view.document(.statefulSets, pod.namespace, owner.name)?["spec"]?["replicas"]?.int ?? 1)
            case "ReplicationController":
                scales[owner.uid] = Int(
                    view.document(.replicationControllers, pod.namespace, owner.name)?["spec"]?["replicas"]?.int ?? 1)
            default: return (0, "\(owner.kind).\(owner.group) does not implement the scale subresource")
            }
        }
        return (scales.values.reduce(0, +), nil)
    }
}
