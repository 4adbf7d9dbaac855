import Document
import Records
import Schema

/// One look at a DaemonSet: which nodes want a pod, which pods are of the right revision.
struct DaemonSetSync {
    static let hashLabel = "controller-revision-hash"
    static let burst = 250

    let set: JSON
    let view: ClusterView
    var work: Work
    var failures: [String: (count: Int, last: Timestamp)]
    private var hash = ""
    private var byNode: [String: [PodRecord]] = [:]

    init(_ set: JSON, view: ClusterView, work: Work, failures: [String: (count: Int, last: Timestamp)]) {
        self.set = set
        self.view = view
        self.work = work
        self.failures = failures
    }

    private var spec: JSON { self.set["spec"] ?? .null }
    private var template: JSON { spec["template"] ?? .null }
    private var minReady: Int64 { spec["minReadySeconds"]?.int ?? 0 }
    private var rolling: JSON? { spec["updateStrategy"]?["rollingUpdate"] }
    private var isOnDelete: Bool { spec["updateStrategy"]?["type"]?.string == "OnDelete" }

    mutating func run() {
        guard settleRevision() else { return }
        let selector = LabelSelector(spec["selector"])
        if selector.isEverything {
            work.note(
                EventNote(
                    set, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.",
                    warning: true))
            return
        }
        if !set.isBeingDeleted {
            for pod in view.pods.orphans(in: set.objectNamespace)
            where pod.deletion == nil && selector.matches(pod.labels) {
                PodClaim.adopt(
                    pod, by: OwnerReference.controller(of: set, apiVersion: "apps/v1", kind: "DaemonSet"), in: &work)
                byNode[pod.nodeName.isEmpty ? target(of: pod) : pod.nodeName, default: []].append(pod)
            }
        }
        for pod in view.pods.controlled(by: set.objectUID) {
            guard selector.matches(pod.labels) else {
                if pod.deletion == nil, !set.isBeingDeleted { PodClaim.release(pod, from: set.objectUID, in: &work) }
                continue
            }
            let node = pod.nodeName.isEmpty ? target(of: pod) : pod.nodeName
            byNode[node, default: []].append(pod)
        }
        let nodes = view.documents(.nodes)
        if !set.isBeingDeleted {
            let busy = manage(nodes)
            if !busy, !isOnDelete { roll(nodes) }
            truncate()
        }
        writeStatus(nodes)
    }

    /// The node that an unbound pod of ours is meant for.
    private func target(of pod: PodRecord) -> String {
        let terms = view.document(pod.key)?["spec"]?["affinity"]?["nodeAffinity"]?[
            "requiredDuringSchedulingIgnoredDuringExecution"]?[
                "nodeSelectorTerms"]
        return terms?[0]?["matchFields"]?[0]?["values"]?[0]?.string ?? ""
    }

    // MARK: Revisions

    private mutating func settleRevision() -> Bool {
        if Revision.adopt(for: set, kind: "DaemonSet", selector: LabelSelector(spec["selector"]), view: view, &work) {
            return false
        }
        let revisions = Revision.all(of: set, view: view)
        let wanted = Revision.data(of: template)
        let next = (revisions.map(Revision.number).max() ?? 0) + 1
        if let equal = revisions.last(where: { $0["data"] == wanted }) {
            hash = equal.label(Self.hashLabel) ?? String(equal.objectName.dropFirst(set.objectName.utf8.count + 1))
            if Revision.number(equal) != next - 1 {
                var raised = equal
                raised["revision"] = .int(next)
                work.update("controllerrevisions", raised)
                return false
            }
            return true
        }
        let hash = PodTemplateHash.of(template, collisions: set["status"]?["collisionCount"]?.int)
        var annotations = set.objectAnnotations
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
        work.create(
            "controllerrevisions",
            Revision.make(
                for: set, kind: "DaemonSet", hash: hash, hashLabel: Self.hashLabel, number: next, template: template,
                annotations: annotations))
        return false
    }
    private mutating func truncate() {
        let limit = Int(spec["revisionHistoryLimit"]?.int ?? 10)
        var live: Set<String> = [hash]
        for pods in byNode.values {
            for pod in pods { if let label = pod.labels[Self.hashLabel] { live.insert(label) } }
        }
        let dead = Revision.all(of: set, view: view).filter { !live.contains($0.label(Self.hashLabel) ?? "") }
        if dead.count <= limit { return }
        for revision in dead.prefix(dead.count - limit) {
            work.delete(
                "apps/v1", "controllerrevisions", revision.objectNamespace, revision.objectName, uid: revision.objectUID
            )
        }
    }

    // MARK: Nodes

