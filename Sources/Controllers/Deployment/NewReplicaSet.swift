import Document
import Records

extension Rollout {
    /// `getNewReplicaSet`: numbers the new set's revision, and asks for the set when there is none and `create` says so.
    mutating func syncRevision(create: Bool) {
        let revision = String((old.map(Revisions.of).max() ?? 0) + 1)
        if let existing = new {
            var changed = existing
            let annotated = Revisions.setNew(&changed, deployment: deployment, revision: revision, exists: true)
            if annotated || changed["spec"]?["minReadySeconds"]?.int ?? 0 != minReady {
                changed["spec", "minReadySeconds"] = minReady == 0 ? Optional.none : .int(minReady)
                put(changed, nil)
            }
            let current = changed.annotation(Revisions.revision) ?? ""
            if deployment.annotation(Revisions.revision) != current, !current.isEmpty {
                deployment.setAnnotation(Revisions.revision, current)
            }
            if progressDeadline != nil, Conditions.find(deployment["status"], "Progressing") == nil {
                set("Progressing", "True", "FoundNewReplicaSet", "Found new replica set \"\(existing.objectName)\"")
            }
            return
        }
        guard create else { return }
        let template = spec["template"] ?? .null
        let collisions = deployment["status"]?["collisionCount"]?.int
        let hash = PodTemplateHash.of(template, collisions: collisions)
        let name = deployment.objectName + "-" + hash
        if let clash = view.document(.replicaSets, deployment.objectNamespace, name) {
            if clash.controllerReference?.uid == deployment.objectUID { return }
            // The name is somebody else's: another hash next time.
            deployment["status", "collisionCount"] = .int((collisions ?? 0) + 1)
            return
        }
        var labelled = template
        labelled["metadata", "labels", Revisions.hashLabel] = .string(hash)
        var selector = spec["selector"] ?? .null
        selector["matchLabels", Revisions.hashLabel] = .string(hash)
        var metadata: JSON = [
            "name": .string(name), "namespace": .string(deployment.objectNamespace),
            "ownerReferences": [OwnerReference.controller(of: deployment, apiVersion: "apps/v1", kind: "Deployment")],
        ]
        metadata["labels"] = labelled["metadata", "labels"]
        var made: JSON = [
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata,
            "spec": ["selector": selector, "template": labelled],
        ]
        if minReady != 0 { made["spec", "minReadySeconds"] = .int(minReady) }
        let count = newReplicaCount(of: made, current: 0)
        made["spec", "replicas"] = .int(Int64(count))
        _ = Revisions.setNew(&made, deployment: deployment, revision: revision, exists: false)
        Revisions.setReplicas(&made, desired: wanted, max: wanted + limits.surge)
        if adopting {
            // The sets to be adopted count in the next look.
            work.retry = true
            return
        }
        decide("create \(name) with \(count)")
        work.create(
            "replicasets", made,
            success: count > 0
                ? EventNote(deployment, "ScalingReplicaSet", "Scaled up replica set \(name) from 0 to \(count)") : nil,
            failure: EventNote(
                deployment, "ReplicaSetCreateError", "Failed to create new replica set \"\(name)\": {}", warning: true))
        new = made
        if deployment.annotation(Revisions.revision) != revision {
            deployment.setAnnotation(Revisions.revision, revision)
        }
        if progressDeadline != nil {
            set("Progressing", "True", "NewReplicaSetCreated", "Created new replica set \"\(name)\"")
        }
    }

    /// `NewRSNewReplicas`: as many as the surge leaves room for.
    func newReplicaCount(of set: JSON, current: Int) -> Int {
        guard isRolling else { return wanted }
        let total = totalWanted(old) + current
        let most = wanted + limits.surge
        if total >= most { return current }
        return current + min(most - total, wanted - current)
    }
}
