import ClusterState
import Document
import Records
import Schema

/// Rollouts that failed or stand still, Services without endpoints, claims that are not bound.
extension StateExamination {
    func workloads(_ visibility: inout Visibility) -> [Finding] {
        var found: [Finding] = []
        for (stored, tree) in objects("deployments", group: "apps", &visibility) { found += deployment(stored, tree) }
        for resource in ["statefulsets", "daemonsets", "replicasets"] {
            for (stored, tree) in objects(resource, group: "apps", &visibility) { found += set(stored, tree) }
        }
        for (stored, tree) in objects("jobs", group: "batch", &visibility) {
            guard let failed = ObjectTrouble.condition(tree, "Failed"), failed["status"] == "True" else { continue }
            found.append(
                workload(
                    .warning, "FailedJob", stored, "failed: \(failed["reason"]?.string ?? "")",
                    [failed["message"]?.string ?? ""]))
        }
        return found
    }

    private func workload(
        _ severity: Finding.Severity, _ kind: String, _ stored: StoredObject, _ text: String, _ evidence: [String]
    ) -> Finding {
        let name = Ink.object(reference(stored))
        return Finding(
            severity: severity, kind: kind, title: "\(name) \(text)", objects: [reference(stored)],
            evidence: evidence.filter { !$0.isEmpty }, revision: stored.revision, command: "reckon why \(name)")
    }

    private func deployment(_ stored: StoredObject, _ tree: JSON) -> [Finding] {
        let wanted = tree["spec", "replicas"]?.int ?? 1
        let available = tree["status", "availableReplicas"]?.int ?? 0
        let counts =
            "\(available) of \(wanted) replicas available, \(tree["status", "updatedReplicas"]?.int ?? 0) of the new version"
        let history = ["reckon history \(Ink.object(reference(stored))) --diff shows what changed before"]
        if let failure = ObjectTrouble.condition(tree, "ReplicaFailure"), failure["status"] == "True" {
            return [
                workload(
                    .critical, "FailedRollout", stored, "cannot make its pods (\(failure["reason"]?.string ?? ""))",
                    [failure["message"]?.string ?? "", counts])
            ]
        }
        let progressing = ObjectTrouble.condition(tree, "Progressing")
        if let progressing, progressing["status"] == "False" {
            return [
                workload(
                    .critical, "FailedRollout", stored, "failed to roll out (\(progressing["reason"]?.string ?? ""))",
                    [progressing["message"]?.string ?? "", counts] + history)
            ]
        }
        guard available < wanted || (tree["status", "updatedReplicas"]?.int ?? 0) < wanted,
            tree["spec", "paused"] != true
        else { return [] }
        let age = since(progressing?["lastUpdateTime"]) ?? since(tree["metadata", "creationTimestamp"]) ?? 0
        guard age > Self.minute else { return [] }
        return [
            workload(
                available == 0 ? .critical : .warning, "StuckRollout", stored,
                "has made no progress for \(Ink.span(age))", [counts] + history)
        ]
    }

    private func set(_ stored: StoredObject, _ tree: JSON) -> [Finding] {
        if stored.key.resource == "replicasets" {
            guard let failure = ObjectTrouble.condition(tree, "ReplicaFailure"), failure["status"] == "True",
                stored.ownerUIDs.isEmpty
            else { return [] }
            return [
                workload(.critical, "FailedRollout", stored, "cannot make its pods", [failure["message"]?.string ?? ""])
            ]
        }
        let isDaemonSet = stored.key.resource == "daemonsets"
        let wanted =
            isDaemonSet ? tree["status", "desiredNumberScheduled"]?.int ?? 0 : tree["spec", "replicas"]?.int ?? 1
        let ready = tree["status", isDaemonSet ? "numberReady" : "readyReplicas"]?.int ?? 0
        let age = since(tree["metadata", "creationTimestamp"]) ?? 0
        guard ready < wanted, age > Self.minute else { return [] }
        return [
            workload(
                ready == 0 ? .critical : .warning, "StuckRollout", stored, "has \(ready) of \(wanted) pods ready",
                [warning(stored) ?? ""])
        ]
    }

    // MARK: services and storage

    func services(_ visibility: inout Visibility) -> [Finding] {
        objects("services", &visibility).compactMap { stored, tree -> Finding? in
            let selector = tree["spec", "selector"]?.entries.stringPairs ?? []
            guard !selector.isEmpty, tree["spec", "type"] != "ExternalName" else { return nil }
            let slices = state.objects(
                GroupResource(group: "discovery.k8s.io", resource: "endpointslices"), namespace: stored.key.namespace,
                label: ("kubernetes.io/service-name", stored.key.name))
            let endpoints = slices.flatMap { $0.document["endpoints"]?.elements ?? [] }
            if endpoints.contains(where: { $0["conditions", "ready"] != false }) { return nil }
            let pods = state.objects(
                GroupResource(resource: "pods"), namespace: stored.key.namespace, label: selector[0]
            ).filter { pod in selector.allSatisfy { pod.label($0.key) == $0.value } }
            let labels = selector.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            let text = pods.isEmpty ? "no pod has the labels \(labels)" : "none of its \(pods.count) pods is ready"
            let name = Ink.object(reference(stored))
            return Finding(
                severity: .warning, kind: "NoEndpoints", title: "\(name) has no endpoints: \(text)",
                objects: [reference(stored)], revision: stored.revision,
                command: pods.isEmpty
                    ? "reckon blame \(name) --field spec.selector"
                    : "kubectl get pods -n \(stored.key.namespace) -l \(labels)")
        }
    }

    func storage(_ visibility: inout Visibility) -> [Finding] {
        objects("persistentvolumeclaims", &visibility).compactMap { stored, tree -> Finding? in
            let phase = tree["status", "phase"]?.string ?? "Pending"
            guard phase != "Bound", (since(tree["metadata", "creationTimestamp"]) ?? 0) > Self.minute / 2 else {
                return nil
            }
            let name = Ink.object(reference(stored))
            let storageClass = tree["spec", "storageClassName"]?.string
            return Finding(
                severity: .warning, kind: "UnboundClaim", title: "\(name) is \(phase == "Lost" ? "lost" : "not bound")",
                objects: [reference(stored)],
                evidence: [warning(stored) ?? "storage class \(storageClass ?? "not named, and no default")"],
                revision: stored.revision, command: "kubectl describe \(name)")
        }
    }
}