    private static let addedTolerations: [(key: String, effect: String)] = [
        ("node.kubernetes.io/not-ready", "NoExecute"), ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ]
    private func tolerations() -> [JSON] {
        var out = template["spec"]?["tolerations"]?.elements ?? []
        var added = Self.addedTolerations
        if template["spec"]?["hostNetwork"]?.bool == true {
            added.append(("node.kubernetes.io/network-unavailable", "NoSchedule"))
        }
        for (key, effect) in added
        where !out.contains(where: {
            $0["key"]?.string == key && $0["effect"]?.string == effect && $0["operator"]?.string == "Exists"
        }) {
            out.append(["key": .string(key), "operator": "Exists", "effect": .string(effect)])
        }
        return out
    }

    /// `NodeShouldRunDaemonPod`: whether a pod should start there, and whether one that runs may stay.
    private func fits(_ node: JSON, _ tolerated: [Toleration]) -> (run: Bool, stay: Bool) {
        let podSpec = template["spec"] ?? .null
        if let name = podSpec["nodeName"]?.string, !name.isEmpty, name != node.objectName { return (false, false) }
        var labels: [String: String] = [:]
        for (key, value) in node.objectLabels.stringPairs { labels[key] = value }
        for (key, value) in podSpec["nodeSelector"]?.entries.stringPairs ?? [] where labels[key] != value {
            return (false, false)
        }
        if let required = podSpec["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"] {
            let terms = (required["nodeSelectorTerms"]?.elements ?? []).map(NodeSelectorTerm.init)
            if !NodeSelectorTerm.any(terms, labels: labels, name: node.objectName) { return (false, false) }
        }
        let taints = (node["spec"]?["taints"]?.elements ?? []).map(Taint.init)
        let untolerated = taints.filter { taint in !tolerated.contains { $0.tolerates(taint) } }
        if untolerated.contains(where: { $0.effect == "NoExecute" }) { return (false, false) }
        if untolerated.contains(where: { $0.effect == "NoSchedule" }) { return (false, true) }
        return (true, true)
    }

    // MARK: Pods

    /// Pods where they should be and none where they should not; whether anything was asked for.
    private mutating func manage(_ nodes: [JSON]) -> Bool {
        let tolerated = tolerations().map(Toleration.init)
        var create: [String] = []
        var delete: [PodRecord] = []
        for node in nodes {
            let pods = byNode[node.objectName] ?? []
            let (run, stay) = fits(node, tolerated)
            if run, pods.isEmpty {
                create.append(node.objectName)
            } else if stay {
                var running: [PodRecord] = []
                for pod in pods where pod.deletion == nil {
                    if pod.isFinished {
                        retire(pod, node.objectName, &delete)
                    } else {
                        running.append(pod)
                    }
                }
                running.sort { ($0.creation, $0.name) < ($1.creation, $1.name) }
                if running.count > 1, surge(nodes.count) == 0 {
                    delete += running.dropFirst()
                } else if running.count > 1 {
                    // While surging an old and a new pod share the node; more of a kind are too many.
                    let new = running.filter { $0.labels[Self.hashLabel] == hash }
                    let old = running.filter { $0.labels[Self.hashLabel] != hash }
                    delete += new.dropFirst()
                    delete += old.dropFirst()
                }
            } else {
                delete += pods.filter { $0.deletion == nil }
            }
        }
        let known = Set(nodes.map(\.objectName))
        for (node, pods) in byNode where !known.contains(node) {
            delete += pods.filter { $0.nodeName.isEmpty && $0.deletion == nil }
        }
        send(create: create, delete: delete)
        return !create.isEmpty || !delete.isEmpty
    }

    private mutating func retire(_ pod: PodRecord, _ node: String, _ delete: inout [PodRecord]) {
        if pod.phase == .failed {
            let place = set.objectUID + "/" + node
            if let known = failures[place] {
                let pause = min(Int64(1_000_000) << Int64(min(known.count - 1, 10)), 900_000_000)
                let left = known.last.adding(microseconds: pause).since(work.now)
                if left > 0 {
                    work.requeue(after: left)
                    return
                }
            }
            failures[place] = ((failures[place]?.count ?? 0) + 1, work.now)
            work.note(
                EventNote(
                    set, "FailedDaemonPod",
                    "Found failed daemon pod \(pod.namespace)/\(pod.name) on node \(node), will try to kill it",
                    warning: true))
        } else {
            work.note(
                EventNote(
                    set, "SucceededDaemonPod",
                    "Found succeeded daemon pod \(pod.namespace)/\(pod.name) on node \(node), will try to delete it"))
        }
        delete.append(pod)
    }

    private func surge(_ nodes: Int) -> Int { rolling?["maxSurge"]?.scaled(of: nodes, up: true) ?? 0 }
    private func isAvailable(_ pod: PodRecord) -> Bool { pod.isAvailable(minReadySeconds: minReady, now: work.now) }

