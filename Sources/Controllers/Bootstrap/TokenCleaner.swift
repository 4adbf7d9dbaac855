import Access
import ClusterState
import Document
import Records
public import Schema

/// Deletes bootstrap tokens that have expired.
public struct TokenCleaner: Controller {
    public let name = "token-cleaner"
    public var watches: Set<GroupResource>? { [.secrets] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted, change.key.namespace == "kube-system",
            change.key.name.hasPrefix(BootstrapToken.prefix)
        {
            dirty.add(change.key)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let secret = view.document(work.key), let token = BootstrapToken(secret), let left = token.left(work.now)
        else { return }
        if left > 0 { return work.requeue(after: left) }
        work.decision = ["controller": "token-cleaner", "why": "expired"]
        work.delete("v1", "secrets", work.key.namespace, work.key.name, uid: secret.objectUID)
    }
}
