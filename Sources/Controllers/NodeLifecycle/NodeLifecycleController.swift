import ClusterState
import Document
import Records
public import Schema

/// Watches over nodes: those whose heartbeats stop become NotReady, conditions become taints, and labels are kept in step.
public struct NodeLifecycleController: Controller {
    /// `--node-monitor-grace-period` and `--node-startup-grace-period`, in microseconds.
    static let grace: Int64 = 50_000_000
    static let startupGrace: Int64 = 60_000_000
    /// `--node-monitor-period`.
    static let period: Int64 = 5_000_000
    static let leaseNamespace = "kube-node-lease"

    public let name = "node-controller"
    public var watches: Set<GroupResource>? { [.nodes, .leases] }

    /// What was last seen of a node, and when by our own clock: clocks of nodes are not trusted.
    private struct Health: Sendable {
        var seen: Timestamp
        var heartbeat: String
        var ready: String
    }
    private var health: [String: Health] = [:]
    /// When a node's lease was last renewed, by our clock.
    private var renewed: [String: Timestamp] = [:]

    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .nodes {
            if change.kind == .deleted {
                health[change.key.name] = nil
                renewed[change.key.name] = nil
            } else {
                dirty.add(change.key)
            }
        } else if change.key.namespace == Self.leaseNamespace {
            // A renewal is remembered, not worked on: the monitor looks at it in its own time.
            renewed[change.key.name] = change.time
            if let known = health[change.key.name], known.ready == "Unknown" {
                dirty.add(GroupResource.nodes.key("", change.key.name))
            }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let node = view.document(work.key) else { return }
        let name = work.key.name
        let ready = Conditions.find(node["status"], "Ready")
        let heartbeat = (ready?["lastHeartbeatTime"]?.string ?? "") + (ready?["lastTransitionTime"]?.string ?? "")
        let state = ready?["status"]?.string ?? ""
        var known =
            health[name]
            ?? Health(
                seen: ready == nil ? node.objectCreation : work.now, heartbeat: heartbeat, ready: state)
        if let lease = renewed[name] { known.seen = max(known.seen, lease) }
        if heartbeat != known.heartbeat, state != "Unknown" { known.seen = work.now }
        known.heartbeat = heartbeat
        known.ready = state
        health[name] = known
        let limit = ready == nil ? Self.startupGrace : Self.grace
        let left = known.seen.adding(microseconds: limit).since(work.now)
        if left <= 0 {
            if markUnknown(node, &work) { return }
            work.requeue(after: Self.period)
        } else {
            work.requeue(after: left)
        }
        reconcileTaints(node, &work)
        reconcileLabels(node, &work)
        markPods(node, view: view, &work)
    }