    private mutating func roll(_ nodes: [JSON]) {
        let tolerated = tolerations().map(Toleration.init)
        let desired = nodes.filter { fits($0, tolerated).run }.count
        let surge = surge(desired)
        let unavailableMax =
            surge > 0 && rolling?["maxUnavailable"] == nil
            ? 0 : rolling?["maxUnavailable"]?.scaled(of: desired, up: true) ?? 1
        var unavailable = 0
        var surging = 0
        var replace: [PodRecord] = []
        var candidates: [PodRecord] = []
        var newNodes: [String] = []
        var newCandidates: [String] = []
        for node in nodes {
            guard let pods = byNode[node.objectName] else { continue }
            let live = pods.filter { $0.deletion == nil }
            let new = live.filter { $0.labels[Self.hashLabel] == hash }
            let old = live.filter { $0.labels[Self.hashLabel] != hash }
            if new.count > 1 || old.count > 1 {
                unavailable += 1
                surging += 1
                continue
            }
            if surge == 0 {
                if let pod = new.first {
                    if !isAvailable(pod) { unavailable += 1 }
                } else if let pod = old.first {
                    if !isAvailable(pod) { replace.append(pod) } else { candidates.append(pod) }
                } else {
                    unavailable += 1
                }
            } else if let pod = old.first {
                if let fresh = new.first {
                    if isAvailable(fresh) { replace.append(pod) } else { surging += 1 }
                } else if !isAvailable(pod) {
                    newNodes.append(node.objectName)
                } else {
                    newCandidates.append(node.objectName)
                }
            }
        }
        if surge == 0 {
            send(create: [], delete: replace + candidates.prefix(max(0, unavailableMax - unavailable)))
        } else {
            send(create: newNodes + newCandidates.prefix(max(0, surge - surging)), delete: replace)
        }
    }

    private mutating func send(create: [String], delete: [PodRecord]) {
        if create.isEmpty, delete.isEmpty { return }
        work.decision = [
            "controller": "daemonset-controller", "creating": .array(create.map { .string($0) }),
            "deleting": .array(delete.map { .string($0.name) }),
        ]
        var pod = PodTemplate.pod(
            from: template, namespace: set.objectNamespace, generateName: set.objectName + "-",
            owner: OwnerReference.controller(of: set, apiVersion: "apps/v1", kind: "DaemonSet"))
        pod["metadata", "labels", Self.hashLabel] = .string(hash)
        pod["metadata", "labels", "pod-template-generation"] = .string(
            set.annotation("deprecated.daemonset.template.generation") ?? String(set.objectGeneration))
        pod["spec", "tolerations"] = .array(tolerations())
        for node in create.prefix(Self.burst) {
            var placed = pod
            let field: JSON = ["key": "metadata.name", "operator": "In", "values": [.string(node)]]
            let path = [
                "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
                "nodeSelectorTerms",
            ]
            // The node was chosen by the terms that stood here: they have had their say.
            placed[path] = [["matchFields": [field]]]
            work.create(
                "pods", placed, success: EventNote(set, "SuccessfulCreate", "Created pod: {}"),
                failure: EventNote(set, "FailedCreate", "Error creating: {}", warning: true))
        }
        for pod in delete.prefix(Self.burst) {
            work.delete(
                "v1", "pods", pod.namespace, pod.name, uid: pod.uid,
                success: EventNote(set, "SuccessfulDelete", "Deleted pod: " + pod.name))
        }
    }

    // MARK: Status

    private mutating func writeStatus(_ nodes: [JSON]) {
        let tolerated = tolerations().map(Toleration.init)
        var (desired, current, misscheduled, ready, updated, available) = (0, 0, 0, 0, 0, 0)
        var next: Int64 = .max
        for node in nodes {
            let pods = byNode[node.objectName] ?? []
            if fits(node, tolerated).run {
                desired += 1
                guard let pod = pods.min(by: { ($0.creation, $0.name) < ($1.creation, $1.name) }) else { continue }
                current += 1
                if pod.isReady {
                    ready += 1
                    if isAvailable(pod) {
                        available += 1
                    } else if let since = pod.readySince {
                        next = min(next, since.adding(seconds: minReady).since(work.now))
                    }
                }
                if pod.labels[Self.hashLabel] == hash { updated += 1 }
            } else if !pods.isEmpty {
                misscheduled += 1
            }
        }
        if next != .max { work.requeue(after: next) }
        var status = set["status"] ?? .object(JSONObject())
        status["desiredNumberScheduled"] = .int(Int64(desired))
        status["currentNumberScheduled"] = .int(Int64(current))
        status["numberMisscheduled"] = .int(Int64(misscheduled))
        status["numberReady"] = .int(Int64(ready))
        status.setUnlessZero("updatedNumberScheduled", updated)
        status.setUnlessZero("numberAvailable", available)
        status.setUnlessZero("numberUnavailable", desired - available)
        status["observedGeneration"] = .int(set.objectGeneration)
        if status == set["status"] { return }
        var changed = set
        changed["status"] = status
        work.update("daemonsets", changed, subresource: "status", tolerating: [404])
    }
}
