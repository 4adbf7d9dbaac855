import Controllers
import Document
import Engine
import PodLifecycle

/// Writes Kubernetes Events; the same one again only counts up, and a chatty pod is cut short.
actor EventRecorder {
    private struct Key: Hashable {
        var uid: String
        var reason: String
        var message: String
        var fieldPath: String
    }
    private struct Known {
        var name: String
        var count: Int64
        var lastAt: Timestamp
    }
    /// Upstream's spam filter: 25 at once for an object, then one every five minutes.
    private struct Allowance {
        var left = 25.0
        var at: Timestamp
    }
    static let knownMax = 4096

    private let sender: RequestSender
    private let nodeName: String
    private var known: [Key: Known] = [:]
    private var allowances: [String: Allowance] = [:]
    private var serial: UInt64 = 0

    init(sender: RequestSender, nodeName: String) {
        self.sender = sender
        self.nodeName = nodeName
    }

    func record(_ note: PodNote, about pod: JSON) {
        let uid = pod["metadata", "uid"]?.string ?? ""
        record(
            note,
            involved: [
                "kind": "Pod", "apiVersion": "v1", "namespace": pod["metadata", "namespace"] ?? "",
                "name": pod["metadata", "name"] ?? "",
                "uid": .string(uid), "resourceVersion": pod["metadata", "resourceVersion"] ?? "",
            ], uid: uid)
    }

    func recordNode(_ note: PodNote, uid: String) {
        record(note, involved: ["kind": "Node", "name": .string(nodeName), "uid": .string(uid)], uid: uid)
    }

    private func record(_ note: PodNote, involved: JSON, uid: String) {
        let now = sender.door.now
        var allowance = allowances[uid] ?? Allowance(at: now)
        allowance.left = min(25, allowance.left + Double(now.since(allowance.at)) / 300_000_000)
        allowance.at = now
        guard allowance.left >= 1 else { return }
        allowance.left -= 1
        allowances[uid] = allowance

        let namespace = involved["namespace"]?.string ?? "default"
        let key = Key(uid: uid, reason: note.reason, message: note.message, fieldPath: note.fieldPath)
        let time = now.rfc3339
        if var old = known[key], now.since(old.lastAt) < 3600 * 1_000_000 {
            old.count += 1
            old.lastAt = now
            known[key] = old
            let patch: JSON = ["count": .int(old.count), "lastTimestamp": .string(time)]
            sender.send(
                Intent(
                    .patch(.strategic, patch), apiVersion: "v1", resource: "events", namespace: namespace,
                    name: old.name)
            ) { _ in }
            return
        }
        if known.count >= EventRecorder.knownMax {
            known = known.filter { now.since($0.value.lastAt) < 600 * 1_000_000 }
            allowances = allowances.filter { now.since($0.value.at) < 600 * 1_000_000 }
        }
        serial += 1
        let name =
            "\(involved["name"]?.string ?? "").\(String(UInt64(max(0, now.microseconds)) &* 1000 &+ serial % 1000, radix: 16))"
        known[key] = Known(name: name, count: 1, lastAt: now)
        var object = involved
        if !note.fieldPath.isEmpty { object["fieldPath"] = .string(note.fieldPath) }
        let event: JSON = [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "involvedObject": object, "reason": .string(note.reason), "message": .string(note.message),
            "type": note.isWarning ? "Warning" : "Normal",
            "source": ["component": "kubelet", "host": .string(nodeName)],
            "firstTimestamp": .string(time), "lastTimestamp": .string(time), "count": 1,
            "reportingComponent": "kubelet", "reportingInstance": .string(nodeName),
        ]
        sender.send(Intent(.create(event), apiVersion: "v1", resource: "events", namespace: namespace)) { _ in }
    }
}