    /// Sets every condition that the kubelet kept to Unknown; false when they already are.
    private func markUnknown(_ node: JSON, _ work: inout Work) -> Bool {
        var status = node["status"] ?? .object(JSONObject())
        let before = status
        for type in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            let old = Conditions.find(status, type)
            if old?["status"]?.string == "Unknown" { continue }
            var entry: JSON = old ?? ["type": .string(type), "lastHeartbeatTime": .string(node.objectCreation.rfc3339)]
            entry["status"] = "Unknown"
            entry["reason"] = old == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"
            entry["message"] = old == nil ? "Kubelet never posted node status." : "Kubelet stopped posting node status."
            entry["lastTransitionTime"] = .string(work.now.rfc3339)
            var list = (status["conditions"]?.elements ?? [])
            if let place = list.firstIndex(where: { $0["type"]?.string == type }) {
                list[place] = entry
            } else {
                list.append(entry)
            }
            status["conditions"] = .array(list)
        }
        if status == before { return false }
        var changed = node
        changed["status"] = status
        work.decision = ["controller": "node-lifecycle-controller", "why": "no heartbeat within the grace period"]
        work.note(
            EventNote(Self.nodeReference(node), "NodeNotReady", "Node \(node.objectName) status is now: NodeNotReady"))
        work.update("nodes", changed, subresource: "status", tolerating: [404])
        return true
    }

    static func nodeReference(_ node: JSON) -> JSON {
        [
            "kind": "Node", "apiVersion": "v1",
            "metadata": ["name": .string(node.objectName), "uid": .string(node.objectUID)],
        ]
    }

    private static let byCondition: [(type: String, status: String, key: String)] = [
        ("Ready", "False", "node.kubernetes.io/not-ready"), ("Ready", "Unknown", "node.kubernetes.io/unreachable"),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ]
    private static let managed: Set<String> = Set(byCondition.map(\.key) + ["node.kubernetes.io/unschedulable"])

    private func reconcileTaints(_ node: JSON, _ work: inout Work) {
        var wanted: [Taint] = []
        for entry in Self.byCondition
        where Conditions.find(node["status"], entry.type)?["status"]?.string == entry.status {
            wanted.append(Taint(entry.key, "NoSchedule"))
            if entry.type == "Ready" { wanted.append(Taint(entry.key, "NoExecute")) }
        }
        if node["spec"]?["unschedulable"]?.bool == true {
            wanted.append(Taint("node.kubernetes.io/unschedulable", "NoSchedule"))
        }
        let current = node["spec"]?["taints"]?.elements ?? []
        // A new node comes tainted not-ready by admission: that stays until Ready is told.
        let told = Conditions.find(node["status"], "Ready") != nil
        var list = current.filter { json in
            let taint = Taint(json)
            guard Self.managed.contains(taint.key) else { return true }
            if !told, taint.key == "node.kubernetes.io/not-ready" { return true }
            return wanted.contains { $0.key == taint.key && $0.effect == taint.effect }
        }
        for taint in wanted
        where !list.contains(where: { Taint($0).key == taint.key && Taint($0).effect == taint.effect }) {
            list.append(
                ["key": .string(taint.key), "effect": .string(taint.effect), "timeAdded": .string(work.now.rfc3339)])
        }
        if list == current { return }
        work.decision = ["controller": "node-lifecycle-controller", "why": "conditions and taints differ"]
        work.patch(
            "v1", "nodes", "", node.objectName, .merge,
            [
                "metadata": ["resourceVersion": .string(node.objectRevision)],
                "spec": ["taints": list.isEmpty ? .null : .array(list)],
            ], tolerating: [404])
    }

    /// The deprecated labels that go with `kubernetes.io/os` and `/arch`.
    private func reconcileLabels(_ node: JSON, _ work: inout Work) {
        var labels = JSONObject()
        for (old, new) in [
            ("beta.kubernetes.io/os", "kubernetes.io/os"), ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
        ] {
            if let value = node.label(new), node.label(old) != value { labels[old] = .string(value) }
        }
        if labels.isEmpty { return }
        work.patch(
            "v1", "nodes", "", node.objectName, .strategic, ["metadata": ["labels": .object(labels)]], tolerating: [404]
        )
    }

    /// Pods of a node that is not ready are not ready either.
    private func markPods(_ node: JSON, view: ClusterView, _ work: inout Work) {
        guard let ready = Conditions.find(node["status"], "Ready"), ready["status"]?.string != "True" else { return }
        for pod in view.pods.on(node: node.objectName) where pod.isReady && !pod.isFinished {
            guard let tree = view.document(pod.key) else { continue }
            var conditions = tree["status"]?["conditions"]?.elements ?? []
            conditions.modifyReady(now: work.now)
            work.patch(
                "v1", "pods", pod.namespace, pod.name, .strategic,
                ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": .array(conditions)]],
                subresource: "status",
                success: EventNote(tree, "NodeNotReady", "Node is not ready", warning: true), tolerating: [404, 409])
        }
    }
}

extension [JSON] {
    fileprivate mutating func modifyReady(now: Timestamp) {
        self = filter { $0["type"]?.string == "Ready" }
        for i in indices {
            self[i]["status"] = "False"
            self[i]["lastTransitionTime"] = .string(now.rfc3339)
        }
    }
}
