import Document

/// The annotations by which a Deployment and its ReplicaSets count revisions, and what is copied between them.
enum Revisions {
    static let revision = "deployment.kubernetes.io/revision"
    static let history = "deployment.kubernetes.io/revision-history"
    static let desired = "deployment.kubernetes.io/desired-replicas"
    static let max = "deployment.kubernetes.io/max-replicas"
    static let rollback = "deprecated.deployment.rollback.to"
    static let hashLabel = "pod-template-hash"
    private static let notCopied: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", revision, history, desired, max, rollback,
    ]

    static func of(_ object: JSON) -> Int64 { object.annotation(revision).flatMap { Int64($0) } ?? 0 }

    /// `SetNewReplicaSetAnnotations`: whether anything changed. The history is limited to 2000 characters.
    static func setNew(_ set: inout JSON, deployment: JSON, revision new: String, exists: Bool) -> Bool {
        var changed = copy(from: deployment, to: &set)
        let old = set.annotation(revision)
        let oldNumber = old.flatMap { Int64($0) } ?? 0
        guard let newNumber = Int64(new) else { return changed }
        if oldNumber < newNumber {
            set.setAnnotation(revision, new)
            changed = true
            if let old, exists || !old.isEmpty, oldNumber > 0 {
                var parts = (set.annotation(history) ?? "").split(separator: ",").map(String.init)
                parts.append(old)
                while parts.joined(separator: ",").utf8.count > 2000 { parts.removeFirst() }
                set.setAnnotation(history, parts.joined(separator: ","))
            }
        }
        if !exists, setReplicas(&set, desired: Int(deployment["spec"]?["replicas"]?.int ?? 1), max: 0) {
            changed = true
        }
        return changed
    }

    @discardableResult
    static func copy(from deployment: JSON, to set: inout JSON) -> Bool {
        var changed = false
        for (key, value) in deployment.objectAnnotations.stringPairs where !notCopied.contains(key) {
            if set.annotation(key) != value {
                set.setAnnotation(key, value)
                changed = true
            }
        }
        return changed
    }

    @discardableResult
    static func setReplicas(_ set: inout JSON, desired wanted: Int, max most: Int) -> Bool {
        var changed = false
        for (key, value) in [(desired, wanted), (max, most)] where set.annotation(key) != String(value) {
            set.setAnnotation(key, String(value))
            changed = true
        }
        return changed
    }
    static func replicasNeedUpdate(_ set: JSON, desired wanted: Int, max most: Int) -> Bool {
        set.annotation(desired) != String(wanted) || set.annotation(max) != String(most)
    }

    /// Templates are equal when only the hash label differs.
    static func equalTemplates(_ a: JSON?, _ b: JSON?) -> Bool { bare(a) == bare(b) }
    private static func bare(_ template: JSON?) -> JSON {
        var out = template ?? .null
        out["metadata", "labels", hashLabel] = nil
        if out["metadata"]?["labels"]?.isEmptyValue == true { out["metadata", "labels"] = nil }
        if out["metadata"]?["creationTimestamp"] != nil { out["metadata", "creationTimestamp"] = nil }
        if out["metadata"]?.isEmptyValue == true { out["metadata"] = nil }
        return out
    }
}
