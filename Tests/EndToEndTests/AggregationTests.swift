import Document
import Foundation
import HTTPEdge
import NIOCore
import TestSupport
import Testing

/// An extension API server behind an APIService.
@Suite(.serialized) struct AggregationTests {
    static let group = "things.example.com"
    static let apiVersion = group + "/v1"
    static let described = "/openapi/v3/apis/" + apiVersion

    static func extensionServer() async throws -> OutsideServer {
        try await OutsideServer.start(["api.default.svc"]) { visit, responder in
            func answer(_ document: JSON, _ code: Int = 200) {
                responder.respond(code, [("content-type", "application/json")], .bytes(document.encoded()))
            }
            let thing: JSON = [
                "apiVersion": .string(Self.apiVersion), "kind": "Thing",
                "metadata": [
                    "name": "one", "namespace": "default", "uid": "33ebf0a5-6ccf-4f0b-a4e5-3b5b9fd6b5b1",
                    "resourceVersion": "1",
                ],
            ]
            let list = "/apis/\(Self.apiVersion)/namespaces/default/things"
            switch visit.path {
            case "/apis/" + Self.apiVersion:
                answer([
                    "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(Self.apiVersion),
                    "resources": [
                        [
                            "name": "things", "singularName": "thing", "namespaced": true, "kind": "Thing",
                            "verbs": ["get", "list", "watch"], "shortNames": ["th"],
                        ],
                        [
                            "name": "things/status", "singularName": "", "namespaced": true, "kind": "Thing",
                            "verbs": ["get"],
                        ],
                    ],
                ])
            case list where visit.query.contains("watch="):
                responder.startStream(200, [("content-type", "application/json")])
                for type in ["ADDED", "MODIFIED"] {
                    let event: JSON = ["type": .string(type), "object": thing]
                    responder.write(.init(bytes: event.encoded() + [10]))
                }
                responder.end()
            case list:
                answer([
                    "apiVersion": .string(Self.apiVersion), "kind": "ThingList", "metadata": ["resourceVersion": "1"],
                    "items": [thing],
                ])
            case list + "/one": answer(thing)
            case "/openapi/v3":
                answer([
                    "paths": ["apis/\(Self.apiVersion)": ["serverRelativeURL": .string(Self.described + "?hash=7")]]
                ])
            case Self.described: answer(["openapi": "3.0.0", "info": ["title": "things"]])
            case "/openapi/v2":
                answer([
                    "swagger": "2.0",
                    "paths": [
                        .init(list): ["get": ["operationId": "listThings"]],
                        "/version/": ["get": ["operationId": "no"]],
                    ],
                    "definitions": ["com.example.things.v1.Thing": ["type": "object"]],
                ])
            default:
                answer(
                    [
                        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound",
                        "message": "nothing here",
                    ], 404)
            }
        }
    }

    static func register(_ outside: OutsideServer) -> JSON {
        [
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": ["name": .string("v1." + group)],
            "spec": [
                "group": .string(group), "version": "v1", "groupPriorityMinimum": 2000, "versionPriority": 10,
                "caBundle": outside.bundle,
                "service": ["namespace": "default", "name": "api", "port": .int(Int64(outside.port))],
            ],
        ]
    }

