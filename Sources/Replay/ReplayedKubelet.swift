import ClusterState
import Controllers
import Document
import Records
import Schema

/// The kubelets of a replay. Where a pod is the record's pod on the record's node, its kubelet does what the record says, when it
/// says it. Any other pod runs as soon as it is bound, ends as its annotations say (`reckon.dev/exit-after`), and goes when it is deleted.
struct ReplayedKubelet {
    private struct Placed: Hashable {
        let uid: String
        let node: String
    }
    /// Pods that the record has reports of, and when the last one is.
    private var reported: [Placed: Timestamp] = [:]
    /// When the record's kubelets let pods go.
    private var removed: [Placed: Timestamp] = [:]
    private var waiting: [ObjectKey] = []
    private var ends: [(at: Timestamp, key: ObjectKey, uid: String, code: Int64)] = []

    var nextDue: Timestamp? { ends.map(\.at).min() }

    mutating func expect(_ event: EventRecord, _ node: String) {
        for change in event.changes where change.key.resource == "pods" && change.key.group.isEmpty {
            let placed = Placed(uid: change.uid, node: node)
            if change.kind == .deleted { removed[placed] = event.time } else { reported[placed] = event.time }
        }
    }

    /// Whether a recorded report is about something that is so here too.
    func fits(_ change: Change, _ node: String, _ state: ClusterState) -> Bool {
        guard change.key.resource == "pods", change.key.group.isEmpty else { return true }
        guard let pod = state.object(change.key), pod.uid == change.uid, pod.nodeName == node else { return false }
        return change.kind != .deleted || pod.document["metadata", "deletionTimestamp"] != nil
    }

    mutating func observe(_ event: EventRecord) {
        for change in event.changes
        where change.kind != .deleted && change.key.resource == "pods" && change.key.group.isEmpty {
            waiting.append(change.key)
        }
    }

    /// The next thing that a kubelet does by itself.
    mutating func next(_ state: ClusterState, now: Timestamp) -> (intent: Intent, node: String)? {
        while let key = waiting.first {
            waiting.removeFirst()
            guard let pod = state.object(key), !pod.nodeName.isEmpty else { continue }
            if let intent = act(pod, now) { return (intent, pod.nodeName) }
        }
        while let place = ends.indices.min(by: { ends[$0].at < ends[$1].at }), ends[place].at <= now {
            let end = ends.remove(at: place)
            guard let pod = state.object(end.key), pod.uid == end.uid else { continue }
            return (Self.report(pod.document, end.key, exitCode: end.code, now), pod.nodeName)
        }
        return nil
    }

    private mutating func act(_ pod: StoredObject, _ now: Timestamp) -> Intent? {
        let document = pod.document
        let placed = Placed(uid: pod.uid, node: pod.nodeName)
        if document["metadata", "deletionTimestamp"] != nil {
            if let moment = removed[placed], moment >= now { return nil }
            return Intent(
                .delete(["gracePeriodSeconds": 0, "preconditions": ["uid": .string(pod.uid)]]), apiVersion: "v1",
                resource: "pods", namespace: pod.key.namespace, name: pod.key.name, cause: pod.revision)
        }
        guard (document["status", "phase"]?.string ?? "Pending") == "Pending" else { return nil }
        if let moment = reported[placed], moment >= now { return nil }
        let annotations = document["metadata", "annotations"]
        if document["spec", "restartPolicy"] != "Always",
            let text = annotations?["reckon.dev/exit-after"]?.string,
            let seconds = Double(text.hasSuffix("s") ? String(text.dropLast()) : text), seconds >= 0, seconds < 1e9
        {
            let code = Int64(annotations?["reckon.dev/exit-code"]?.string ?? "0") ?? 0
            ends.append((now.adding(microseconds: Int64(seconds * 1_000_000)), pod.key, pod.uid, code))
        }
        return Self.report(document, pod.key, exitCode: nil, now)
    }

    private static func report(_ pod: JSON, _ key: ObjectKey, exitCode: Int64?, _ now: Timestamp) -> Intent {
        let time = JSON.string(now.rfc3339)
        let isRunning = exitCode == nil
        func condition(_ type: String, _ isTrue: Bool) -> JSON {
            ["type": .string(type), "status": isTrue ? "True" : "False", "lastTransitionTime": time]
        }
        let containers: [JSON] = (pod["spec", "containers"]?.elements ?? []).map { container in
            var state: JSON = ["running": ["startedAt": time]]
            if let exitCode {
                state = [
                    "terminated": [
                        "exitCode": .int(exitCode), "reason": exitCode == 0 ? "Completed" : "Error",
                        "startedAt": time, "finishedAt": time,
                    ]
                ]
            }
            return [
                "name": container["name"] ?? "", "image": container["image"] ?? "", "imageID": "",
                "ready": .bool(isRunning), "started": .bool(isRunning), "restartCount": 0, "lastState": [:],
                "state": state,
            ]
        }
        let phase = exitCode.map { $0 == 0 ? "Succeeded" : "Failed" } ?? "Running"
        let status: JSON = [
            "phase": .string(phase), "startTime": time,
            "conditions": [
                condition("Initialized", true), condition("Ready", isRunning), condition("ContainersReady", isRunning),
            ],
            "containerStatuses": .array(containers),
        ]
        return Intent(
            .patch(.strategic, ["metadata": ["uid": pod["metadata", "uid"] ?? ""], "status": status]),
            apiVersion: "v1", resource: "pods", namespace: key.namespace, name: key.name, subresource: "status",
            cause: pod["metadata", "resourceVersion"]?.string.flatMap { UInt64($0) })
    }
}
