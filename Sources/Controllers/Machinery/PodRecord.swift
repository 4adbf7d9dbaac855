import Schema
package import Document
package import Records
import ClusterState

/// The few facts of a pod that loops ask for, read once for each version.
public final class PodRecord: Sendable {
    package enum Phase: UInt8, Sendable { case unknown, pending, running, succeeded, failed }

    package let namespace: String
    package let name: String
    package let uid: String
    package let revision: UInt64
    package let labels: Labels
    package let creation: Timestamp
    /// The owner that is marked as the controller.
    package let controller: OwnerReference?
    package let phase: Phase
    package let isReady: Bool
    /// When the Ready condition last changed.
    package let readySince: Timestamp?
    package let deletion: Timestamp?
    package let deletionGrace: Int64
    package let nodeName: String
    package let ips: [String]
    package let hostname: String
    package let subdomain: String
    package let restarts: Int
    package let finalizers: [String]
    /// `controller.kubernetes.io/pod-deletion-cost`.
    package let deletionCost: Int32
    package let startTime: Timestamp?
    /// `status.reason`: `Evicted`, `NodeLost`, …
    package let reason: String
    package let namedPorts: [(name: String, port: Int, transport: String)]
    /// `batch.kubernetes.io/job-completion-index`; -1 when absent.
    package let completionIndex: Int
    package let isHostNetwork: Bool

    package init(_ pod: JSON, revision: UInt64) {
        let metadata = pod["metadata"] ?? .null
        let spec = pod["spec"] ?? .null
        let status = pod["status"] ?? .null
        namespace = metadata["namespace"]?.string ?? ""
        name = metadata["name"]?.string ?? ""
        uid = metadata["uid"]?.string ?? ""
        self.revision = revision
        labels = Labels(metadata["labels"]?.entries.stringPairs ?? [])
        creation = metadata["creationTimestamp"]?.string.flatMap(Timestamp.init(rfc3339:)) ?? Timestamp(microseconds: 0)
        controller = metadata["ownerReferences"]?.elements.first { $0["controller"]?.bool == true }.map(
            OwnerReference.init)
        deletion = metadata["deletionTimestamp"]?.string.flatMap(Timestamp.init(rfc3339:))
        deletionGrace = metadata["deletionGracePeriodSeconds"]?.int ?? 0
        finalizers = metadata["finalizers"]?.strings ?? []
        let annotations = metadata["annotations"]
        deletionCost = annotations?["controller.kubernetes.io/pod-deletion-cost"]?.string.flatMap { Int32($0) } ?? 0
        completionIndex = annotations?["batch.kubernetes.io/job-completion-index"]?.string.flatMap { Int($0) } ?? -1
        nodeName = spec["nodeName"]?.string ?? ""
        hostname = spec["hostname"]?.string ?? ""
        subdomain = spec["subdomain"]?.string ?? ""
        isHostNetwork = spec["hostNetwork"]?.bool ?? false
        var ports: [(name: String, port: Int, transport: String)] = []
        var containers = spec["containers"]?.elements ?? []
        containers += spec["initContainers"]?.elements.filter { $0["restartPolicy"]?.string == "Always" } ?? []
        for container in containers {
            for port in container["ports"]?.elements ?? [] {
                guard let name = port["name"]?.string, let number = port["containerPort"]?.int else { continue }
                ports.append((name, Int(number), port["protocol"]?.string ?? "TCP"))
            }
        }
        namedPorts = ports
        switch status["phase"]?.string {
        case "Pending": phase = .pending
        case "Running": phase = .running
        case "Succeeded": phase = .succeeded
        case "Failed": phase = .failed
        default: phase = .unknown
        }
        let ready = status["conditions"]?.elements.first { $0["type"]?.string == "Ready" }
        isReady = ready?["status"]?.string == "True"
        readySince = ready?["lastTransitionTime"]?.string.flatMap(Timestamp.init(rfc3339:))
        startTime = status["startTime"]?.string.flatMap(Timestamp.init(rfc3339:))
        reason = status["reason"]?.string ?? ""
        var addresses = status["podIPs"]?.elements.compactMap { $0["ip"]?.string } ?? []
        if addresses.isEmpty, let ip = status["podIP"]?.string, !ip.isEmpty { addresses = [ip] }
        ips = addresses
        var most = 0
        for container in status["containerStatuses"]?.elements ?? [] {
            most = max(most, Int(container["restartCount"]?.int ?? 0))
        }
        restarts = most
    }

    package var key: ObjectKey { GroupResource.pods.key(namespace, name) }
    package var isFinished: Bool { phase == .succeeded || phase == .failed }
    /// `IsPodActive`: neither finished nor going away.
    package var isActive: Bool { !isFinished && deletion == nil }
    package var isTerminating: Bool { !isFinished && deletion != nil }
    /// `IsPodAvailable`.
    package func isAvailable(minReadySeconds: Int64, now: Timestamp) -> Bool {
        guard isReady else { return false }
        if minReadySeconds == 0 { return true }
        guard let readySince else { return false }
        return readySince.adding(seconds: minReadySeconds) <= now
    }
}
