import Document
import Records

extension Rollout {
    /// `DeploymentComplete`.
    func isComplete(_ status: JSON) -> Bool {
        let count = { (field: String) in Int(status[field]?.int ?? 0) }
        return count("updatedReplicas") == wanted && count("replicas") == wanted && count("availableReplicas") == wanted
            && status["observedGeneration"]?.int ?? 0 >= deployment.objectGeneration
    }
    private func isProgressing(_ status: JSON) -> Bool {
        let before = original["status"] ?? .null
        let count = { (of: JSON, field: String) in Int(of[field]?.int ?? 0) }
        let oldOld = count(before, "replicas") - count(before, "updatedReplicas")
        let newOld = count(status, "replicas") - count(status, "updatedReplicas")
        return count(status, "updatedReplicas") > count(before, "updatedReplicas") || newOld < oldOld
            || count(status, "readyReplicas") > count(before, "readyReplicas")
            || count(status, "availableReplicas") > count(before, "availableReplicas")
    }

    /// `syncRolloutStatus` and `syncDeploymentStatus`: the counts, Available, Progressing and ReplicaFailure.
    mutating func writeStatus() {
        var status = deployment["status"] ?? .object(JSONObject())
        let every = all
        let available = total(every, "availableReplicas")
        let replicas = total(every, "replicas")
        status["observedGeneration"] = .int(deployment.objectGeneration)
        status.setUnlessZero("replicas", replicas)
        status.setUnlessZero("updatedReplicas", new.map { Self.status($0, "replicas") } ?? 0)
        status.setUnlessZero("readyReplicas", total(every, "readyReplicas"))
        status.setUnlessZero("availableReplicas", available)
        status.setUnlessZero("unavailableReplicas", max(0, totalWanted(every) - available))
        status["terminatingReplicas"] = .int(Int64(total(every, "terminatingReplicas")))
        deployment["status"] = status
        if available >= wanted - maxUnavailable {
            set("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            set("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        }
        if !isPaused, !isScalingLook, !deployment.isBeingDeleted { writeProgress() }
        writeFailure()
        guard deployment["status"] != original["status"] || deployment["metadata"] != original["metadata"] else {
            requeueForDeadline()
            return
        }
        work.update("deployments", deployment, subresource: "status", tag: "status", tolerating: [404])
        requeueForDeadline()
    }
    /// A scaling event writes the counts without judging progress.
    private var isScalingLook: Bool { false }

    private mutating func writeProgress() {
        let status = deployment["status"] ?? .null
        if progressDeadline == nil {
            var bare = status
            Conditions.remove(&bare, "Progressing")
            deployment["status"] = bare
            return
        }
        let condition = Conditions.find(status, "Progressing")
        let isDone =
            Int(status["replicas"]?.int ?? 0) == Int(status["updatedReplicas"]?.int ?? 0)
            && condition?["reason"]?.string == "NewReplicaSetAvailable"
        if isDone { return }
        let subject = new.map { "ReplicaSet \"\($0.objectName)\"" } ?? "Deployment \"\(deployment.objectName)\""
        if isComplete(status) {
            set("Progressing", "True", "NewReplicaSetAvailable", subject + " has successfully progressed.")
        } else if isProgressing(status) {
            var changed = status
            let old = condition
            let value = "True"
            if old?["status"]?.string == value {
                // The transition time stays, the update time moves: that is what the deadline counts from.
                var entry = old ?? .null
                entry["reason"] = "ReplicaSetUpdated"
                entry["message"] = .string(subject + " is progressing.")
                entry["lastUpdateTime"] = .string(now.rfc3339)
                Conditions.remove(&changed, "Progressing")
                changed["conditions"] = .array((changed["conditions"]?.elements ?? []) + [entry])
                deployment["status"] = changed
            } else {
                set("Progressing", value, "ReplicaSetUpdated", subject + " is progressing.")
            }
        } else if isTimedOut(condition) {
            set("Progressing", "False", "ProgressDeadlineExceeded", subject + " has timed out progressing.")
        }
    }

    private func isTimedOut(_ condition: JSON?) -> Bool {
        guard let condition, let deadline = progressDeadline else { return false }
        switch condition["reason"]?.string {
        case "NewReplicaSetAvailable", "DeploymentPaused": return false
        case "ProgressDeadlineExceeded": return true
        default: break
        }
        guard let updated = condition.time("lastUpdateTime") else { return false }
        return updated.adding(seconds: deadline) < now
    }

    private mutating func requeueForDeadline() {
        guard let deadline = progressDeadline, !isPaused,
            let condition = Conditions.find(deployment["status"], "Progressing")
        else { return }
        if isComplete(deployment["status"] ?? .null) { return }
        switch condition["reason"]?.string {
        case "NewReplicaSetAvailable", "DeploymentPaused", "ProgressDeadlineExceeded": return
        default: break
        }
        guard let updated = condition.time("lastUpdateTime") else { return }
        work.requeue(after: updated.adding(seconds: deadline + 1).since(now))
    }

    /// The failure of any set, the new one's first.
    private mutating func writeFailure() {
        var status = deployment["status"] ?? .null
        let failed = ([new].compactMap { $0 } + old).compactMap { Conditions.find($0["status"], "ReplicaFailure") }
            .first
        guard let failed else {
            Conditions.remove(&status, "ReplicaFailure")
            deployment["status"] = status
            return
        }
        set(
            "ReplicaFailure", failed["status"]?.string ?? "True", failed["reason"]?.string ?? "",
            failed["message"]?.string ?? "")
    }

    /// Old sets beyond `revisionHistoryLimit` go, oldest first.
    mutating func cleanUp() {
        guard let limit = spec["revisionHistoryLimit"]?.int, limit != Int64(Int32.max) else { return }
        let removable = old.filter { !$0.isBeingDeleted }
        let excess = removable.count - Int(limit)
        if excess <= 0 { return }
        let ordered = removable.sorted { a, b in
            let (x, y) = (Revisions.of(a), Revisions.of(b))
            return x != y ? x < y : older(a, b)
        }
        for set in ordered.prefix(excess) {
            if Self.status(set, "replicas") != 0 || Self.replicas(set) != 0
                || set["status"]?["observedGeneration"]?.int ?? 0 < set.objectGeneration
            {
                continue
            }
            decide("delete \(set.objectName) beyond the history limit")
            work.delete("apps/v1", "replicasets", set.objectNamespace, set.objectName, uid: set.objectUID)
        }
    }

    /// The rollback annotation of extensions/v1beta1 clients: back to the template of a revision.
    mutating func rollBack() {
        syncRevision(create: false)
        let asked = deployment.annotation(Revisions.rollback).flatMap { Int64($0) } ?? 0
        let numbers = sets.map(Revisions.of).sorted()
        let target = asked != 0 ? asked : (numbers.count > 1 ? numbers[numbers.count - 2] : 0)
        var changed = deployment
        changed["metadata", "annotations", Revisions.rollback] = nil
        if target == 0 {
            work.note(
                EventNote(
                    deployment, "DeploymentRollbackRevisionNotFound", "Unable to find last revision.", warning: true))
        } else if let set = sets.first(where: { Revisions.of($0) == target }) {
            if Revisions.equalTemplates(set["spec"]?["template"], spec["template"]) {
                work.note(
                    EventNote(
                        deployment, "DeploymentRollbackTemplateUnchanged",
                        "The rollback revision contains the same template as current deployment \"\(deployment.objectName)\"",
                        warning: true))
            } else {
                var template = set["spec"]?["template"] ?? .null
                template["metadata", "labels", Revisions.hashLabel] = nil
                changed["spec", "template"] = template
                Revisions.copy(from: set, to: &changed)
                work.note(
                    EventNote(
                        deployment, "DeploymentRollback",
                        "Rolled back deployment \"\(deployment.objectName)\" to revision \(target)"))
            }
        } else {
            work.note(
                EventNote(
                    deployment, "DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to.",
                    warning: true))
        }
        changed["status"] = original["status"]
        work.update("deployments", changed)
    }
}
