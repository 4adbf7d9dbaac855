import ClusterState
import Document
import Records
import Schema

/// What is wrong with a state, as its objects themselves say. A file for each part of the cluster adds its checks.
struct StateExamination {
    let state: ClusterState
    let now: Timestamp
    /// nil looks at all namespaces, and at what is in none.
    let namespace: String?
    let ground: Ground
    /// The newest warning Event about each object, by uid.
    private let warnings: [String: (reason: String, message: String)]

    init(_ state: ClusterState, now: Timestamp, namespace: String?, _ ground: Ground) {
        self.state = state
        self.now = now
        self.namespace = namespace
        self.ground = ground
        var newest: [String: (revision: UInt64, reason: String, message: String)] = [:]
        for stored in state.objects(GroupResource(resource: "events"), namespace: namespace) {
            let event = stored.document
            guard event["type"] == "Warning" else { continue }
            let about = event["involvedObject", "uid"]?.string ?? event["regarding", "uid"]?.string ?? ""
            if (newest[about]?.revision ?? 0) < stored.revision {
                newest[about] = (
                    stored.revision, event["reason"]?.string ?? "",
                    event["message"]?.string ?? event["note"]?.string ?? ""
                )
            }
        }
        warnings = newest.mapValues { ($0.reason, $0.message) }
    }

    func findings(_ visibility: inout Visibility) -> [Finding] {
        pods(&visibility) + workloads(&visibility) + services(&visibility) + storage(&visibility)
            + nodes(&visibility) + deletions(&visibility) + quotas(&visibility) + certificates(&visibility)
    }

    // MARK: for the checks

    /// The objects of a kind that may be shown, with their trees.
    func objects(_ resource: String, group: String = "", _ visibility: inout Visibility) -> [(
        stored: StoredObject, tree: JSON
    )] {
        state.objects(GroupResource(group: group, resource: resource), namespace: namespace)
            .filter { visibility.shows($0.key) }.map { ($0, $0.document) }
    }

    func reference(_ object: StoredObject) -> JSON { ground.reference(object.key, uid: object.uid) }

    /// `FailedScheduling: 0/3 nodes …`: what was last said about an object.
    func warning(_ object: StoredObject) -> String? {
        warnings[object.uid].map { "\($0.reason): \($0.message)" }
    }

    /// Microseconds since a time of the object; nil when it is not given.
    func since(_ time: JSON?) -> Int64? { time?.string.flatMap { Timestamp(rfc3339: $0) }.map { now.since($0) } }

    /// Who made the object: `deployment/web` for a pod of its ReplicaSet; the object itself when nobody did.
    func owner(_ tree: JSON, _ key: ObjectKey) -> String {
        guard let first = controller(tree) else { return Ink.object(ground.reference(key, uid: "")) }
        if first["kind"] == "ReplicaSet",
            let set = state.object(
                GroupResource(group: "apps", resource: "replicasets"), key.namespace, first["name"]?.string ?? ""),
            let above = controller(set.document)
        {
            return named(above, key.namespace)
        }
        return named(first, key.namespace)
    }
    private func controller(_ tree: JSON) -> JSON? {
        tree["metadata", "ownerReferences"]?.elements.first { $0["controller"] == true }
    }
    private func named(_ owner: JSON, _ namespace: String) -> String {
        "\((owner["kind"]?.string ?? "").lowercased())/\(owner["name"]?.string ?? "") -n \(namespace)"
    }

    static let minute: Int64 = 60_000_000
}
