import ClusterState
import Document
import Records
public import Schema

/// Deletes certificate requests that nobody needs any more: those that were answered an hour ago, and those that nobody has answered
/// for a day.
public struct CertificateCleaner: Controller {
    static let answeredSeconds: Int64 = 3600
    static let pendingSeconds: Int64 = 86400
    public let name = "certificatesigningrequest-cleaner-controller"
    public var account: String { "certificate-controller" }
    public var watches: Set<GroupResource>? { [.signingRequests] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let request = view.document(work.key), let (end, why) = Self.end(of: request) else { return }
        let left = end.since(work.now)
        if left > 0 { return work.requeue(after: left) }
        work.decision = ["controller": .string(name), "why": .string(why)]
        work.delete(
            "certificates.k8s.io/v1", "certificatesigningrequests", "", work.key.name, uid: request.objectUID)
    }

    /// When a request has been there long enough; nil for one that is approved and waits for its signer.
    static func end(of request: JSON) -> (Timestamp, String)? {
        let conditions = request["status"]?["conditions"]?.elements ?? []
        if conditions.isEmpty {
            return (request.objectCreation.adding(seconds: pendingSeconds), "pending for a day")
        }
        let isIssued = request["status"]?["certificate"] != nil
        let ends = conditions.compactMap { condition -> (Timestamp, String)? in
            let type = condition["type"]?.string ?? ""
            guard type == "Denied" || type == "Failed" || (type == "Approved" && isIssued),
                let updated = condition.time("lastUpdateTime")
            else { return nil }
            return (updated.adding(seconds: answeredSeconds), "\(type) an hour ago")
        }
        return ends.min { $0.0 < $1.0 }
    }
}
