import Document
import Foundation
import TestSupport
import Testing

/// Undo, undelete and rewind are admitted as other writes are, and a fork asks nobody.
@Suite(.serialized) struct HookedUndoTests {
    private static let maps = WebhookTests.maps

    private func revision(_ server: ReckonProcess) async throws -> Int64 {
        try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
    }

    @Test func webhooksAreAskedAboutWhatComesBack() async throws {
        let outside = try await OutsideServer.webhook { path, request in
            if path == "/refuse", request["object", "data", "bad"] != nil {
                return ["allowed": false, "status": ["code": 422, "reason": "Invalid", "message": "bad data"]]
            }
            if path == "/stamp", request["operation"] != "DELETE" {
                return OutsideServer.patch([
                    ["op": "add", "path": "/data/stamp", "value": request["userInfo", "username"] ?? ""]
                ])
            }
            return ["allowed": true]
        }
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        _ = try await server.send("POST", Self.maps, WebhookTests.configMap("kept", ["a": "1"]))
        _ = try await server.send("POST", Self.maps, WebhookTests.configMap("wrong", ["bad": "1"]))
        let start = try await revision(server)
        #expect(try await server.send("DELETE", Self.maps + "/kept").status == 200)
        #expect(try await server.send("DELETE", Self.maps + "/wrong").status == 200)
        for i in 0..<40 { _ = try await server.send("POST", Self.maps, WebhookTests.configMap("new-\(i)", ["i": "0"])) }
        try await WebhookTests.configure(
            server, "MutatingWebhookConfiguration", "a", [WebhookTests.hook("stamp.e.com", outside.client("/stamp"))])
        try await WebhookTests.configure(
            server, "ValidatingWebhookConfiguration", "b",
            [WebhookTests.hook("refuse.e.com", outside.client("/refuse"))])

        // A dry run asks too, and says that it is one.
        let kept: JSON = ["resource": "configmaps", "namespace": "default", "name": "kept"]
        var rehearsed = kept
        rehearsed["dryRun"] = true
        let trial = try await server.send("POST", "/reckon/v1/undelete", rehearsed)
        #expect(trial.status == 200, "\(trial.body.text)")
        #expect(outside.visits.count == 2 && outside.visits.allSatisfy { $0.review["dryRun"] == true })
        #expect(try await server.send("GET", Self.maps + "/kept").status == 404)

        outside.forget()
        let back = try await server.send("POST", "/reckon/v1/undelete", kept)
        #expect(back.status == 200, "\(back.body.text)")
        #expect(try await server.send("GET", Self.maps + "/kept").body["data"] == ["a": "1", "stamp": "admin"])
        #expect(outside.visits.map(\.path) == ["/stamp", "/refuse"])
        #expect(outside.visits[0].review["operation"] == "CREATE" && outside.visits[0].review["name"] == "kept")

        // What the webhook does not want stays away, and its words are told.
        let wrong = try await server.send(
            "POST", "/reckon/v1/undelete", ["resource": "configmaps", "namespace": "default", "name": "wrong"])
        #expect(wrong.status == 422, "\(wrong.body.text)")
        #expect(wrong.body["message"]?.string?.contains("denied the request: bad data") == true)
        #expect(try await server.send("GET", Self.maps + "/wrong").status == 404)

        // The whole namespace: one object is refused, so nothing happens; or all but that one.
        let before = try await revision(server)
        let whole = try await server.send("POST", "/reckon/v1/rewind", ["to": .int(start), "namespace": "default"])
        #expect(whole.status == 422, "\(whole.body.text)")
        #expect(try await revision(server) == before)
        outside.forget()
        let partial = try await server.send(
            "POST", "/reckon/v1/rewind", ["to": .int(start), "namespace": "default", "partial": true])
        #expect(partial.status == 200, "\(partial.body.text)")
        #expect(partial.body["left"]?.elements.contains { $0["object"] == "configmaps/default/wrong" } == true)
        #expect(outside.visits.filter { $0.review["operation"] == "DELETE" }.count >= 40)
        for i in [0, 17, 39] { #expect(try await server.send("GET", Self.maps + "/new-\(i)").status == 404) }

        // The answers are in the event, each with its object.
        let event = try await server.send("GET", "/reckon/v1/events/\(back.body["revision"]?.int ?? 0)").body
        #expect(event.text.contains("stamp.e.com") && event.text.contains("configmaps/default/kept"), "\(event.text)")

        // When nobody answers, nothing is changed.
        await outside.stop()
        let dead = try await server.send(
            "POST", "/reckon/v1/undo", ["revision": back.body["revision"] ?? 0])
        #expect(dead.status == 500 && dead.body["message"]?.string?.contains("failed calling webhook") == true)
    }

    /// Webhooks, conversions and aggregated servers of the cluster are not called from a fork.
    @Test func aForkReachesNothingOutside() async throws {
        let outside = try await OutsideServer.webhook { _, request in
            guard let version = request["desiredAPIVersion"]?.string else { return ["allowed": true] }
            return [
                "result": ["status": "Success"],
                "convertedObjects": .array(
                    (request["objects"]?.elements ?? []).map { ConversionTests.convert($0, to: version) }),
            ]
        }
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:1"])
        defer { cluster.remove() }
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        let definition = ConversionTests.definition(outside.client("/"), storage: "v1")
        #expect(try await cluster.send("POST", definitions, definition).status == 201)
        let (first, second) = (ConversionTests.base("v1"), ConversionTests.base("v2"))
        #expect(try await cluster.eventually { try await cluster.send("GET", second).status == 200 })
        let backend: JSON = [
            "apiVersion": "example.com/v1", "kind": "Backend", "metadata": ["name": "a"], "spec": ["hostPort": "h:80"],
        ]
        #expect(try await cluster.send("POST", first, backend).status == 201)
        #expect(try await cluster.send("GET", second + "/a").body["spec", "host"] == "h")
        let group = AggregationTests.group
        let services = "/apis/apiregistration.k8s.io/v1/apiservices"
        #expect(try await cluster.send("POST", services, AggregationTests.register(outside)).status == 201)
        try await WebhookTests.configure(
            cluster, "ValidatingWebhookConfiguration", "w", [WebhookTests.hook("w.e.com", outside.client("/w"))])
        #expect(try await cluster.send("POST", Self.maps, WebhookTests.configMap("one")).status == 201)
        #expect(outside.visits.contains { $0.path == "/w" })
        #expect(try await cluster.send("POST", "/reckon/v1/forks", ["name": "f"]).status == 201)

        outside.forget()
        let words = "nothing outside is called from a fork"
        // At the version it is stored at it can be had; at the other one nobody can say what it looks like.
        let stored = try await cluster.send("GET", "/fork/f" + first + "/a")
        #expect(stored.status == 200 && stored.body["spec", "hostPort"] == "h:80")
        for path in [second + "/a", second] {
            let converted = try await cluster.send("GET", "/fork/f" + path)
            #expect(converted.status == 500 && converted.body["message"]?.string?.contains(words) == true, "\(path)")
        }
        let written = try await cluster.send(
            "PATCH", "/fork/f" + second + "/a", ["spec": ["port": "81"]], contentType: "application/merge-patch+json")
        #expect(
            written.status == 500 && written.body["message"]?.string?.contains(words) == true, "\(written.body.text)")
        let changed = try await cluster.send(
            "PATCH", "/fork/f" + first + "/a", ["spec": ["hostPort": "h:81"]],
            contentType: "application/merge-patch+json")
        #expect(changed.status == 200, "\(changed.body.text)")
        let passed = try await cluster.send("GET", "/fork/f/apis/\(group)/v1/namespaces/default/things")
        #expect(passed.status == 503 && passed.body["reason"] == "ServiceUnavailable")
        #expect(passed.body["message"]?.string?.contains(words) == true)
        #expect(try await cluster.send("POST", "/fork/f" + Self.maps, WebhookTests.configMap("two")).status == 201)
        let proxied = try await cluster.send("GET", "/fork/f/api/v1/namespaces/default/services/kubernetes/proxy/")
        #expect(proxied.status == 503, "\(proxied.body.text)")
        #expect(outside.visits.isEmpty, "\(outside.visits.map(\.path))")
    }

