import Document
import Foundation
import TestSupport
import Testing

/// Custom resources whose versions a webhook converts: written, read, listed and watched at either.
@Suite(.serialized) struct ConversionTests {
    static func definition(_ client: JSON, storage: String) -> JSON {
        func version(_ name: String, _ properties: JSON) -> JSON {
            [
                "name": .string(name), "served": true, "storage": .bool(name == storage),
                "schema": [
                    "openAPIV3Schema": [
                        "type": "object", "properties": ["spec": ["type": "object", "properties": properties]],
                    ]
                ],
            ]
        }
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "backends.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "backends", "kind": "Backend"],
                "versions": [
                    version("v1", ["hostPort": ["type": "string"]]),
                    version("v2", ["host": ["type": "string"], "port": ["type": "string"]]),
                ],
                "conversion": [
                    "strategy": "Webhook",
                    "webhook": ["clientConfig": client, "conversionReviewVersions": ["v1"]],
                ],
            ],
        ]
    }

    static func convert(_ object: JSON, to version: String) -> JSON {
        var out = object
        out["apiVersion"] = .string(version)
        if version.hasSuffix("v2"), let text = object["spec", "hostPort"]?.string {
            let parts = text.split(separator: ":").map(String.init)
            out["spec"] = ["host": .string(parts[0]), "port": .string(parts.count > 1 ? parts[1] : "")]
        } else if version.hasSuffix("v1"), let host = object["spec", "host"]?.string {
            out["spec"] = ["hostPort": .string(host + ":" + (object["spec", "port"]?.string ?? ""))]
        }
        return out
    }

    static func base(_ version: String) -> String { "/apis/example.com/\(version)/namespaces/default/backends" }

    @Test func bothVersionsAreOneObject() async throws {
        let outside = try await OutsideServer.webhook { _, request in
            let version = request["desiredAPIVersion"]?.string ?? ""
            let objects = request["objects"]?.elements ?? []
            if objects.contains(where: { $0["metadata", "name"] == "odd" }) {
                return ["result": ["status": "Failed", "message": "odd ones cannot be converted"]]
            }
            return [
                "result": ["status": "Success"],
                "convertedObjects": .array(objects.map { Self.convert($0, to: version) }),
            ]
        }
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        let made = try await server.send("POST", definitions, Self.definition(outside.client("/"), storage: "v1"))
        #expect(made.status == 201, "\(made.body.text)")
        #expect(try await server.eventually { try await server.send("GET", Self.base("v2")).status == 200 })

        let created = try await server.send(
            "POST", Self.base("v2"),
            [
                "apiVersion": "example.com/v2", "kind": "Backend", "metadata": ["name": "a"],
                "spec": ["host": "h", "port": "80"],
            ])
        #expect(created.status == 201, "\(created.body.text)")
        #expect(created.body["spec"] == ["host": "h", "port": "80"] && created.body["apiVersion"] == "example.com/v2")
        let asStored = try await server.send("GET", Self.base("v1") + "/a")
        #expect(asStored.body["spec"] == ["hostPort": "h:80"])
        #expect(asStored.body["metadata", "uid"] == created.body["metadata", "uid"])
        #expect(try await server.send("GET", Self.base("v2") + "/a").body["spec"] == ["host": "h", "port": "80"])

        // A patch at the version that is not stored.
        let patched = try await server.send(
            "PATCH", Self.base("v2") + "/a", ["spec": ["port": "81"]], contentType: "application/merge-patch+json")
        #expect(patched.status == 200 && patched.body["spec"] == ["host": "h", "port": "81"], "\(patched.body.text)")
        #expect(try await server.send("GET", Self.base("v1") + "/a").body["spec"] == ["hostPort": "h:81"])

        // One call for a list, none for the same again.
        outside.forget()
        let list = try await server.send("GET", Self.base("v2"))
        #expect(list.body["items"]?.elements.first?["spec"] == ["host": "h", "port": "81"])
        let calls = outside.visits.count
        _ = try await server.send("GET", Self.base("v2"))
        #expect(calls <= 1 && outside.visits.count == calls)

        let watch = try await server.send("GET", Self.base("v2") + "?watch=1&timeoutSeconds=1&resourceVersion=0")
        let text = watch.body.string ?? watch.body.text
        #expect(text.contains("\"host\":\"h\"") && !text.contains("hostPort\":\""), "\(text)")

        // Events that come later are converted too, in their order.
        let revision = list.body["metadata", "resourceVersion"]?.string ?? ""
        for port in ["82", "83", "84"] {
            _ = try await server.send(
                "PATCH", Self.base("v1") + "/a", ["spec": ["hostPort": .string("h:" + port)]],
                contentType: "application/merge-patch+json")
        }
        let later = try await server.send(
            "GET", Self.base("v2") + "?watch=1&timeoutSeconds=1&resourceVersion=" + revision)
        let lines = (later.body.string ?? "").split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }
        #expect(lines.map { $0["object", "spec", "port"]?.string } == ["82", "83", "84"])

        let odd = try await server.send(
            "POST", Self.base("v1"),
            [
                "apiVersion": "example.com/v1", "kind": "Backend", "metadata": ["name": "odd"],
                "spec": ["hostPort": "o:1"],
            ])
        #expect(odd.status == 201)
        let failed = try await server.send("GET", Self.base("v2") + "/odd")
        #expect(failed.status == 500)
        #expect(
            failed.body["message"]
                == "conversion webhook for example.com/v1, Kind=Backend failed: odd ones cannot be converted")
        #expect(try await server.send("DELETE", Self.base("v1") + "/odd").status == 200)

        // The other version becomes the stored one: what is there is read as it is, and written anew.
        var turned = try await server.send("GET", definitions + "/backends.example.com").body
        turned["spec", "versions"] = Self.definition(outside.client("/"), storage: "v2")["spec", "versions"]
        #expect(try await server.send("PUT", definitions + "/backends.example.com", turned).status == 200)
        #expect(try await server.send("GET", Self.base("v1") + "/a").body["spec"] == ["hostPort": "h:84"])
        #expect(try await server.send("GET", Self.base("v2") + "/a").body["spec"] == ["host": "h", "port": "84"])

        await outside.stop()
        let down = try await server.send(
            "POST", Self.base("v1"),
            ["apiVersion": "example.com/v1", "kind": "Backend", "metadata": ["name": "b"], "spec": ["hostPort": "o:1"]])
        #expect(down.status == 500)
        #expect(
            down.body["message"]?.string?.hasPrefix(
                "conversion webhook for example.com/v1, Kind=Backend failed: Post \"\(outside.url)/?timeout=30s\": dial tcp"
            ) == true, "\(down.body.text)")
        #expect(server.stop() == 0)
        let verified = try server.reckon("log", "verify", "--data", server.dataPath)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }
}
