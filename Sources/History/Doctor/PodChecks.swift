import ClusterState
import Document
import Records

/// Pods that crash, cannot get their image, are not scheduled, never become ready, or failed.
extension StateExamination {
    func pods(_ visibility: inout Visibility) -> [Finding] {
        var groups = PodGroups()
        for (stored, pod) in objects("pods", &visibility) where pod["metadata", "deletionTimestamp"] == nil {
            let owner = owner(pod, stored.key)
            if let waiting = Self.waiting(pod) {
                let isImage = waiting.reason.contains("Image")
                groups.add(
                    isImage ? "ImagePull" : waiting.reason == "CrashLoopBackOff" ? "CrashingPods" : "WaitingContainers",
                    owner, waiting.reason, stored, evidence: waiting.evidence)
            } else if let message = unschedulable(pod) {
                // Pods of one owner that lack the same thing are one finding.
                groups.add("Unschedulable", owner, message, stored, evidence: "")
            } else if let restarts = Self.restarts(pod), restarts.count >= 3 {
                groups.add("RestartingPods", owner, "restarts", stored, evidence: restarts.evidence)
            } else if pod["status", "phase"] == "Failed", !owner.hasPrefix("job/") {
                groups.add(
                    "FailedPods", owner, pod["status", "reason"]?.string ?? "Failed", stored,
                    evidence: pod["status", "message"]?.string ?? "")
            } else if pod["status", "phase"] == "Running",
                let ready = ObjectTrouble.condition(pod, "Ready"), ready["status"] == "False",
                let age = since(ready["lastTransitionTime"]), age > 2 * Self.minute
            {
                groups.add(
                    "NotReady", owner, "not ready for \(Ink.span(age))", stored,
                    evidence: ready["message"]?.string ?? "")
            }
        }
        return groups.found.map(finding)
    }

    private func finding(_ group: PodGroups.Group) -> Finding {
        let first = group.pods[0]
        let many = group.pods.count > 1 ? "\(group.pods.count) pods" : "pod \(first.key.name)"
        let of = group.owner.hasPrefix("pod/") ? " -n \(first.key.namespace)" : " of \(group.owner)"
        let (severity, says): (Finding.Severity, String) =
            switch group.kind {
            case "CrashingPods": (.critical, "crash\(group.pods.count > 1 ? "" : "es") again and again")
            case "ImagePull":
                (.critical, "cannot get \(group.pods.count > 1 ? "their" : "its") image (\(group.reason))")
            case "WaitingContainers": (.warning, "wait\(group.pods.count > 1 ? "" : "s"): \(group.reason)")
            case "Unschedulable": (.critical, "cannot be scheduled: \(group.reason)")
            case "RestartingPods": (.warning, "restarted repeatedly")
            case "FailedPods": (.notice, "failed (\(group.reason))")
            default: (.warning, "\(group.pods.count > 1 ? "are" : "is") \(group.reason)")
            }
        var evidence = group.evidence.filter { !$0.isEmpty }.prefix(2).map { $0 }
        if evidence.isEmpty, group.kind != "Unschedulable", let warning = warning(first) { evidence.append(warning) }
        return Finding(
            severity: severity, kind: group.kind, title: "\(many)\(of) \(says)", objects: group.pods.map(reference),
            evidence: evidence, count: group.pods.count, revision: group.pods.map(\.revision).max(),
            command: "reckon why pod/\(first.key.name) -n \(first.key.namespace)")
    }

    private static func waiting(_ pod: JSON) -> (reason: String, evidence: String)? {
        for container in ObjectTrouble.containers(pod) {
            guard let waiting = container["state", "waiting"], let reason = waiting["reason"]?.string,
                !["ContainerCreating", "PodInitializing", ""].contains(reason)
            else { continue }
            var parts = ["container \(container["name"]?.string ?? "")"]
            if let restarts = container["restartCount"]?.int, restarts > 0 { parts.append("\(restarts) restarts") }
            if let code = container["lastState", "terminated", "exitCode"]?.int {
                parts.append("last exit code \(code) \(container["lastState", "terminated", "reason"]?.string ?? "")")
            }
            if let message = waiting["message"]?.string, !message.isEmpty { parts.append(message) }
            return (reason, parts.joined(separator: ", "))
        }
        return nil
    }

    private static func restarts(_ pod: JSON) -> (count: Int64, evidence: String)? {
        let worst = ObjectTrouble.containers(pod).max {
            ($0["restartCount"]?.int ?? 0) < ($1["restartCount"]?.int ?? 0)
        }
        guard let worst, let count = worst["restartCount"]?.int else { return nil }
        let last = worst["lastState", "terminated"]
        return (
            count,
            "container \(worst["name"]?.string ?? "") \(count) times"
                + (last == nil ? "" : ", last \(last?["reason"]?.string ?? "") with \(last?.number("exitCode") ?? "")")
        )
    }

    /// The reasons without what differs from pod to pod.
    private func unschedulable(_ pod: JSON) -> String? {
        guard let condition = ObjectTrouble.condition(pod, "PodScheduled"), condition["status"] == "False" else {
            return nil
        }
        let message = condition["message"]?.string ?? condition["reason"]?.string ?? ""
        // What preemption has to add is rarely of use.
        let end = message.firstRange(of: " preemption:")?.lowerBound ?? message.endIndex
        return String(message[..<end]).replacing(" no new claims to deallocate,", with: "")
    }
}

/// Pods with the same trouble and the same owner.
private struct PodGroups {
    struct Group {
        let kind: String
        let owner: String
        let reason: String
        var pods: [StoredObject]
        var evidence: [String]
    }
    private(set) var found: [Group] = []

    mutating func add(_ kind: String, _ owner: String, _ reason: String, _ pod: StoredObject, evidence: String) {
        if let i = found.firstIndex(where: { $0.kind == kind && $0.owner == owner && $0.reason == reason }) {
            found[i].pods.append(pod)
            if !found[i].evidence.contains(evidence) { found[i].evidence.append(evidence) }
        } else {
            found.append(Group(kind: kind, owner: owner, reason: reason, pods: [pod], evidence: [evidence]))
        }
    }
}
