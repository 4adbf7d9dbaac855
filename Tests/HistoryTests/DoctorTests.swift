import Document
import History
import Records
import Requests
import Schema
import Testing

@Suite struct DoctorTests {
    private let web = ObjectKey(group: "apps", resource: "deployments", namespace: "shop", name: "web")

    private func kinds(_ past: Past, _ more: [(String, String)] = []) throws -> [String] {
        try past.ask("doctor", more)["findings"]?.elements.compactMap { $0["kind"]?.string } ?? []
    }

    @Test func healthyClustersHaveNothing() throws {
        let past = Past()
        past.write("ann", web, ["spec": ["replicas": 1], "status": ["availableReplicas": 1, "updatedReplicas": 1]])
        past.write(
            "ann", pod("p"), ["status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]]])
        past.write(
            "k", ObjectKey(resource: "nodes", name: "n"),
            ["status": ["conditions": [["type": "Ready", "status": "True"]]]])
        #expect(try kinds(past).isEmpty)
        #expect(DoctorText.text(try past.ask("doctor", []), ink).contains("nothing is wrong"))
    }

    @Test func everyTroubleOfTheStateIsFound() throws {
        let past = Past()
        let old = past.time.rfc3339
        past.write(
            "ann", web,
            [
                "spec": ["replicas": 3],
                "status": [
                    "conditions": [
                        [
                            "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                            "message": "timed out",
                        ]
                    ]
                ],
            ])
        past.write(
            "r", ObjectKey(group: "apps", resource: "replicasets", namespace: "shop", name: "web-1"),
            [
                "metadata": [
                    "ownerReferences": [["controller": true, "kind": "Deployment", "name": "web", "uid": "u"]]
                ],
                "spec": ["replicas": 0],
            ])
        func status(_ reason: String) -> JSON {
            [
                "phase": "Running",
                "containerStatuses": [
                    [
                        "name": "m", "restartCount": 7, "state": ["waiting": ["reason": .string(reason)]],
                        "lastState": ["terminated": ["exitCode": 1, "reason": "Error"]],
                    ]
                ],
            ]
        }
        for i in 0..<3 {
            past.write(
                "r", pod("web-1-\(i)"),
                [
                    "metadata": [
                        "ownerReferences": [["controller": true, "kind": "ReplicaSet", "name": "web-1", "uid": "x"]]
                    ],
                    "status": status("CrashLoopBackOff"),
                ])
        }
        past.write("ann", pod("image"), ["status": status("ImagePullBackOff")])
        past.write(
            "s", pod("big"),
            [
                "status": [
                    "phase": "Pending",
                    "conditions": [
                        [
                            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                            "message": "0/3 nodes are available: 3 Insufficient cpu.",
                        ]
                    ],
                ]
            ])
        past.write(
            "ann", ObjectKey(resource: "services", namespace: "shop", name: "lost"),
            ["spec": ["selector": ["app": "x"]]])
        past.write(
            "ann", ObjectKey(resource: "persistentvolumeclaims", namespace: "shop", name: "disk"),
            ["metadata": ["creationTimestamp": .string(old)], "status": ["phase": "Pending"]])
        past.write(
            "k", ObjectKey(resource: "nodes", name: "n1"),
            ["status": ["conditions": [["type": "Ready", "status": "Unknown", "message": "no word"]]]])
        past.write(
            "ann", ObjectKey(resource: "namespaces", name: "stuck"),
            ["metadata": ["deletionTimestamp": .string(old)], "spec": ["finalizers": ["kubernetes"]]])
        past.write(
            "ann", configMap("held"),
            ["metadata": ["deletionTimestamp": .string(old), "finalizers": ["example.com/x"]]])
        past.write(
            "ann", ObjectKey(resource: "resourcequotas", namespace: "shop", name: "q"),
            ["status": ["hard": ["pods": "4", "cpu": "2"], "used": ["pods": "4", "cpu": "1500m"]]])
        past.time = past.time.adding(seconds: 300)
        let answer = try past.ask("doctor", [])
        let findings = answer["findings"]?.elements ?? []
        #expect(
            Set(findings.compactMap { $0["kind"]?.string }) == [
                "FailedRollout", "CrashingPods", "ImagePull", "Unschedulable", "NoEndpoints", "UnboundClaim",
                "NodeNotReady",
                "StuckNamespace", "StuckDeletion", "QuotaExhausted",
            ])
        // The worst first, pods of one owner together, and a command with each.
        let severities = findings.compactMap { $0["severity"]?.string }
        #expect(severities == severities.sorted { a, b in a == "critical" && b != "critical" })
        let crash = findings.first { $0["kind"] == "CrashingPods" }
        #expect(crash?["title"] == "3 pods of deployment/web -n shop crash again and again")
        #expect(crash?["count"] == 3)
        #expect(findings.allSatisfy { !($0["command"]?.string ?? "").isEmpty && $0["revision"] != nil })
        #expect(try kinds(past, [("namespace", "elsewhere")]).isEmpty)
        // Before it happened nothing was wrong.
        #expect(try kinds(past, [("at", "0")]).isEmpty)
    }

    private func fightRound(_ past: Past, _ user: String, _ replicas: Int64) {
        past.write(
            user, web,
            ["spec": ["replicas": .int(replicas)], "status": ["availableReplicas": 9, "updatedReplicas": 9]])
    }

    @Test func fightsAreToldFromAutoscaling() throws {
        let past = Past()
        for _ in 0..<4 {
            fightRound(past, "gitops", 3)
            fightRound(past, "ann", 5)
        }
        let fights = try past.ask("doctor", [("only", "loops")])["findings"]?.elements ?? []
        #expect(fights.map { $0["kind"] } == ["Fight"])
        #expect(fights[0]["title"] == "ann and gitops fight over spec.replicas of deployment/web -n shop")
        #expect(fights[0]["evidence"]?.strings.last == "7 times within 6s")

        let calm = Past()
        for i in 0..<10 {
            // An autoscaler that scales, and a controller that reports.
            calm.write(
                "hpa", web, ["spec": ["replicas": .int(3 + Int64(i % 3))], "status": ["replicas": .int(Int64(i))]])
            calm.write(
                "deployment-controller", web,
                ["spec": ["replicas": .int(3 + Int64(i % 3))], "status": ["replicas": .int(Int64(i + 1))]])
        }
        #expect(try kinds(calm, [("only", "loops")]).isEmpty)
    }

    @Test func stormsAreCounted() throws {
        let past = Past()
        past.write("ann", configMap("c"), ["data": [:]])
        for i in 0..<80 { past.write("robot", configMap("c"), ["data": ["n": .string("\(i)")]]) }
        for _ in 0..<30 { past.access("lazy", "update", "/api/v1/namespaces/shop/configmaps/c", code: 200) }
        for _ in 0..<12 { past.access("hasty", "update", "/api/v1/namespaces/shop/configmaps/c", code: 409) }
        for _ in 0..<25 {
            past.access(
                "eve", "list", "/api/v1/secrets", code: 403,
                authorization: AuthorizationFacts(verdict: .denied, authorizer: "RBAC"))
        }
        for _ in 0..<5 {
            past.access(
                "", "get", "/version", code: 401,
                authentication: AuthenticationFacts(
                    authenticator: "", user: UserInfo(name: ""), fingerprint: "bad",
                    verdicts: [.init("token-file", .expired)]))
        }
        #expect(
            Set(try kinds(past)) == ["HotLoop", "NoOpStorm", "ConflictStorm", "DeniedRequests", "FailedLogins"])
        // Who may not read the audit learns nothing of other people's requests.
        let narrow = try past.ask("doctor", []) { $0.resource.isEmpty }
        #expect(narrow["findings"]?.elements.compactMap { $0["kind"]?.string } == ["HotLoop"])
    }

