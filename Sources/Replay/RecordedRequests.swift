import ClusterState
import Document
import Patching
import Records

/// Who made a recorded request.
enum RecordedRole {
    /// A controller or the scheduler: what it did is decided anew.
    case loop
    /// Time: Events whose hour is over. A replay's own stay, nothing looks at them.
    case expiry
    /// The kubelet of that node.
    case kubelet(String)
    /// Everybody else.
    case outside

    init(_ event: EventRecord) {
        let name = event.authentication.user.name
        if name.hasPrefix("system:node:") {
            self = .kubelet(String(name.dropFirst(12)))
        } else if event.authentication.authenticator == "internal", name == "system:apiserver",
            event.request.verb == "deletecollection", event.request.path == "/api/v1/events"
        {
            self = .expiry
        } else if event.authentication.authenticator == "internal",
            name == "system:kube-scheduler" || name == "system:kube-controller-manager"
                || name.hasPrefix("system:serviceaccount:kube-system:")
                || name == "system:apiserver" && event.request.userAgent.hasSuffix("-controller")
        {
            self = .loop
        } else {
            self = .outside
        }
    }
}

/// A recorded change, made again on a state that may differ from the one it was made on.
enum RecordedChange {
    /// nil when it cannot be: what it changed is not there, or is there already. `before` is the recorded version ahead of it.
    static func again(_ change: Change, before: [UInt8]?, on state: ClusterState) -> Change? {
        let now = state.object(change.key)
        let revision = String(state.revision + 1)
        var again = change
        switch change.kind {
        case .created:
            guard now == nil else { return nil }
            again.body = stamped(change.body, revision)
        case .deleted:
            guard let now, now.uid == change.uid else { return nil }
            again.previousRevision = now.revision
            again.body = stamped(now.body, revision)
        case .updated:
            guard let now, now.uid == change.uid else { return nil }
            again.previousRevision = now.revision
            let (present, after) = (now.document, (try? JSON(parsing: change.body)) ?? .null)
            let former = before.flatMap { try? JSON(parsing: $0) } ?? present
            if unversioned(present) == unversioned(former) {
                again.body = stamped(change.body, revision)
            } else {
                // What the request changed, changed again: the rest stays as it is here.
                var merged = Inversion(from: after, to: [former], now: present).result
                merged["metadata", "resourceVersion"] = .string(revision)
                again.body = merged.encoded()
            }
        }
        return again
    }

    private static func unversioned(_ object: JSON) -> JSON {
        var object = object
        object["metadata", "resourceVersion"] = nil
        return object
    }
    private static func stamped(_ body: [UInt8], _ revision: String) -> [UInt8] {
        guard var object = try? JSON(parsing: body) else { return body }
        object["metadata", "resourceVersion"] = .string(revision)
        return object.encoded()
    }
}
