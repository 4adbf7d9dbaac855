import Document
import Foundation
import TestSupport
import Testing

/// SIGKILL at any moment, again and again, while clients write and controllers, scheduler and kubelets act on it: nothing that was
/// acknowledged may be missing, nothing that was refused may be there, no loop may do a thing twice, and the log must stay sound.
@Suite(.serialized) struct CrashTests {
    /// What one client knows of its objects. Each client writes its own names, so nobody else changes them.
    actor Model {
        /// The value last acknowledged; nil for deleted or never made.
        private(set) var acknowledged: [String: Int] = [:]
        /// A write that got no answer: either value is right.
        private(set) var uncertain: [String: Int?] = [:]

        func begin(_ name: String, _ value: Int?) { uncertain[name] = .some(value) }
        func confirm(_ name: String, _ value: Int?) {
            acknowledged[name] = value
            uncertain[name] = nil
        }
        func refuse(_ name: String) { uncertain[name] = nil }
        func settle(_ name: String, _ value: Int?) {
            acknowledged[name] = value
            uncertain[name] = nil
        }
    }

    static let kills = Int(ProcessInfo.processInfo.environment["RECKON_KILLS"] ?? "") ?? 200

    @Test func nothingAcknowledgedIsLost() async throws {
        let server = try ReckonProcess(["up", "--nodes", "simulated:3"])
        defer { server.remove() }
        _ = try await server.send(
            "POST", "/api/v1/namespaces", ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "crash"]])
        let workloads = Workloads(server)
        try await workloads.create()
        let models = (0..<4).map { _ in Model() }
        let writers = models.enumerated().map { number, model in
            Task { await Self.write(server, client: number, model) }
        }
        let scaling = Task { await workloads.scaleUntilCancelled() }
        var slowest = 0.0
        for _ in 0..<Self.kills {
            try await Task.sleep(nanoseconds: UInt64.random(in: 5_000_000...80_000_000))
            server.crash()
            slowest = max(slowest, try server.start())
            for (number, model) in models.enumerated() { try await Self.check(server, client: number, model) }
        }
        writers.forEach { $0.cancel() }
        scaling.cancel()
        for writer in writers { await writer.value }
        await scaling.value
        for (number, model) in models.enumerated() { try await Self.check(server, client: number, model) }
        try await workloads.settle()
        try await workloads.checkPast()
        #expect(slowest < 1, "the slowest start took \(slowest) s")
        server.stop()
        let verified = try server.reckon("log", "verify", "--data", server.dataPath)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        print("\(Self.kills) kills, slowest start \(Int(slowest * 1000)) ms")
    }

    private static func write(_ server: ReckonProcess, client: Int, _ model: Model) async {
        var counter = 0
        while !Task.isCancelled {
            counter += 1
            let name = "c\(client)-\(Int.random(in: 0..<20))"
            let path = "/api/v1/namespaces/crash/configmaps/" + name
            let known = await model.acknowledged[name]
            if await model.uncertain[name] != nil {
                try? await Task.sleep(nanoseconds: 2_000_000)
                continue
            }
            let value = counter
            do {
                let status: Int
                if known == nil {
                    await model.begin(name, value)
                    status = try await server.send(
                        "POST", "/api/v1/namespaces/crash/configmaps", configMap(name, value)
                    ).status
                    if status == 201 { await model.confirm(name, value) } else { await model.refuse(name) }
                } else if Int.random(in: 0..<5) == 0 {
                    await model.begin(name, nil)
                    status = try await server.send("DELETE", path).status
                    if status == 200 { await model.confirm(name, nil) } else { await model.refuse(name) }
                } else {
                    await model.begin(name, value)
                    status = try await server.send(
                        "PATCH", path, ["data": ["value": .string(String(value))]],
                        contentType: "application/merge-patch+json"
                    ).status
                    if status == 200 { await model.confirm(name, value) } else { await model.refuse(name) }
                }
            } catch {
                // The server is down: the write may or may not have happened.
                try? await Task.sleep(nanoseconds: 3_000_000)
            }
        }
    }

    private static func configMap(_ name: String, _ value: Int) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
            "data": ["value": .string(String(value))],
        ]
    }

    /// Compares what the server has with what the client knows. Names with a write in flight are looked at only for that.
    private static func check(_ server: ReckonProcess, client: Int, _ model: Model) async throws {
        for number in 0..<20 {
            let name = "c\(client)-\(number)"
            let before = await (model.acknowledged[name], model.uncertain[name])
            let answer = try await server.send("GET", "/api/v1/namespaces/crash/configmaps/" + name)
            let after = await (model.acknowledged[name], model.uncertain[name])
            let found = answer.status == 200 ? answer.body["data", "value"]?.string.flatMap { Int($0) } : nil
            guard before.0 == after.0 else { continue }
            switch (before.1, after.1) {
            case (nil, nil):
                #expect(
                    found == before.0,
                    "\(name): acknowledged \(String(describing: before.0)), found \(String(describing: found))")
            case (.some(let tried), .some(let still)) where tried == still:
                #expect(
                    found == before.0 || found == tried,
                    "\(name): neither the old nor the new value: \(String(describing: found))")
                await model.settle(name, found)
            default: continue
            }
        }
    }
}