    @Test func certificatesNearTheirEndAreNamed() throws {
        let past = Past()
        past.write(
            "ann", ObjectKey(resource: "secrets", namespace: "shop", name: "tls"),
            ["type": "kubernetes.io/tls", "data": ["tls.crt": .string(Self.certificate)]])
        // Valid until 2027-02-01T14:50:28Z; the clock of these histories begins in January 2027.
        let findings = try past.ask("doctor", [])["findings"]?.elements ?? []
        #expect(findings.map { $0["kind"] } == ["CertificateExpiry"])
        #expect(findings[0]["evidence"]?.strings == ["valid until 2027-02-01T14:50:28Z"])
    }

    @Test func theServersOwnCertificateIsLookedAt() throws {
        let past = Past()
        past.write("ann", configMap("c"), ["data": [:]])
        func findings(_ query: [Query.Parameter], now: Timestamp) throws -> [JSON] {
            var ground = Ground(past: past, present: past.state, catalog: .builtin, now: now)
            ground.servingCertificate = try Base64.decode(Self.certificate)
            return try Questions.answer("doctor", Query(query), ground)?["findings"]?.elements ?? []
        }
        let near = try findings([], now: past.time)
        #expect(near.map { $0["kind"] } == ["CertificateExpiry"])
        #expect(near[0]["title"]?.string?.hasPrefix("the server's own certificate expires in") == true)
        #expect(try findings([], now: past.time.adding(seconds: -90 * 86_400)).isEmpty)
        let late = try findings([], now: past.time.adding(seconds: 90 * 86_400))
        #expect(late.first?["severity"] == "critical")
        // Of the past nothing is known of it, and a namespace has none.
        #expect(try findings([.init(name: "at", value: "1")], now: past.time).isEmpty)
        #expect(try findings([.init(name: "namespace", value: "shop")], now: past.time).isEmpty)
    }

    /// A self-signed certificate whose key was thrown away, base64 of its PEM text.
    private static let certificate =
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJiRENDQVJPZ0F3SUJBZ0lVRHYvdVA3QSt0K2F0N2JTZlVOTXB5SE9ZcFFJ"
        + "d0NnWUlLb1pJemowRUF3SXcKRERFS01BZ0dBMVVFQXd3QmREQWVGdzB5TmpFeE1qTXhORFV3TWpoYUZ3MHlOekF5TURFeE5EVXdN"
        + "amhhTUF3eApDakFJQmdOVkJBTU1BWFF3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVJuc3pFR05MZzEyWk9hCjda"
        + "SHVsMWVSaUtXV0prKzRIekdSdEsrZGVxcDl5Z3NySG9WUjJJbzVhNy8xeitiVFZLc2tva3pYd05Jc2gyK3YKcTZOaVkrKzJvMU13"
        + "VVRBZEJnTlZIUTRFRmdRVWVQWVl5VVdWdGVGc3lncjVHOTZlM2k2RmIva3dId1lEVlIwagpCQmd3Rm9BVWVQWVl5VVdWdGVGc3ln"
        + "cjVHOTZlM2k2RmIva3dEd1lEVlIwVEFRSC9CQVV3QXdFQi96QUtCZ2dxCmhrak9QUVFEQWdOSEFEQkVBaUJwa0pvUE9reTFjNkRm"
        + "bzF0VnB5d2g5OGFuVFBlZTZjYVdPUkhaYk9RSTlBSWcKT1hTeVZxQmZhVE94T0pkakpoUFB5cEhCNFFaaHBJYTIxZUFHbzJWcUpv"
        + "TT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
}