    /// Who may do what with the past is a matter of roles; the maker of a fork sees all of it.
    @Test func rolesOfTheTimeTraveller() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:1"])
        defer { cluster.remove() }
        _ = try await cluster.send("POST", Self.maps, WebhookTests.configMap("one", ["a": "1"]))
        func bind(_ role: String) async throws {
            let made = try await cluster.send(
                "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                [
                    "metadata": ["name": .string("alice-" + role.replacing(":", with: "-"))],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)],
                    "subjects": [["kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"]],
                ])
            #expect(made.status == 201)
        }
        func alice(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> (Int, JSON) {
            let answer = try await cluster.send(method, path, body, token: "alicetoken")
            return (answer.status, answer.body)
        }
        #expect(try await alice("POST", "/reckon/v1/forks", ["name": "mine"]).0 == 403)
        #expect(try await alice("POST", "/reckon/v1/undo", ["revision": 1]).0 == 403)
        try await bind("reckon:operator")
        try await bind("reckon:time-traveller")
        // The way is open; each object needs its own right.
        let deleted = try await cluster.send("DELETE", Self.maps + "/one")
        #expect(deleted.status == 200)
        let (status, refusal) = try await alice(
            "POST", "/reckon/v1/undelete", ["resource": "configmaps", "namespace": "default", "name": "one"])
        #expect(status == 403 && refusal["message"]?.string?.contains("cannot get resource \"configmaps\"") == true)
        #expect(try await alice("POST", "/reckon/v1/forks", ["name": "mine"]).0 == 201)
        let (_, inventory) = try await alice("GET", "/fork/mine/reckon/v1/inventory")
        #expect((inventory["kinds"]?.elements ?? []).count > 5, "\(inventory.text)")
        let (code, events) = try await alice("GET", "/fork/mine/reckon/v1/events?limit=500")
        #expect(code == 200 && events.text.contains("configmaps"), "\(events.text.prefix(500))")
        let (_, rules) = try await alice(
            "POST", "/fork/mine/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            ["spec": ["namespace": "default"]])
        #expect(rules["status", "resourceRules"]?[0]?["verbs"] == ["*"])
        #expect(try await alice("DELETE", "/reckon/v1/forks/mine").0 == 200)
    }
}
