import Document
import Foundation
import HTTPEdge
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// pods/NAME/proxy, services/NAME/proxy and nodes/NAME/proxy, to a server on this machine's own address.
@Suite(.serialized) struct ProxyTests {
    /// Answers with what it was asked; upgrades to an echo of its bytes.
    private struct Backend: EdgeHandler {
        func handle(_ request: EdgeRequest, _ responder: EdgeResponder) {
            if let upgrade = request.upgrade, !upgrade.isWebSocket {
                responder.acceptUpgrade(upgrade.proto) { stream in
                    guard let stream else { return }
                    stream.onBytes { stream.send($0) }
                }
                return
            }
            switch request.path {
            case "/page":
                responder.respond(
                    200, [("content-type", "text/html; charset=utf-8")],
                    .text(
                        "<a href=\"/next?x=1\">n</a> <img src='pic.png'> <a href=\"http://elsewhere/\">e</a> a \"/b\""))
            case "/moved": responder.respond(302, [("location", "/there")], .empty)
            case "/big":
                responder.startStream(200, [("content-type", "text/plain")])
                for _ in 0..<64 { responder.write(ByteBuffer(repeating: 65, count: 65536)) }
                responder.end()
            default:
                var lines = ["\(request.method.rawValue) \(request.uri)"]
                request.headers.forEach { lines.append("\($0.lowercased()): \($1)") }
                lines.append("body: " + String(buffer: request.body))
                responder.respond(
                    request.path == "/teapot" ? 418 : 200, [("content-type", "text/plain"), ("x-backend", "yes")],
                    .text(lines.joined(separator: "\n")))
            }
        }
    }

    private static func ownAddress() -> String? {
        let text = (try? Tools.run(["hostname", "-I"]).output) ?? ""
        return text.split(separator: " ").map(String.init).first {
            $0.contains(".") && !$0.hasPrefix("127.") && !$0.hasPrefix("169.254.")
        }
    }

