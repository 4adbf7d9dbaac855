import Document
import Foundation
import TestSupport
import Testing

/// Admission webhooks over TLS, called by a real server.
@Suite(.serialized) struct WebhookTests {
    static let group = "/apis/admissionregistration.k8s.io/v1/"
    static let maps = "/api/v1/namespaces/default/configmaps"

    static func configMap(_ name: String, _ data: JSON = [:], labels: JSON = [:]) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "metadata": ["name": .string(name), "labels": labels],
        ]
    }

    static func hook(_ name: String, _ client: JSON, _ more: [(String, JSON)] = []) -> JSON {
        var hook: JSON = [
            "name": .string(name), "clientConfig": client, "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "timeoutSeconds": 5,
            "rules": [
                [
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"],
                    "resources": ["configmaps"],
                ]
            ],
        ]
        for (key, value) in more { hook[key] = value }
        return hook
    }

    static func configure(_ server: ReckonProcess, _ kind: String, _ name: String, _ hooks: [JSON]) async throws {
        let made = try await server.send(
            "POST", group + kind.lowercased() + "s",
            [
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": .string(kind),
                "metadata": ["name": .string(name)], "webhooks": .array(hooks),
            ])
        #expect(made.status == 201, "\(made.body.text)")
    }

    /// Mutation, refusal, warnings, selectors, conditions, dry run, reinvocation, failure policies, deletion, and the log afterwards.
    @Test func webhooksAreHeard() async throws {
        let outside = try await OutsideServer.webhook { path, request in
            switch path {
            case "/label":
                if request["operation"] == "DELETE" { return ["allowed": true] }
                return OutsideServer.patch([
                    ["op": "add", "path": "/metadata/labels/hooked", "value": .string("yes")]
                ])
            case "/count":
                if request["operation"] == "DELETE" { return ["allowed": true] }
                let seen = request["object", "data", "count"]?.string.flatMap { Int($0) } ?? 0
                var response = OutsideServer.patch([
                    ["op": "add", "path": "/data/count", "value": .string(String(seen + 1))]
                ])
                response["warnings"] = ["counted"]
                response["auditAnnotations"] = ["seen": .string(String(seen))]
                return response
            case "/refuse":
                if request["operation"] == "DELETE" {
                    return ["allowed": false, "status": ["code": 409, "reason": "Conflict", "message": "it is kept"]]
                }
                if request["object", "data", "bad"] != nil {
                    return ["allowed": false, "status": ["message": "bad data"]]
                }
                return ["allowed": true]
            default: return ["allowed": true]
            }
        }
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        try await Self.configure(
            server, "MutatingWebhookConfiguration", "a",
            [
                Self.hook("count.example.com", outside.client("/count"), [("reinvocationPolicy", "IfNeeded")]),
                Self.hook(
                    "label.example.com", outside.client("/label"),
                    [
                        ("objectSelector", ["matchLabels": ["app": "x"]]),
                        (
                            "matchConditions",
                            [
                                [
                                    "name": "not-skipped",
                                    "expression": "object == null || !has(object.data) || !('skip' in object.data)",
                                ]
                            ]
                        ),
                    ]),
            ])
        try await Self.configure(
            server, "ValidatingWebhookConfiguration", "b",
            [
                Self.hook("refuse.example.com", outside.client("/refuse")),
                Self.hook(
                    "effects.example.com", outside.client("/ok"),
                    [("sideEffects", "NoneOnDryRun"), ("objectSelector", ["matchLabels": ["app": "x"]])]),
            ])

        // Both are called; the first again, since the second changed the object after it.
        let made = try await server.send("POST", Self.maps, Self.configMap("one", ["a": "b"], labels: ["app": "x"]))
        #expect(made.status == 201, "\(made.body.text)")
        #expect(made.body["metadata", "labels", "hooked"] == "yes")
        #expect(made.body["data", "count"] == "2")
        #expect(
            made.headers.filter { $0.name.lowercased() == "warning" }.map(\.value).contains { $0.contains("counted") })
        let paths = outside.visits.map(\.path)
        #expect(paths.filter { $0 == "/count" }.count == 2 && paths.filter { $0 == "/refuse" }.count == 1, "\(paths)")
        let review = try #require(outside.visits.last { $0.path == "/refuse" }?.review)
        #expect(review["object", "metadata", "uid"]?.string == made.body["metadata", "uid"]?.string)
        #expect(review["object", "data", "count"] == "2" && review["oldObject"] == .null)
        #expect(review["operation"] == "CREATE" && review["name"] == "one" && review["namespace"] == "default")
        #expect(review["userInfo", "username"] == "admin" && review["options", "kind"] == "CreateOptions")
        #expect(outside.visits.allSatisfy { $0.query.hasPrefix("timeout=5s") })

        // A condition that does not hold: not called.
        let skipped = try await server.send(
            "POST", Self.maps, Self.configMap("two", ["skip": "1"], labels: ["app": "x"]))
        #expect(skipped.status == 201 && skipped.body["metadata", "labels", "hooked"] == nil)
        #expect(skipped.body["data", "count"] == "1")

        let refused = try await server.send("POST", Self.maps, Self.configMap("three", ["bad": "1"]))
        #expect(refused.status == 400)
        #expect(
            refused.body["message"] == "admission webhook \"refuse.example.com\" denied the request: bad data")
        let kept = try await server.send("DELETE", Self.maps + "/one")
        #expect(kept.status == 409 && kept.body["reason"] == "Conflict")
        #expect(
            kept.body["message"] == "admission webhook \"refuse.example.com\" denied the request: it is kept")
        #expect(try await server.send("DELETE", Self.maps).status == 409)

        // A dry run asks and stores nothing.
        outside.forget()
        let dry = try await server.send(
            "POST", Self.maps + "?dryRun=All", Self.configMap("four", ["a": "b"], labels: ["app": "x"]))
        #expect(dry.status == 201 && dry.body["metadata", "labels", "hooked"] == "yes")
        #expect(outside.visits.allSatisfy { $0.review["dryRun"] == true })
        #expect(try await server.send("GET", Self.maps + "/four").status == 404)

        // An update by kubectl's patch.
        let patched = try await server.send(
            "PATCH", Self.maps + "/one", ["data": ["a": "c"]], contentType: "application/merge-patch+json")
        #expect(patched.status == 200 && patched.body["data", "count"] == "3")
        #expect(outside.visits.last?.review["options", "kind"] == "UpdateOptions")
        #expect(outside.visits.last?.review["oldObject", "data", "a"] == "b")

        await outside.stop()
        let failed = try await server.send("POST", Self.maps, Self.configMap("five", ["a": "b"]))
        #expect(failed.status == 500 && failed.body["reason"] == "InternalError")
        #expect(
            failed.body["message"]?.string
                == "Internal error occurred: failed calling webhook \"count.example.com\": failed to call webhook: Post \"\(outside.url)/count?timeout=5s\": dial tcp 127.0.0.1:\(outside.port): connect: connection refused"
        )
        // The configurations themselves are no webhook's business.
        for name in ["mutatingwebhookconfigurations/a", "validatingwebhookconfigurations/b"] {
            #expect(try await server.send("DELETE", Self.group + name).status == 200)
        }
        #expect(try await server.send("POST", Self.maps, Self.configMap("five")).status == 201)

        // The log holds the answers, and needs nobody to be read again.
        #expect(server.stop() == 0)
        let log = try server.reckon(
            "log", "list", "--data", server.dataPath, "--access", "--limit", "500", "-o", "json")
        #expect(log.output.contains("refuse.example.com") && log.output.contains("bad data"))
        let verified = try server.reckon("log", "verify", "--data", server.dataPath)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        try server.start()
        #expect(try await server.send("GET", Self.maps + "/one").body["data", "count"] == "3")
    }

    /// Slow, unreachable and wrong servers; those that may fail; those that are found by their Service.
    @Test func webhooksFail() async throws {
        let outside = try await OutsideServer.start(["hook.default.svc"]) { visit, responder in
            switch visit.path {
            case "/slow": break  // never answers
            case "/broken": responder.respond(500, [], .text("no luck\n"))
            case "/other":
                let review: JSON = [
                    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                    "response": ["uid": "x", "allowed": true],
                ]
                responder.respond(200, [("content-type", "application/json")], .bytes(review.encoded()))
            default:
                let review: JSON = [
                    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                    "response": ["uid": visit.review["uid"] ?? .null, "allowed": true],
                ]
                responder.respond(200, [("content-type", "application/json")], .bytes(review.encoded()))
            }
        }
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let resource = Self.group + "validatingwebhookconfigurations/w"
        func attempt(_ hook: JSON, _ name: String) async throws -> (status: Int, message: String) {
            try await Self.configure(server, "ValidatingWebhookConfiguration", "w", [hook])
            let answer = try await server.send("POST", Self.maps, Self.configMap(name))
            #expect(try await server.send("DELETE", resource).status == 200)
            return (answer.status, answer.body["message"]?.string ?? "")
        }
        let prefix = "Internal error occurred: failed calling webhook \"w.example.com\": "
        let slow = Self.hook("w.example.com", outside.client("/slow"), [("timeoutSeconds", 1)])
        let late = try await attempt(slow, "late")
        #expect(late.status == 500)
        #expect(
            late.message
                == prefix + "failed to call webhook: Post \"\(outside.url)/slow?timeout=1s\": context deadline exceeded"
        )
        var tolerant = slow
        tolerant["failurePolicy"] = "Ignore"
        #expect(try await attempt(tolerant, "tolerated").status == 201)
        let broken = try await attempt(Self.hook("w.example.com", outside.client("/broken")), "broken")
        #expect(
            broken.message
                == prefix
                + "failed to call webhook: an error on the server (\"no luck\") has prevented the request from succeeding"
        )
        let other = try await attempt(Self.hook("w.example.com", outside.client("/other")), "other")
        #expect(other.message.hasPrefix(prefix + "received invalid webhook response: expected response.uid="))
        let stranger = try await attempt(
            Self.hook("w.example.com", ["url": .string(outside.url + "/ok")]), "stranger")
        #expect(stranger.message.hasSuffix("x509: certificate signed by unknown authority"), "\(stranger.message)")
        let effects = Self.hook("w.example.com", outside.client("/ok"))
        try await Self.configure(server, "ValidatingWebhookConfiguration", "w", [effects])
        #expect(try await server.send("DELETE", resource).status == 200)

        // By service: the name is checked, the address comes from the endpoints.
        let byService: JSON = [
            "service": ["namespace": "default", "name": "hook", "path": "/ok", "port": 443], "caBundle": outside.bundle,
        ]
        let missing = try await attempt(Self.hook("w.example.com", byService), "missing")
        #expect(
            missing.message
                == prefix
                + "failed to call webhook: Post \"https://hook.default.svc:443/ok?timeout=5s\": service \"hook\" not found"
        )
        _ = try await server.send(
            "POST", "/api/v1/namespaces/default/services",
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "hook"],
                "spec": ["ports": [["name": "https", "port": 443, "targetPort": 9443]]],
            ])
        let empty = try await attempt(Self.hook("w.example.com", byService), "empty")
        #expect(empty.message.hasSuffix(": no endpoints available for service \"hook\""))
        let slice = try await server.send(
            "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            [
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                "metadata": ["name": "hook-1", "labels": ["kubernetes.io/service-name": "hook"]],
                "endpoints": [["addresses": ["127.0.0.1"], "conditions": ["ready": true]]],
                "ports": [["name": "https", "port": .int(Int64(outside.port)), "protocol": "TCP"]],
            ])
        // A loopback address is refused in a slice by upstream's rules: then the old Endpoints cannot have it either.
        if slice.status == 201 {
            outside.forget()
            let found = try await attempt(Self.hook("w.example.com", byService), "found")
            #expect(found.status == 201, "\(found.message)")
            #expect(outside.visits.first?.header("host") == "hook.default.svc:443")
        } else {
            #expect(slice.body["message"]?.string?.contains("loopback") == true, "\(slice.body.text)")
        }
        await outside.stop()
    }

    /// Controllers, scheduler and kubelets come by the same door; connections and subresources are asked about too.
    @Test func everyDoorIsTheSame() async throws {
        let outside = try await OutsideServer.webhook { path, request in
            switch path {
            case "/pods":
                return OutsideServer.patch([
                    ["op": "add", "path": "/metadata/annotations", "value": ["hooked": "yes"]]
                ])
            case "/scale":
                return (request["object", "spec", "replicas"]?.int ?? 0) > 3
                    ? ["allowed": false, "status": ["message": "three at most"]] : ["allowed": true]
            case "/exec": return ["allowed": false, "status": ["message": "nobody goes in", "code": 403]]
            default: return ["allowed": true]
            }
        }
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:1"])
        defer { cluster.remove() }
        func rule(_ groups: JSON, _ resources: JSON, _ operations: JSON) -> (String, JSON) {
            (
                "rules",
                [["apiGroups": groups, "apiVersions": ["*"], "operations": operations, "resources": resources]]
            )
        }
        let everywhere: (String, JSON) = (
            "namespaceSelector", ["matchLabels": ["kubernetes.io/metadata.name": "default"]]
        )
        try await Self.configure(
            cluster, "MutatingWebhookConfiguration", "pods",
            [
                Self.hook(
                    "pods.example.com", outside.client("/pods"), [rule([""], ["pods"], ["CREATE"]), everywhere])
            ])
        try await Self.configure(
            cluster, "ValidatingWebhookConfiguration", "rest",
            [
                Self.hook(
                    "scale.example.com", outside.client("/scale"),
                    [rule(["apps"], ["deployments/scale"], ["UPDATE"]), everywhere]),
                Self.hook(
                    "bind.example.com", outside.client("/bind"),
                    [rule([""], ["pods/binding", "pods/status"], ["*"]), everywhere]),
                Self.hook(
                    "exec.example.com", outside.client("/exec"),
                    [rule([""], ["pods/exec"], ["CONNECT"]), everywhere]),
                Self.hook(
                    "evict.example.com", outside.client("/evict"),
                    [rule([""], ["pods/eviction"], ["CREATE"]), everywhere]),
            ])
        let made = try await cluster.send(
            "POST", "/apis/apps/v1/namespaces/default/deployments",
            [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
                "spec": [
                    "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
                    "template": [
                        "metadata": ["labels": ["app": "web"]],
                        "spec": ["containers": [["name": "main", "image": "reckon.dev/busybox:1"]]],
                    ],
                ],
            ])
        #expect(made.status == 201)
        let ready = try await cluster.eventually {
            try await cluster.send("GET", "/apis/apps/v1/namespaces/default/deployments/web").body[
                "status", "readyReplicas"] == 2
        }
        #expect(ready, "\(cluster.errorText)")
        let pods = try await cluster.send("GET", "/api/v1/namespaces/default/pods").body["items"]?.elements ?? []
        #expect(pods.count == 2 && pods.allSatisfy { $0["metadata", "annotations", "hooked"] == "yes" })
        let bound = outside.visits.filter { $0.path == "/bind" && $0.review["subResource"] == "binding" }
        #expect(bound.count >= 2 && bound.allSatisfy { $0.review["kind", "kind"] == "Binding" })
        #expect(bound.allSatisfy { $0.review["userInfo", "username"] == "system:kube-scheduler" })
        #expect(outside.visits.contains { $0.path == "/bind" && $0.review["subResource"] == "status" })

        let scale = "/apis/apps/v1/namespaces/default/deployments/web/scale"
        let type = "application/merge-patch+json"
        let tooMany = try await cluster.send("PATCH", scale, ["spec": ["replicas": 5]], contentType: type)
        #expect(tooMany.status == 400)
        #expect(
            tooMany.body["message"] == "admission webhook \"scale.example.com\" denied the request: three at most")
        #expect(try await cluster.send("PATCH", scale, ["spec": ["replicas": 3]], contentType: type).status == 200)
        #expect(
            outside.visits.last { $0.path == "/scale" }?.review["requestKind"]
                == ["group": "autoscaling", "kind": "Scale", "version": "v1"])

        let pod = try #require(pods.first?["metadata", "name"]?.string)
        let exec = try await cluster.send("POST", "/api/v1/namespaces/default/pods/\(pod)/exec?command=sh&stdout=true")
        #expect(exec.status == 403)
        #expect(exec.body["message"] == "admission webhook \"exec.example.com\" denied the request: nobody goes in")
        let asked = try #require(outside.visits.last { $0.path == "/exec" }?.review)
        #expect(asked["operation"] == "CONNECT" && asked["object", "command"] == ["sh"])
        #expect(asked["object", "kind"] == "PodExecOptions")

        let evicted = try await cluster.send(
            "POST", "/api/v1/namespaces/default/pods/\(pod)/eviction",
            ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(pod)]])
        #expect(evicted.status == 201, "\(evicted.body.text)")
        #expect(outside.visits.last { $0.path == "/evict" }?.review["object", "kind"] == "Eviction")
        await outside.stop()
        #expect(cluster.stop() == 0)
        let verified = try cluster.reckon("log", "verify", "--data", cluster.dataPath)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }
}
