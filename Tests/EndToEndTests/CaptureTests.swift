import Document
import Foundation
import TestSupport
import Testing

/// An incident file from a running server: who may have it, and what is in it.
@Suite(.serialized) struct CaptureTests {
    @Test func aWindowOfARunningServer() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        func secret(_ word: String) -> JSON {
            ["metadata": ["name": .string(word)], "stringData": ["word": .string("hunter-" + word)]]
        }
        let secrets = "/api/v1/namespaces/default/secrets"
        _ = try await server.send("POST", secrets, secret("early"))
        let since = try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        _ = try await server.send("POST", secrets, secret("late"))
        let large = String(repeating: "0123456789abcdef", count: 40_000)
        for i in 0..<6 {
            _ = try await server.send(
                "POST", WebhookTests.maps, WebhookTests.configMap("big-\(i)", ["x": .string("\(i)" + large)]))
        }

        // Not for everybody; and Secrets only for those who may list them.
        let path = "/reckon/v1/capture?since=\(since)"
        #expect(try await server.send("GET", path, token: "alicetoken").status == 403)
        _ = try await server.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            [
                "metadata": ["name": "c"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reckon:capturer"],
                "subjects": [["kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
        let clear = try await server.send("GET", path + "&redact=none", token: "alicetoken")
        #expect(clear.status == 403)
        #expect(clear.body["message"]?.string?.contains("cannot list resource \"secrets\"") == true)
        #expect(try await server.send("GET", "/reckon/v1/capture").status == 400)
        #expect(try await server.send("GET", path + "&redact=nonsense").status == 400)
        let raw = try await server.raw(path, accept: "*/*", token: "alicetoken")
        #expect(raw.status == 200 && raw.bytes.count > 1000)
        #expect(!String(decoding: raw.bytes, as: UTF8.self).contains("hunter"))

        // The command: a file that can be looked into, encrypted or not.
        let phrase = server.directory.path + "/phrase"
        try "correct horse battery staple".write(toFile: phrase, atomically: true, encoding: .utf8)
        for more in [[], ["--key-file", phrase]] {
            let file = server.directory.path + "/incident-\(more.count).reckon"
            let taken = try Tools.run(
                [Tools.reckon, "capture", "--kubeconfig", server.kubeconfig, "-o", file, "--since", "\(since)"] + more)
            #expect(taken.status == 0, "\(taken.output)\(taken.errors)")
            #expect(taken.output.contains("redacted: secrets"))
            let shown = try BackgroundCommand(["serve", file] + more, directory: server.directory)
            defer { shown.stop() }
            func get(_ arguments: String...) throws -> String {
                try Tools.run([Tools.kubectl!] + arguments, environment: ["KUBECONFIG": shown.kubeconfig]).output
            }
            #expect(try get("get", "configmaps", "-o", "name").split(separator: "\n").count >= 6)
            let word = try get("get", "secret", "late", "-o", "jsonpath={.data.word}")
            let value = Data(base64Encoded: word).map { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(value.hasPrefix("redacted-"), "\(value)")
            let again = try Tools.run(
                [Tools.reckon, "capture", "--kubeconfig", server.kubeconfig, "-o", file, "--since", "\(since)"])
            #expect(again.status == 1 && again.errors.contains("exists"))
        }
        // Nothing is left on the server's disk, and who took it is in the log.
        let left = (try? FileManager.default.contentsOfDirectory(atPath: server.dataPath + "/captures")) ?? []
        #expect(left.isEmpty, "\(left)")
        let audit = try await server.send("GET", "/reckon/v1/audit?user=alice&limit=50").body
        #expect(audit["items"]?.elements.contains { $0["path"] == "/reckon/v1/capture" && $0["code"] == 200 } == true)
    }
}
