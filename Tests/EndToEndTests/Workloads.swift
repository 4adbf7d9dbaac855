import Document
import Foundation
import TestSupport
import Testing

/// A Deployment and a StatefulSet that are scaled and rolled while the server is killed. What controllers, scheduler and kubelets made
/// of them is looked at in the end, and at many moments of the past: none may have done a thing twice.
struct Workloads {
    static let replicasMax = 6
    let server: ReckonProcess
    private let base = "/apis/apps/v1/namespaces/crash/"

    init(_ server: ReckonProcess) { self.server = server }

    func create() async throws {
        let template: JSON = [
            "metadata": ["labels": ["app": "w"]],
            "spec": ["containers": [["name": "main", "image": "reckon.dev/busybox:1"]]],
        ]
        let spec: JSON = ["replicas": 3, "selector": ["matchLabels": ["app": "w"]], "template": template]
        for (kind, plural, extra) in [("Deployment", "deployments", nil), ("StatefulSet", "statefulsets", "w")] {
            var spec = spec
            if let extra { spec["serviceName"] = .string(extra) }
            spec["selector"] = ["matchLabels": ["app": .string(plural)]]
            spec["template", "metadata", "labels", "app"] = .string(plural)
            let answer = try await server.send(
                "POST", base + plural,
                ["apiVersion": "apps/v1", "kind": .string(kind), "metadata": ["name": "w"], "spec": spec])
            #expect(answer.status == 201, "\(answer.body)")
        }
    }

    /// Scales and rolls at random until it is cancelled; a server that is down is asked again.
    func scaleUntilCancelled() async {
        var round = 0
        while !Task.isCancelled {
            round += 1
            var spec: JSON = ["replicas": .int(Int64.random(in: 0...Int64(Self.replicasMax)))]
            if round % 7 == 0 {
                spec["template"] = ["metadata": ["annotations": ["round": .string(String(round))]]]
            }
            for plural in ["deployments/w", "statefulsets/w"] {
                _ = try? await server.send(
                    "PATCH", base + plural, ["spec": spec], contentType: "application/merge-patch+json")
            }
            try? await Task.sleep(nanoseconds: 60_000_000)
        }
    }

    /// Asks for four of each and waits; then exactly four are there, each bound to a node, of one ReplicaSet.
    func settle() async throws {
        for plural in ["deployments/w", "statefulsets/w"] {
            let answer = try await server.send(
                "PATCH", base + plural, ["spec": ["replicas": 4]], contentType: "application/merge-patch+json")
            #expect(answer.status == 200)
        }
        let settled = try await server.eventually(60) {
            for plural in ["deployments", "statefulsets"] {
                let object = try await server.send("GET", base + plural + "/w").body
                guard object["status", "readyReplicas"]?.int == 4, object["status", "updatedReplicas"]?.int == 4,
                    object["status", "replicas"]?.int == 4, try await podsOf(plural).count == 4
                else { return false }
            }
            return true
        }
        let state = try await server.send("GET", base + "deployments/w").body["status"] ?? .null
        let set = try await server.send("GET", base + "statefulsets/w").body["status"] ?? .null
        #expect(settled, "deployment: \(state); statefulset: \(set)")
        let pods = try await podsOf("deployments")
        #expect(Set(pods.map { Self.owner($0) }).count == 1)
        #expect(pods.allSatisfy { $0["spec", "nodeName"]?.string?.isEmpty == false })
        let names = try await podsOf("statefulsets").compactMap { $0["metadata", "name"]?.string }
        #expect(Set(names) == ["w-0", "w-1", "w-2", "w-3"])
        // One ReplicaSet for each template that there ever was, however often the controller was killed in between.
        let sets = try await server.send("GET", base + "replicasets").body["items"]?.elements ?? []
        let hashes = sets.map { $0["metadata", "labels", "pod-template-hash"]?.string ?? "" }
        #expect(hashes.count == Set(hashes).count, "\(hashes)")
        let revisions = sets.map { $0["metadata", "annotations", "deployment.kubernetes.io/revision"]?.string ?? "" }
        #expect(revisions.count == Set(revisions).count, "\(revisions)")
    }

    /// At moments all over the past: never more pods than were asked for and a rollout may add; never a pod on two nodes.
    func checkPast() async throws {
        let newest = try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        var nodes: [String: String] = [:]
        var step = newest / 150 + 1
        step = max(step, 1)
        for revision in stride(from: Int64(1), through: newest, by: Int64.Stride(step)) {
            let answer = try await server.send(
                "GET", "/at/\(revision)/api/v1/namespaces/crash/pods?labelSelector=app%3Ddeployments")
            guard answer.status == 200 else {
                Issue.record("revision \(revision): \(answer.status)")
                continue
            }
            let pods = answer.body["items"]?.elements ?? []
            let living = pods.filter { $0["metadata", "deletionTimestamp"] == nil }
            var perSet: [String: Int] = [:]
            for pod in living { perSet[Self.owner(pod), default: 0] += 1 }
            // A quarter may be added while a rollout goes on.
            for (_, count) in perSet { #expect(count <= Self.replicasMax + 2, "at revision \(revision)") }
            for pod in pods {
                guard let node = pod["spec", "nodeName"]?.string else { continue }
                let uid = pod["metadata", "uid"]?.string ?? ""
                #expect(nodes[uid] == nil || nodes[uid] == node, "at revision \(revision): pod \(uid) moved")
                nodes[uid] = node
            }
        }
        #expect(!nodes.isEmpty)
    }

    /// The uid of the controller that a pod belongs to; empty for none.
    private static func owner(_ pod: JSON) -> String {
        pod["metadata", "ownerReferences"]?.elements.first?["uid"]?.string ?? ""
    }

    private func podsOf(_ app: String) async throws -> [JSON] {
        try await server.send("GET", "/api/v1/namespaces/crash/pods?labelSelector=app%3D" + app).body["items"]?.elements
            ?? []
    }
}
