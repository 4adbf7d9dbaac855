import Document
import Foundation
import TestSupport
import Testing

/// What was answered is answered again: every read, saved live at many revisions, equals the same read under /at/, byte for byte.
@Suite(.serialized) struct PastTests {
    private struct Saved {
        let path: String
        let accept: String
        let bytes: [UInt8]
        /// Where to look: a revision, or the times between which it was asked (Tables tell ages).
        let places: [String]
    }
    private static let json = "application/json"
    private static let protobuf = "application/vnd.kubernetes.protobuf"
    private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    private static let yaml = "application/yaml"
    private static let metadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    private static let metadataList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    private static let aggregated = "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"

    private static let reads: [(path: String, accept: String)] = [
        ("/api/v1/pods", json), ("/api/v1/pods", protobuf), ("/api/v1/pods", table),
        ("/api/v1/pods?fieldSelector=status.phase%3DRunning", json), ("/api/v1/namespaces/default/pods/p1", json),
        ("/api/v1/namespaces/default/pods/p1", protobuf), ("/api/v1/namespaces/default/pods/p1", table),
        ("/apis/apps/v1/deployments", json), ("/apis/apps/v1/deployments", table),
        ("/apis/apps/v1/namespaces/default/deployments/d1", protobuf),
        ("/apis/apps/v1/namespaces/default/deployments/d1/scale", json),
        ("/api/v1/namespaces/default/services/s1", json), ("/api/v1/services", table),
        ("/api/v1/nodes", table), ("/api/v1/nodes/n1", json), ("/api/v1/namespaces", json),
        ("/api/v1/secrets?labelSelector=n%3D1", json), ("/apis/rbac.authorization.k8s.io/v1/clusterroles", json),
        ("/apis/example.com/v1/widgets", json), ("/apis/example.com/v1/widgets", table),
        ("/apis/example.com/v1/namespaces/default/widgets/w1", json),
        ("/apis/example.com/v1", json), ("/apis", json), ("/apis", aggregated), ("/openapi/v3", json),
        ("/openapi/v3/apis/example.com/v1", json),
        // Pages, and what selectors find, by an index and without one.
        ("/api/v1/pods?limit=2", json), ("/api/v1/pods?limit=1", table),
        ("/api/v1/namespaces/default/pods?limit=1", protobuf),
        ("/api/v1/namespaces?limit=3", json), ("/api/v1/namespaces?limit=4", metadataList),
        ("/api/v1/pods?labelSelector=n%3D1", json), ("/api/v1/pods?labelSelector=n%20in%20(1,2)&limit=1", json),
        ("/api/v1/pods?labelSelector=n!%3D2", table), ("/api/v1/namespaces/default/services?labelSelector=!n", json),
        ("/api/v1/pods?fieldSelector=metadata.name%3Dp2", json),
        ("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", json),
        ("/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dp2,status.phase!%3DFailed&limit=1", json),
        ("/apis/example.com/v1/widgets?labelSelector=n%3D2&limit=1", table),
        // The other forms of the same objects.
        ("/api/v1/pods", yaml), ("/api/v1/namespaces/default/pods/p2", yaml), ("/api/v1/pods", metadataList),
        ("/api/v1/namespaces/default/secrets/x1", metadata), ("/apis/example.com/v1/widgets", metadataList),
        ("/api/v1/namespaces/default/pods/p1/status", json),
        ("/apis/example.com/v1/nothing", json), ("/apis/nobody.example.com/v1/nothing", json),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json), ("/api/v1", json), ("/version", json),
    ]

    private static func definition(_ field: String, column: String) -> JSON {
        let property: JSON = ["type": "string", "default": "x"]
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "widgets.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": [
                            "openAPIV3Schema": [
                                "type": "object",
                                "properties": [
                                    "spec": [
                                        "type": "object",
                                        "properties": .object(JSONObject([(field, property)])),
                                    ]
                                ],
                            ]
                        ],
                        "additionalPrinterColumns": [
                            ["name": .string(column), "type": "string", "jsonPath": .string(".spec." + field)]
                        ],
                    ]
                ],
            ],
        ]
    }

    /// One random write; what it does is of no interest, as long as it changes something.
    private func write(_ server: ReckonProcess, _ random: inout SeededNumbers, _ round: Int) async throws {
        let n = Int64(random.next() % 3) + 1
        let text = JSON.string(String(random.next() % 1000))
        func put(_ path: String, _ name: String, _ body: JSON, _ patch: JSON) async throws {
            let answer = try await server.send(
                "PATCH", path + "/" + name, patch, contentType: "application/merge-patch+json")
            if answer.status == 404 {
                var body = body
                body["metadata", "name"] = .string(name)
                body["metadata", "labels"] = ["n": .string("\(n)")]
                _ = try await server.send("POST", path, body)
            }
        }
        let pod: JSON = ["containers": [["name": "m", "image": "i:1"]]]
        switch random.next() % 11 {
        case 0:
            try await put(
                "/api/v1/namespaces/default/pods", "p\(n)", ["spec": pod], ["metadata": ["annotations": ["a": text]]])
        case 1:
            let phase = JSON.string(["Running", "Pending", "Succeeded", "Failed"][Int(random.next() % 4)])
            _ = try await server.send(
                "PATCH", "/api/v1/namespaces/default/pods/p\(n)/status",
                [
                    "status": [
                        "phase": phase, "podIP": .string("10.0.0.\(n)"), "podIPs": [["ip": .string("10.0.0.\(n)")]],
                    ]
                ],
                contentType: "application/strategic-merge-patch+json")
        case 2:
            try await put(
                "/apis/apps/v1/namespaces/default/deployments", "d\(n)",
                [
                    "spec": [
                        "selector": ["matchLabels": ["a": "b"]],
                        "template": ["metadata": ["labels": ["a": "b"]], "spec": pod],
                    ]
                ], ["spec": ["replicas": .int(n)]])
        case 3:
            try await put(
                "/api/v1/namespaces/default/services", "s\(n)", ["spec": ["ports": [["port": 80]]]],
                ["spec": ["selector": ["a": text]]])
        case 4:
            try await put("/api/v1/nodes", "n\(n)", [:], ["spec": ["unschedulable": .bool(n == 1)]])
        case 5:
            try await put(
                "/api/v1/namespaces/default/secrets", "x\(n)", ["stringData": ["k": text]], ["stringData": ["k": text]])
        case 6:
            try await put(
                "/apis/example.com/v1/namespaces/default/widgets", "w\(n)",
                ["apiVersion": "example.com/v1", "kind": "Widget", "spec": [:]],
                ["spec": ["size": text, "colour": text]])
        case 7:
            let kinds = [
                "api/v1/namespaces/default/pods/p", "apis/apps/v1/namespaces/default/deployments/d",
                "api/v1/namespaces/default/services/s",
            ]
            _ = try await server.send(
                "DELETE", "/\(kinds[Int(random.next() % 3)])\(n)",
                ["gracePeriodSeconds": 0, "kind": "DeleteOptions", "apiVersion": "v1"])
        case 8:
            try await put(
                "/apis/rbac.authorization.k8s.io/v1/clusterroles", "r\(n)", ["rules": []],
                ["rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": [text]]]])
        case 9: _ = try await server.send("POST", "/api/v1/namespaces", ["metadata": ["name": .string("ns-\(round)")]])
        default:
            let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            // The schema and the columns of the kind change under its objects.
            let wanted = Self.definition(n == 1 ? "size" : "colour", column: "C\(n)")
            var answer = try await server.send("POST", path, wanted)
            if answer.status == 409 {
                answer = try await server.send(
                    "PATCH", path + "/widgets.example.com", ["spec": wanted["spec"]!],
                    contentType: "application/merge-patch+json")
            }
            _ = try await server.eventually(10) {
                try await server.send("GET", "/apis/example.com/v1").status == 200
            }
        }
    }

    private func revision(_ server: ReckonProcess) async throws -> Int64 {
        try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
    }

    @Test func everyReadIsTheSameLater() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        var random = SeededNumbers(seed: 11_23)
        var saved: [Saved] = []
        for round in 0..<150 {
            try await write(server, &random, round)
            guard round % 10 == 9 else { continue }
            // What the server does by itself after a definition comes is over when nothing moves any more.
            var before = try await revision(server)
            _ = try await server.eventually(5) {
                try await Task.sleep(nanoseconds: 60_000_000)
                let now = try await revision(server)
                defer { before = now }
                return now == before
            }
            for read in Self.reads {
                let from = Self.now()
                let answer = try await server.raw(read.path, accept: read.accept)
                let to = Self.now()
                saved.append(
                    Saved(
                        path: read.path, accept: read.accept, bytes: answer.bytes,
                        places: read.accept == Self.table ? [from, to] : ["\(before)"]))
            }
            #expect(try await revision(server) == before, "nothing else writes")
        }
        #expect(saved.count > 350)
        for old in saved {
            var found: [[UInt8]] = []
            for place in old.places {
                found.append(try await server.raw("/at/\(place)" + old.path, accept: old.accept).bytes)
            }
            #expect(found.contains(old.bytes), "\(old.accept) \(old.path) at \(old.places)")
        }
        try await exactLists(server, saved)
        try await pages(server, saved.filter { $0.path == "/api/v1/namespaces" })
        try await exactGets(
            server, saved.filter { $0.accept == Self.json && $0.path.contains("/default/") && !$0.path.contains("?") })
    }

    /// `resourceVersionMatch=Exact` on a single get, against the same answers.
    private func exactGets(_ server: ReckonProcess, _ saved: [Saved]) async throws {
        for old in saved where !old.path.hasSuffix("/scale") {
            let exact = try await server.raw(
                old.path + "?resourceVersion=\(old.places[0])&resourceVersionMatch=Exact", accept: old.accept)
            // A kind that is no more served has no exact get in the present.
            if exact.status == 404, String(decoding: exact.bytes, as: UTF8.self).contains("could not find") { continue }
            #expect(exact.bytes == old.bytes, "\(old.path) at \(old.places[0])")
        }
        let pods = "/api/v1/namespaces/default/pods/p1?resourceVersionMatch=Exact"
        #expect(try await server.raw(pods, accept: Self.json).status == 400)
        #expect(try await server.raw(pods + "&resourceVersion=0", accept: Self.json).status == 400)
        #expect(try await server.raw(pods + "&resourceVersion=99999999", accept: Self.json).status == 504)
    }

    /// `resourceVersionMatch=Exact` on lists, pages among them.
    private func exactLists(_ server: ReckonProcess, _ saved: [Saved]) async throws {
        let lists = saved.filter { old in
            old.accept == Self.json
                && ["/pods", "/namespaces", "/widgets", "/secrets"].contains {
                    old.path.split(separator: "?")[0].hasSuffix($0)
                }
        }
        #expect(lists.count > 50)
        for old in lists {
            let path = old.path + (old.path.contains("?") ? "&" : "?")
            let exact = try await server.raw(
                path + "resourceVersion=\(old.places[0])&resourceVersionMatch=Exact", accept: old.accept)
            if exact.status == 404, String(decoding: exact.bytes, as: UTF8.self).contains("could not find") { continue }
            #expect(exact.bytes == old.bytes, "\(old.path) at \(old.places[0])")
        }
    }

    /// The pages of a past list, each by the token of the one before, hold together what the list did, and count what follows.
    private func pages(_ server: ReckonProcess, _ saved: [Saved]) async throws {
        for old in saved {
            let whole = try JSON(parsing: old.bytes)["items"]?.array ?? []
            var items: [JSON] = []
            var path = "/at/\(old.places[0])" + old.path + "?limit=2"
            while true {
                let page = try JSON(parsing: try await server.raw(path, accept: old.accept).bytes)
                items += page["items"]?.array ?? []
                #expect(page["metadata", "resourceVersion"]?.string == old.places[0])
                guard let token = page["metadata", "continue"]?.string, !token.isEmpty else { break }
                #expect(page["metadata", "remainingItemCount"]?.int == Int64(whole.count - items.count))
                // The token alone says of which moment it is: in the past and in the present.
                path = (items.count % 4 == 0 ? "" : "/at/\(old.places[0])") + old.path + "?limit=2&continue=" + token
            }
            #expect(items == whole, "at \(old.places[0])")
        }
    }

    /// A list of many objects is read as it is sent: it is the one that was answered then, to the last byte.
    @Test func longListsAreTheSameLater() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let maps = "/api/v1/namespaces/default/configmaps"
        let lists = [
            "/api/v1/configmaps", maps, "/api/v1/configmaps?labelSelector=half%3D0", "/api/v1/configmaps?limit=700",
        ]
        var saved: [(revision: Int64, path: String, bytes: [UInt8])] = []
        for round in 0..<4 {
            for i in 0..<1300 where (i + round) % 3 != 0 || round == 0 {
                let name = "long-\(i)"
                if round == 0 {
                    let data = JSON.string(String(repeating: "x", count: i % 900))
                    _ = try await server.send(
                        "POST", maps,
                        [
                            "metadata": ["name": .string(name), "labels": ["half": .string("\(i % 2)")]],
                            "data": ["k": data],
                        ])
                } else if i % 40 == round {
                    _ = try await server.send("DELETE", maps + "/" + name)
                } else if i % 2 == 1 || round == 2 {
                    _ = try await server.send(
                        "PATCH", maps + "/" + name, ["data": ["round": .string("\(round)")]],
                        contentType: "application/merge-patch+json")
                }
            }
            let now = try await revision(server)
            for path in lists { saved.append((now, path, try await server.raw(path, accept: Self.json).bytes)) }
            #expect(try await revision(server) == now, "nothing else writes")
        }
        for old in saved {
            let found = try await server.raw("/at/\(old.revision)" + old.path, accept: Self.json).bytes
            #expect(found == old.bytes, "\(old.path) at \(old.revision): \(found.count) bytes for \(old.bytes.count)")
        }
        #expect(try JSON(parsing: saved[0].bytes)["items"]?.array?.count ?? 0 >= 1300)
    }

    @Test func rightsAndWatchesOfTheTime() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/"
        func review(_ prefix: String) async throws -> JSON? {
            try await server.send(
                "POST", prefix + "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                [
                    "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                    "spec": [
                        "user": "alice",
                        "resourceAttributes": ["verb": "get", "resource": "pods", "namespace": "default"],
                    ],
                ]
            ).body["status", "allowed"]
        }
        let before = try await revision(server)
        _ = try await server.send(
            "POST", rbac + "roles",
            ["metadata": ["name": "r"], "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]])
        _ = try await server.send(
            "POST", rbac + "rolebindings",
            [
                "metadata": ["name": "b"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
                "subjects": [["kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
        let granted = try await revision(server)
        // What alice may do in all, as she asks herself: she must be let in today to ask it of the past.
        func rules(_ prefix: String) async throws -> [JSON] {
            try await server.send(
                "POST", prefix + "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                [
                    "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
                    "spec": ["namespace": "default"],
                ], headers: [("Impersonate-User", "alice"), ("Impersonate-Group", "system:authenticated")]
            ).body["status", "resourceRules"]?.array ?? []
        }
        func mayReadPods(_ rules: [JSON]) -> Bool { rules.contains { $0["resources"] == ["pods"] } }
        _ = try await server.send("DELETE", rbac + "rolebindings/b")
        #expect(try await review("/at/\(before)") == false)
        #expect(try await review("/at/\(granted)") == true)
        #expect(try await review("") == false)
        #expect(mayReadPods(try await rules("/at/\(granted)")))
        #expect(!mayReadPods(try await rules("/at/\(before)")))
        #expect(!mayReadPods(try await rules("")))

        // A watch plays on from there into the present.
        let maps = "/api/v1/namespaces/default/configmaps"
        let start = try await revision(server)
        for i in 0..<3 { _ = try await server.send("POST", maps, ["metadata": ["name": .string("c\(i)")]]) }
        _ = try await server.send("DELETE", maps + "/c1")
        let played = try await server.raw(
            "/at/\(start)\(maps)?watch=true&resourceVersion=\(start)&timeoutSeconds=1", accept: Self.json)
        let events = played.bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: Array($0)) }
        #expect(
            events.map { "\($0["type"]?.string ?? "") \($0["object", "metadata", "name"]?.string ?? "")" } == [
                "ADDED c0", "ADDED c1", "ADDED c2", "DELETED c1",
            ])
    }

    /// Without a version a watch of the past begins with what there was, and goes on with what followed up to the present; with a
    /// selector it tells who came into it and who left.
    @Test func aWatchOfThePastBeginsWithItsState() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let maps = "/api/v1/namespaces/default/configmaps"
        func make(_ name: String, _ tier: String) async throws {
            _ = try await server.send(
                "POST", maps, ["metadata": ["name": .string(name), "labels": ["tier": .string(tier)]]])
        }
        func label(_ name: String, _ tier: String) async throws {
            _ = try await server.send(
                "PATCH", maps + "/" + name, ["metadata": ["labels": ["tier": .string(tier)]]],
                contentType: "application/merge-patch+json")
        }
        try await make("a", "front")
        try await make("b", "back")
        let then = try await revision(server)
        try await label("b", "front")
        try await label("a", "back")
        try await make("c", "front")
        _ = try await server.send("DELETE", maps + "/c")
        func played(_ query: String, _ accept: String = Self.json) async throws -> [JSON] {
            let answer = try await server.raw(
                "/at/\(then)\(maps)?watch=true&timeoutSeconds=1\(query)", accept: accept)
            return answer.bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: Array($0)) }
        }
        func told(_ events: [JSON]) -> [String] {
            events.map { event in
                "\(event["type"]?.string ?? "") \(event["object", "metadata", "name"]?.string ?? "")"
            }.filter { !$0.contains("kube-root-ca") }
        }
        #expect(
            told(try await played("")) == [
                "ADDED a", "ADDED b", "MODIFIED b", "MODIFIED a", "ADDED c", "DELETED c",
            ])
        #expect(
            told(try await played("&labelSelector=tier%3Dfront")) == [
                "ADDED a", "ADDED b", "DELETED a", "ADDED c", "DELETED c",
            ])
        #expect(
            told(try await played("&labelSelector=tier%3Dfront&resourceVersion=\(then)")) == [
                "ADDED b", "DELETED a", "ADDED c", "DELETED c",
            ])
        let rows = try await played("&fieldSelector=metadata.name%3Db", Self.table)
        #expect(rows.map { $0["type"]?.string } == ["ADDED", "MODIFIED"])
        #expect(rows.allSatisfy { $0["object", "kind"]?.string == "Table" })
    }

    private static func now() -> String {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)).rfc3339Micro
    }
}