    @Test func requestsGoOnAndAnswersComeBack() async throws {
        guard let address = Self.ownAddress() else {
            print("skipped: this machine has no address but the loopback one")
            return
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let backend = try await EdgeServer.start(.init(addresses: [("0.0.0.0", 0)]), group: group, handler: Backend())
        let port = backend.ports[0]
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let namespace = "/api/v1/namespaces/default"
        _ = try await server.send(
            "POST", "/api/v1/namespaces/default/serviceaccounts", ["metadata": ["name": "default"]])
        let pod = try await server.send(
            "POST", namespace + "/pods",
            [
                "metadata": ["name": "web"],
                "spec": [
                    "containers": [["name": "a", "image": "i", "ports": [["containerPort": .int(Int64(port))]]]]
                ],
            ])
        #expect(pod.status == 201, "\(pod.body)")
        let noAddress = try await server.send("GET", namespace + "/pods/web/proxy/x")
        #expect(noAddress.status == 400)
        #expect(noAddress.body["message"]?.string == "address not allowed")
        let status = try await server.send(
            "PATCH", namespace + "/pods/web/status", ["status": ["podIP": .string(address), "phase": "Running"]],
            contentType: "application/merge-patch+json")
        #expect(status.status == 200)

        // Path, query, method, body and headers; never the caller's credential.
        let echoed = try await server.send(
            "PUT", namespace + "/pods/web/proxy/a%20b//c/?q=1&r=%2F", ["k": "v"], headers: [("X-Mine", "1")])
        let text = echoed.body.string ?? ""
        #expect(echoed.status == 200)
        #expect(text.contains("PUT /a%20b//c/?q=1&r=%2F"))
        #expect(text.contains("x-mine: 1") && text.contains("x-forwarded-for: 127.0.0.1"))
        #expect(text.contains("x-forwarded-uri: \(namespace)/pods/web/proxy/a%20b//c/"))
        #expect(!text.contains("authorization") && !text.contains("admintoken"))
        #expect(text.contains("body: {\"k\":\"v\"}"))
        #expect(echoed.headers.contains { $0.name.lowercased() == "x-backend" && $0.value == "yes" })
        #expect(echoed.headers.contains { $0.name.lowercased() == "audit-id" })
        #expect(try await server.send("GET", namespace + "/pods/web:\(port)/proxy/teapot").status == 418)

        // Links.
        let first = try await server.send("GET", namespace + "/pods/web/proxy?a=1")
        #expect(first.status == 301)
        #expect(
            first.headers.contains {
                $0.name.lowercased() == "location" && $0.value == namespace + "/pods/web/proxy/?a=1"
            })
        let moved = try await server.send("GET", namespace + "/pods/web/proxy/moved")
        #expect(
            moved.headers.contains {
                $0.name.lowercased() == "location" && $0.value == namespace + "/pods/web/proxy/there"
            })
        let page = try await server.send("GET", namespace + "/pods/web/proxy/page")
        #expect(
            page.body.string
                == "<a href=\"\(namespace)/pods/web/proxy/next?x=1\">n</a> <img src='pic.png'> <a href=\"http://elsewhere/\">e</a> a \"/b\""
        )
        #expect(try await server.send("GET", namespace + "/pods/web/proxy/big").body.string?.utf8.count == 64 * 65536)

        // Refusals.
        let gone = try await server.send("GET", namespace + "/pods/none/proxy/")
        #expect(gone.status == 404)
        let forbidden = try await server.send("GET", namespace + "/pods/web/proxy/", token: "alicetoken")
        #expect(forbidden.status == 403)
        #expect(
            forbidden.body["message"]?.string
                == "pods \"web\" is forbidden: User \"alice\" cannot get resource \"pods/proxy\" in API group \"\" in the namespace \"default\""
        )
        let closed = try await server.send("GET", namespace + "/pods/web:1/proxy/")
        #expect(closed.status == 503 && closed.body["reason"]?.string == "ServiceUnavailable")

        // Services.
        _ = try await server.send(
            "POST", namespace + "/services",
            [
                "metadata": ["name": "shop"],
                "spec": ["ports": [["name": "http", "port": 80, "targetPort": .int(Int64(port))]]],
            ])
        let empty = try await server.send("GET", namespace + "/services/shop/proxy/x")
        #expect(empty.status == 503)
        #expect(empty.body["message"]?.string == "no endpoints available for service \"shop\"")
        let slice = try await server.send(
            "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            [
                "metadata": ["name": "shop-1", "labels": ["kubernetes.io/service-name": "shop"]],
                "addressType": "IPv4",
                "endpoints": [["addresses": [.string(address)], "conditions": ["ready": true]]],
                "ports": [["name": "http", "port": .int(Int64(port)), "protocol": "TCP"]],
            ])
        #expect(slice.status == 201, "\(slice.body)")
        for id in ["shop", "shop:80", "shop:http", "http:shop:http"] {
            let answer = try await server.send("GET", namespace + "/services/\(id)/proxy/x?y")
            #expect(answer.body.string?.hasPrefix("GET /x?y") == true, "\(id): \(answer.body)")
        }
        let noPort = try await server.send("GET", namespace + "/services/shop:81/proxy/x")
        #expect(noPort.body["message"]?.string == "no service port \"81\" found for service \"shop\"")

        // Nodes.
        _ = try await server.send("POST", "/api/v1/nodes", ["metadata": ["name": "n1"]])
        _ = try await server.send(
            "PATCH", "/api/v1/nodes/n1/status",
            ["status": ["addresses": [["type": "InternalIP", "address": .string(address)]]]],
            contentType: "application/merge-patch+json")
        let node = try await server.send("GET", "/api/v1/nodes/n1:\(port)/proxy/healthz")
        #expect(node.body.string?.hasPrefix("GET /healthz") == true, "\(node.body)")
        #expect(try await server.send("GET", "/api/v1/nodes/n1/proxy/pods").status == 503)

        // An upgraded connection, both ways.
        let client = HTTPClient(group: group, tls: .init(trustsAnyone: true))
        let stream = try await client.upgrade(
            server.url + namespace + "/pods/web/proxy/echo", proto: "tunnel", method: .GET,
            headers: [("Authorization", "Bearer admintoken")]
        ).get().stream
        let got = Mutex("")
        stream.onBytes { bytes in got.withLock { $0 += String(buffer: bytes) } }
        try await stream.send(ByteBuffer(string: "hello through the proxy")).get()
        #expect(await server.eventually(5) { got.withLock { $0 } == "hello through the proxy" })
        stream.close()
        client.shutdown()
        await backend.shutdown(grace: .zero)
    }
}