    @Test func requestsArePassedOn() async throws {
        let outside = try await Self.extensionServer()
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let services = "/apis/apiregistration.k8s.io/v1/apiservices"
        let things = "/apis/\(Self.apiVersion)/namespaces/default/things"
        func condition() async throws -> String {
            let object = try await server.send("GET", services + "/v1." + Self.group).body
            let found = object["status", "conditions"]?.elements.first { $0["type"] == "Available" }
            return
                "\(found?["status"]?.string ?? "") \(found?["reason"]?.string ?? ""): \(found?["message"]?.string ?? "")"
        }
        #expect(try await server.send("POST", services, Self.register(outside)).status == 201)
        let missing = "False ServiceNotFound: service/api in \"default\" is not present"
        #expect(try await server.eventually(10) { try await condition() == missing })
        let early = try await server.send("GET", things)
        #expect(early.status == 503 && early.body == "service unavailable\n", "\(early.body.text)")

        _ = try await server.send(
            "POST", "/api/v1/namespaces/default/services",
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "api"],
                "spec": ["type": "ExternalName", "externalName": "localhost"],
            ])
        let passed = try await server.eventually(10) { try await condition() == "True Passed: all checks passed" }
        let said = try await condition()
        #expect(passed, "\(said)")

        // Who asks is told by headers, over a connection that proves who tells.
        outside.forget()
        let got = try await server.send("GET", things + "/one", headers: [("X-Remote-User", "somebody")])
        #expect(got.status == 200 && got.body["metadata", "name"] == "one")
        let visit = try #require(outside.visits.last { $0.path == things + "/one" })
        #expect(visit.headers("x-remote-user") == ["admin"] && visit.headers("x-remote-uid") == ["admin-uid"])
        #expect(visit.headers("x-remote-group") == ["system:masters", "system:authenticated"])
        #expect(visit.header("authorization") == nil && visit.peerCertificate != nil)
        #expect(visit.header("host") == "api.default.svc:\(outside.port)")
        let denied = try await server.send("GET", things, token: "alicetoken")
        #expect(denied.status == 403, "this server's rules come first")

        let watch = try await server.send("GET", things + "?watch=1")
        #expect((watch.body.string ?? "").split(separator: "\n").count == 2)
        #expect(try await server.send("GET", things + "/two").status == 404)

        // Discovery lists it, in both forms, ahead of the groups that stand lower.
        let groups = try await server.send("GET", "/apis").body["groups"]?.elements ?? []
        #expect(groups.contains { $0["name"]?.string == Self.group })
        #expect(try await server.send("GET", "/apis/" + Self.group).body["preferredVersion", "version"] == "v1")
        let merged = try await server.send(
            "GET", "/apis",
            headers: [("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")])
        _ = merged
        // So do the OpenAPI documents.
        let index = try await server.send("GET", "/openapi/v3").body
        #expect(index["paths", "apis/" + Self.apiVersion, "serverRelativeURL"]?.string == Self.described + "?hash=7")
        #expect(index["paths", "api/v1"] != nil)
        #expect(try await server.send("GET", Self.described).body["info", "title"] == "things")
        let swagger = try await server.send("GET", "/openapi/v2").body
        let list = "/apis/\(Self.apiVersion)/namespaces/default/things"
        #expect(swagger["paths", list, "get", "operationId"] == "listThings")
        #expect(swagger["paths", "/version/"] == nil)
        #expect(swagger["definitions", "com.example.things.v1.Thing", "type"] == "object")
        if let kubectl = Tools.kubectl {
            _ = kubectl
            let resources = try server.kubectl("api-resources", "--api-group=" + Self.group)
            #expect(resources.output.contains("things"), "\(resources.output)\(resources.errors)")
            let listed = try server.kubectl("get", "th", "-o", "name")
            #expect(listed.output == "thing.things.example.com/one\n", "\(listed.errors)")
            #expect(try server.kubectl("get", "thing", "one").output.contains("one"))
        }

        await outside.stop()
        let gone = try await server.send("GET", things)
        #expect(gone.status == 503)
        #expect(gone.body.string?.contains("connection refused") == true, "\(gone.body.text)")
        #expect(server.stop() == 0)
        let log = try server.reckon(
            "log", "list", "--data", server.dataPath, "--access", "--limit", "1000", "-o", "json")
        #expect(log.output.contains(things + "/one"))
        #expect(try server.reckon("log", "verify", "--data", server.dataPath).status == 0)
    }

    /// A front proxy's word for a user counts, and is recorded as such; anybody else's does not.
    @Test func aFrontProxySpeaksForUsers() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        func read(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: server.dataPath + "/pki/" + name)))
        }
        let proxy = ReckonProcess.client(
            certificate: try read("front-proxy-client.crt"), key: try read("front-proxy-client.key"))
        func who(_ headers: [(String, String)]) async throws -> (Int, JSON) {
            let review: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]
            let answer = try await proxy.send(
                .init(
                    .POST, server.url + "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                    headers: [("Content-Type", "application/json"), ("Accept", "application/json")] + headers,
                    body: .init(bytes: review.encoded())))
            let bytes = answer.body.withUnsafeReadableBytes { Array($0) }
            return (answer.status, (try? JSON(parsing: bytes)) ?? .null)
        }
        let (status, found) = try await who([
            ("X-Remote-User", "bob"), ("X-Remote-Group", "devs"), ("X-Remote-Group", "ops"),
            ("X-Remote-Extra-Acme.com%2Fteam", "blue"),
        ])
        #expect(status == 201)
        let user = found["status", "userInfo"] ?? .null
        #expect(user["username"] == "bob" && user["groups"] == ["devs", "ops", "system:authenticated"])
        #expect(user["extra", "acme.com/team"] == ["blue"])
        #expect(try await who([]).0 == 401, "the proxy itself is nobody")
        let others = try await server.send(
            "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"], token: "alicetoken",
            headers: [("X-Remote-User", "bob")])
        #expect(others.body["status", "userInfo", "username"] == "alice")
        let published = try await server.send(
            "GET", "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication")
        #expect(published.body["data", "requestheader-client-ca-file"]?.string?.contains("BEGIN CERTIFICATE") == true)
        #expect(published.body["data", "requestheader-allowed-names"] == "[\"front-proxy-client\"]")
        #expect(server.stop() == 0)
        let log = try server.reckon(
            "log", "list", "--data", server.dataPath, "--access", "--limit", "500", "-o", "json")
        #expect(log.output.contains("requestheader"))
    }
}
