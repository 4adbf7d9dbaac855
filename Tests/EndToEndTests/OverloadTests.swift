import Document
import Foundation
import HTTPEdge
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Many times more requests than the server can serve: those that matter get through, the others are told to come again.
@Suite(.serialized) struct OverloadTests {
    /// What one kind of client saw.
    private actor Tally {
        private(set) var codes: [Int: Int] = [:]
        private(set) var slowest = 0.0
        private(set) var retryAfter: Set<String> = []
        func add(_ code: Int, _ seconds: Double, _ retry: String? = nil) {
            codes[code, default: 0] += 1
            if code < 300 { slowest = max(slowest, seconds) }
            if let retry { retryAfter.insert(retry) }
        }
        var good: Int { codes.reduce(0) { $0 + ($1.key < 300 && $1.key > 0 ? $1.value : 0) } }
    }

    private func client() -> HTTPClient {
        HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .init(trustsAnyone: true), prefersHTTP2: true)
    }

    /// Whether the flood may end.
    private actor Dam {
        private(set) var isOpen = true
        func close() { isOpen = false }
    }

    /// Creates config maps with so many requests open at a time, until the dam is closed.
    private func flood(_ server: ReckonProcess, open: Int, name: String, dam: Dam) async -> Tally {
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            let clients = (0..<max(1, open / 150)).map { _ in client() }
            for worker in 0..<open {
                let client = clients[worker % clients.count]
                group.addTask {
                    var number = 0
                    while await dam.isOpen {
                        number += 1
                        let body: JSON = [
                            "metadata": ["name": .string("\(name)-\(worker)-\(number)")], "data": ["k": "v"],
                        ]
                        let began = Date()
                        let answer = try? await client.send(
                            .init(
                                .POST, server.url + "/api/v1/namespaces/default/configmaps",
                                headers: [
                                    ("Authorization", "Bearer alicetoken"), ("Content-Type", "application/json"),
                                ],
                                body: ByteBuffer(bytes: body.encoded())))
                        await tally.add(
                            answer?.status ?? 0, Date().timeIntervalSince(began), answer?.headers["retry-after"])
                        // A refused client that obeys would wait a second; these wait a little, and the flood goes on.
                        if answer?.status == 429 { try? await Task.sleep(for: .milliseconds(50)) }
                    }
                }
            }
            await group.waitForAll()
            for client in clients { client.shutdown() }
        }
        return tally
    }

    /// Twenty requests, one after the other.
    private func steady(
        _ server: ReckonProcess, _ method: String, _ path: String, _ body: JSON? = nil,
        headers: [(String, String)] = []
    ) async -> Tally {
        let tally = Tally()
        for _ in 0..<20 {
            let began = Date()
            let answer = try? await server.send(
                method, path, body, contentType: "application/merge-patch+json", headers: headers)
            await tally.add(answer?.status ?? 0, Date().timeIntervalSince(began))
            try? await Task.sleep(for: .milliseconds(50))
        }
        return tally
    }

    @Test func aFloodHarmsOnlyItself() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        _ = try await server.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            [
                "metadata": ["name": "devs"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"],
                "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "devs"]],
            ])
        let lease = try await server.send(
            "POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
            ["metadata": ["name": "n1", "namespace": "kube-system"], "spec": ["holderIdentity": "n1"]])
        #expect(lease.status == 201)
        #expect(
            lease.headers.contains { $0.name.lowercased() == "x-kubernetes-pf-flowschema-uid" && !$0.value.isEmpty })

        // So few seats that a test's clients can overload them: the shares of the level are obeyed at once.
        let level = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/global-default"
        let narrowed = try await server.send(
            "PATCH", level,
            [
                "spec": [
                    "limited": [
                        "nominalConcurrencyShares": 1, "borrowingLimitPercent": 0,
                        "limitResponse": ["queuing": ["queues": 4, "handSize": 1, "queueLengthLimit": 5]],
                    ]
                ]
            ], contentType: "application/merge-patch+json")
        #expect(narrowed.status == 200)
        let schema = try await server.send("GET", "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/global-default")
        let condition = schema.body["status", "conditions"]?.elements.first { $0["type"] == "Dangling" }
        #expect(condition?["status"] == "False" && condition?["reason"] == "Found")
        let dam = Dam()
        let node = try await server.send("POST", "/api/v1/nodes", ["metadata": ["name": "n1"]])
        #expect(node.status == 201)
        let asNode = [
            ("Impersonate-User", "system:node:n1"), ("Impersonate-Group", "system:nodes"),
            ("Impersonate-Group", "system:authenticated"),
        ]
        async let flooded = flood(server, open: 120, name: "flood", dam: dam)
        try await Task.sleep(for: .milliseconds(500))
        async let leases = steady(
            server, "PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/n1",
            ["spec": ["holderIdentity": "n2"]])
        async let reads = steady(server, "GET", "/api/v1/nodes/n1", headers: asNode)
        async let health = steady(server, "GET", "/livez")
        let (leaseTally, readTally, healthTally) = await (leases, reads, health)
        await dam.close()
        let flood = await flooded
        let floodGood = await flood.good
        print(
            "overload: flood \(await flood.codes), leases \(await leaseTally.codes) slowest \(await leaseTally.slowest) s,",
            "reads \(await readTally.codes) slowest \(await readTally.slowest) s,",
            "health \(await healthTally.codes) slowest \(await healthTally.slowest) s")
        for tally in [leaseTally, readTally, healthTally] {
            #expect(await tally.codes.keys.sorted() == [200])
            #expect(await tally.good == 20)
            #expect(await tally.slowest < 10)
        }
        #expect(floodGood > 0)
        #expect(await flood.codes[429] ?? 0 > 0)
        #expect(await flood.retryAfter == ["1"])
        #expect(await flood.codes.keys.allSatisfy { $0 == 201 || $0 == 429 })
        // Whoever was told that it was created finds it.
        let list = try await server.send("GET", "/api/v1/namespaces/default/configmaps?limit=1")
        let left = list.body["metadata", "remainingItemCount"]?.int ?? 0
        #expect(left + 1 >= Int64(floodGood))
    }
}
