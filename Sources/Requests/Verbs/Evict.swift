import Admission
import ClusterState
import Document
import Records
import Schema

extension Write {
    /// `pods/eviction`: deletes a pod unless a PodDisruptionBudget has no disruption left.
    mutating func evict() throws(APIError) -> Decision {
        let pods = GroupResource(resource: "pods")
        let name = command.name
        let kind = GroupVersionKind(group: "policy", version: "v1", kind: "Eviction")
        var eviction = try SentObject.read(command.body, as: kind, in: ground.catalog)
        if eviction["metadata", "name"]?.string ?? "" != name {
            throw APIError.badRequest("name in URL does not match name in Eviction object")
        }
        var admission = try admit(.create, &eviction, old: .null, name: name)
        try validate(&admission, eviction)
        guard let existing = ground.state.object(pods, command.namespace, name) else {
            throw APIError.notFound(pods, name)
        }
        let pod = existing.document
        guard let podType = ground.catalog.resource(apiVersion: "v1", "pods") else {
            throw APIError.notFound(pods, name)
        }
        var deletion = command
        deletion.verb = .delete
        deletion.type = podType
        deletion.subresource = ""
        deletion.body = .null
        let options = eviction["deleteOptions"] ?? .null
        deletion.deletion = try DeleteOptions(Query(), body: options.isNull ? nil : options)
        if deletion.deletion.isDryRun { deletion.isDryRun = true }

        var budgetChange: (Change, JSON)?
        if needsBudget(pod) {
            let budgets = ground.state.objects(
                GroupResource(group: "policy", resource: "poddisruptionbudgets"), namespace: command.namespace
            )
            .map { ($0, $0.document) }
            .filter { LabelMatch.matches($0.1["spec", "selector"], existing.labels) }
            if budgets.count > 1 {
                throw APIError(
                    code: 500, reason: "",
                    message:
                        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
                )
            }
            if let (stored, budget) = budgets.first, !isUnhealthyAndFree(pod, budget) {
                budgetChange = try take(stored, budget, name)
            }
        }
        var removal = Write(deletion, ground)
        let now = command.now
        let removed = try removal.remove(existing, isAdmitted: false) { pod in Self.markDisrupted(&pod, now) }
        warnings += removal.warnings
        let status: JSON = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]
        var changes: [(Change, JSON)] = []
        if let budgetChange, !deletion.isDryRun { changes.append(budgetChange) }
        if let change = removed.change { changes.append((change, removed.object)) }
        return decision(201, status, changes)
    }

    /// Why the pod ends, for whoever replaces it: Kubernetes' `DisruptionTarget`.
    private static func markDisrupted(_ pod: inout JSON, _ now: Timestamp) {
        var conditions = (pod["status", "conditions"]?.elements ?? []).filter { $0["type"] != "DisruptionTarget" }
        conditions.append([
            "type": "DisruptionTarget", "status": "True", "lastTransitionTime": .string(now.rfc3339),
            "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
        ])
        pod["status", "conditions"] = .array(conditions)
    }

    /// A pod that has ended, waits, or is going already costs no disruption.
    private func needsBudget(_ pod: JSON) -> Bool {
        let phase = pod["status", "phase"]?.string ?? ""
        return phase != "Succeeded" && phase != "Failed" && phase != "Pending"
            && pod["metadata", "deletionTimestamp"] == nil
    }

    private func isUnhealthyAndFree(_ pod: JSON, _ budget: JSON) -> Bool {
        let ready =
            pod["status", "conditions"]?.elements.contains { $0["type"] == "Ready" && $0["status"] == "True" } ?? false
        if ready { return false }
        if budget["spec", "unhealthyPodEvictionPolicy"] == "AlwaysAllow" { return true }
        let status = budget["status"] ?? .null
        return (status["currentHealthy"]?.int ?? 0) >= (status["desiredHealthy"]?.int ?? 0)
            && (status["desiredHealthy"]?.int ?? 0) > 0
    }

    /// Counts one disruption against a budget, or refuses with 429.
    private func take(_ stored: StoredObject, _ budget: JSON, _ pod: String) throws(APIError) -> (Change, JSON) {
        let name = stored.key.name
        func tooMany(_ detail: String, retry: Int? = nil) -> APIError {
            APIError(
                code: 429, reason: "TooManyRequests",
                message: "Cannot evict pod as it would violate the pod's disruption budget.",
                causes: [.init(reason: "DisruptionBudget", message: detail)], retryAfterSeconds: retry)
        }
        let status = budget["status"] ?? .null
        let allowed = status["disruptionsAllowed"]?.int ?? 0
        if (status["observedGeneration"]?.int ?? 0) < (budget["metadata", "generation"]?.int ?? 0) {
            throw tooMany("The disruption budget \(name) is still being processed by the server.", retry: 10)
        }
        if allowed <= 0 {
            let needs = status["desiredHealthy"]?.int ?? 0
            let has = status["currentHealthy"]?.int ?? 0
            throw tooMany("The disruption budget \(name) needs \(needs) healthy pods and has \(has) currently")
        }
        var changed = budget
        changed["status", "disruptionsAllowed"] = .int(allowed - 1)
        changed["status", "disruptedPods", pod] = .string(command.now.rfc3339)
        changed["metadata", "resourceVersion"] = .string(resourceVersion)
        return (
            Change(
                kind: .updated, key: stored.key, uid: stored.uid, previousRevision: stored.revision,
                body: changed.encoded()), changed
        )
    }
}

/// A LabelSelector object against labels, for rules that look up objects by it.
enum LabelMatch {
    /// nil matches nothing; an empty selector matches everything.
    static func matches(_ selector: JSON?, _ labels: [(key: String, value: String)]) -> Bool {
        guard let selector else { return false }
        func value(_ key: String) -> String? { labels.first { $0.key == key }?.value }
        for wanted in selector["matchLabels"]?.entries.stringPairs ?? [] where value(wanted.key) != wanted.value {
            return false
        }
        for expression in selector["matchExpressions"]?.elements ?? [] {
            let found = value(expression["key"]?.string ?? "")
            let values = expression["values"]?.strings ?? []
            switch expression["operator"]?.string ?? "" {
            case "In": if found.map(values.contains) != true { return false }
            case "NotIn": if found.map(values.contains) == true { return false }
            case "Exists": if found == nil { return false }
            case "DoesNotExist": if found != nil { return false }
            default: return false
            }
        }
        return true
    }
}
