import Document
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ShippingTests {
    /// A server that ships its log is killed at random moments while clients write. What is restored from the copy is a prefix of its
    /// log with everything that the status called shipped; the cluster's keys come with it, and revisions go on.
    @Test func aKilledServerIsRestored() async throws {
        let server = try ReckonProcess(["apiserver", "--ship-to", "/tmp/reckon-ship-\(UUID().uuidString.prefix(8))"])
        let copy = server.argument(after: "--ship-to")
        defer {
            server.remove()
            try? FileManager.default.removeItem(atPath: copy)
        }
        var written = 0
        for round in 0..<3 {
            if round > 0 { try server.start() }
            for _ in 0..<(20 + Int.random(in: 0..<30)) {
                written += 1
                let answer = try await server.send(
                    "POST", "/api/v1/namespaces/default/configmaps", Self.configMap(written))
                #expect(answer.status == 201)
            }
            let status = try await server.send("GET", "/reckon/v1/status").body
            let shipped = try #require(status["shipping", "revision"]?.int)
            #expect(shipped > 0)
            server.crash()

            let new = server.directory.path + "/restored\(round)"
            let restored = try server.reckon("log", "restore", "--from", copy, "--data", new, "-o", "json")
            #expect(restored.status == 0, "\(restored.errors)")
            let said = try JSON(parsing: Array(restored.output.utf8))
            #expect((said["revision"]?.int ?? 0) >= shipped)
            #expect(said["files"]?.strings.contains("pki/ca.key") == true)
            #expect(try server.reckon("log", "verify", "--data", new).status == 0)
            // A prefix of the log, event by event.
            let last = String(said["revision"]?.int ?? 0)
            let theirs = try server.reckon("log", "list", "--data", new, "--from", "1", "--limit", last, "-o", "json")
            let ours = try server.reckon(
                "log", "list", "--data", server.dataPath, "--from", "1", "--limit", last, "-o", "json")
            #expect(theirs.output == ours.output && theirs.output.count > 1000)
        }

        // Another machine's server on what was restored: the old kubeconfig is believed, and revisions go on.
        let new = server.directory.path + "/restored2"
        let port = URL(string: server.url)?.port ?? 0
        let again = try BackgroundCommand(
            ["apiserver", "--data", new, "--listen", "127.0.0.1:\(port)"], directory: server.directory)
        defer { again.stop() }
        #expect(try server.kubectl("create", "configmap", "afterwards").status == 0)
        let listed = try server.kubectl("get", "configmaps", "-o", "name")
        #expect(listed.output.contains("configmap/c1\n") && listed.output.contains("afterwards"))
    }

    /// A moment means what it says: all that had happened by then, and nothing else.
    @Test func aMomentIsRestored() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        for i in 1...5 { _ = try await server.send("POST", "/api/v1/namespaces/default/configmaps", Self.configMap(i)) }
        try await Task.sleep(nanoseconds: 20_000_000)
        let moment = Date()
        try await Task.sleep(nanoseconds: 20_000_000)
        for i in 6...9 { _ = try await server.send("POST", "/api/v1/namespaces/default/configmaps", Self.configMap(i)) }
        let copy = server.directory.path + "/copy"
        let key = server.directory.path + "/phrase"
        try "correct horse".write(toFile: key, atomically: true, encoding: .utf8)
        #expect(
            try server.reckon("log", "ship", "--data", server.dataPath, "--to", copy, "--key-file", key).status == 0)
        let form = ISO8601DateFormatter()
        form.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let new = server.directory.path + "/then"
        let plain = try server.reckon("log", "restore", "--from", copy, "--data", new)
        #expect(plain.status == 1 && plain.errors.contains("--key-file"))
        let restored = try server.reckon(
            "log", "restore", "--from", copy, "--data", new, "--to", form.string(from: moment), "--key-file", key)
        #expect(restored.status == 0, "\(restored.errors)")
        let then = try BackgroundCommand(["serve", "--data", new], directory: server.directory)
        defer { then.stop() }
        let names = try Tools.run(
            [try #require(Tools.kubectl), "get", "configmaps", "-o", "name"],
            environment: ["KUBECONFIG": then.kubeconfig])
        #expect(names.output.contains("configmap/c5\n") && !names.output.contains("configmap/c6\n"), "\(names)")
    }

    /// Below the floor every way of asking is answered 410, and it is said where history begins.
    @Test func belowTheFloorIsGone() async throws {
        let server = try ReckonProcess(["apiserver", "--retain-journal", "2s", "--retain-access", "2s"])
        defer { server.remove() }
        let first = try await server.send("POST", "/api/v1/namespaces/default/configmaps", Self.configMap(1)).body
        let old = try #require(first["metadata", "resourceVersion"]?.string)
        var floor: Int64 = 0
        let moved = try await server.eventually(40) {
            _ = try await server.send(
                "PATCH", "/api/v1/namespaces/default/configmaps/c1", ["data": ["t": .string("\(Date())")]],
                contentType: "application/merge-patch+json")
            floor = try await server.send("GET", "/reckon/v1/status").body["floor"]?.int ?? 0
            return floor > (Int64(old) ?? 0)
        }
        #expect(moved)
        let configMaps = "/api/v1/namespaces/default/configmaps"
        for path in [
            "/at/\(old)\(configMaps)", "/at/\(old)\(configMaps)/c1", "/at/-1h\(configMaps)",
            "\(configMaps)?resourceVersion=\(old)&resourceVersionMatch=Exact",
        ] {
            let answer = try await server.send("GET", path)
            #expect(answer.status == 410, "\(path): \(answer)")
            if path.hasPrefix("/at/") {
                #expect(
                    answer.body["message"]?.string?.contains("history begins at revision") == true, "\(answer.body)")
            }
        }
        let watch = try await server.send("GET", "\(configMaps)?watch=1&resourceVersion=\(old)&timeoutSeconds=1")
        #expect("\(watch.body)".contains("410"), "\(watch)")
        let now = try await server.send("GET", "/reckon/v1/status").body
        #expect(try await server.send("GET", "/at/\(now["floor"]?.int ?? 0)\(configMaps)/c1").status == 200)
        server.stop()
        #expect(try server.reckon("log", "verify", "--data", server.dataPath).status == 0)
    }

    /// A cut tail is seen by who kept a signed head elsewhere, and by nobody else.
    @Test func aSignedHeadShowsACutTail() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        for i in 1...4 { _ = try await server.send("POST", "/api/v1/namespaces/default/configmaps", Self.configMap(i)) }
        server.stop()
        let head = server.directory.path + "/head.json"
        let printed = try server.reckon("log", "checkpoint", "--data", server.dataPath)
        try printed.output.write(toFile: head, atomically: true, encoding: .utf8)
        #expect(try server.reckon("log", "verify", "--data", server.dataPath, "--checkpoint", head).status == 0)
        // The same log without its last event, whole in itself.
        let copy = server.directory.path + "/copy"
        let cut = server.directory.path + "/cut"
        let revision = try JSON(parsing: Array(printed.output.utf8))["revision"]?.int ?? 0
        #expect(try server.reckon("log", "ship", "--data", server.dataPath, "--to", copy).status == 0)
        #expect(
            try server.reckon("log", "restore", "--from", copy, "--data", cut, "--to", "\(revision - 1)").status == 0)
        #expect(try server.reckon("log", "verify", "--data", cut).status == 0)
        let seen = try server.reckon("log", "verify", "--data", cut, "--checkpoint", head)
        #expect(seen.status == 2 && seen.output.contains("1 events were cut off"), "\(seen)")
        // A head that somebody changed is not believed.
        try printed.output.replacingOccurrences(of: "\"revision\":\(revision)", with: "\"revision\":\(revision - 1)")
            .write(toFile: head, atomically: true, encoding: .utf8)
        #expect(try server.reckon("log", "verify", "--data", cut, "--checkpoint", head).status == 2)

        let export = try server.reckon("log", "export", "--data", server.dataPath, "--format", "audit.k8s.io")
        let events = export.output.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }
        let created = events.filter { $0["verb"] == "create" && $0["objectRef", "resource"] == "configmaps" }
        #expect(created.contains { $0["objectRef", "name"] == "c3" && $0["user", "username"] == "admin" })
        #expect(events.allSatisfy { $0["stage"] == "ResponseComplete" && $0["responseStatus", "code"]?.int != nil })
        #expect(created.allSatisfy { $0["annotations", "authorization.k8s.io/decision"] == "allow" })
    }

    static func configMap(_ number: Int) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("c\(number)")],
            "data": ["number": .string("\(number)")],
        ]
    }
}

extension ReckonProcess {
    /// What follows an option among the arguments.
    func argument(after option: String) -> String {
        guard let place = arguments.firstIndex(of: option) else { return "" }
        return arguments[place + 1]
    }
}
