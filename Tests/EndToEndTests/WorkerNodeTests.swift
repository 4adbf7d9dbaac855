import Document
import Foundation
import HTTPEdge
import Identity
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// Pods of a node that is not in the server's process: what is asked of their containers goes on to that node's kubelet.
@Suite(.serialized) struct WorkerNodeTests {
    /// A kubelet's HTTPS API: it tells what it was asked, follows a log, refuses one, and echoes a forwarded port.
    private struct WorkerKubelet: EdgeHandler {
        func handle(_ request: EdgeRequest, _ responder: EdgeResponder) {
            guard request.connection.peerCertificate != nil else { return responder.respond(401, [], .empty) }
            switch request.path {
            case "/containerLogs/default/web/main" where request.query.contains("previous=true"):
                responder.respond(
                    400, [("content-type", "text/plain")], .text("previous terminated container \"main\" not found\n"))
            case "/containerLogs/default/web/main":
                responder.startStream(200, [("content-type", "text/plain")])
                responder.write(ByteBuffer(string: "asked \(request.query)\n"))
                responder.end()
            case "/portForward/default/web":
                responder.acceptWebSocket(subprotocol: "v4.channel.k8s.io") { stream in
                    stream?.send(ByteBuffer(bytes: [0, 80, 0]))
                    stream?.send(ByteBuffer(bytes: [1, 80, 0]))
                    stream?.onMessage { stream?.send($0.bytes) }
                }
            default: responder.respond(404, [], .text("\(request.method.rawValue) \(request.uri)"))
            }
        }
    }

    /// A server that alone is there, and a worker that has joined and runs the pod `web`.
    private static func joined(_ body: (ReckonProcess) async throws -> Void) async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let pki = try ClusterPKI.open(server.dataPath + "/pki", serving: ServingNames(), now: now)
        let pair = try pki.kubeletServing(node: "worker", addresses: [], now: now)
        let kubelet = try await EdgeServer.start(
            .init(
                addresses: [("127.0.0.1", 0)],
                tls: .init(
                    certificateChain: pair.certificateBytes, privateKey: pair.privateKeyBytes,
                    clientCertificateAuthorities: pki.authority.pair.certificateBytes)),
            group: MultiThreadedEventLoopGroup.singleton, handler: WorkerKubelet())
        let status: JSON = [
            "addresses": [["type": "InternalIP", "address": "127.0.0.1"]],
            "daemonEndpoints": ["kubeletEndpoint": ["Port": .int(Int64(kubelet.ports[0]))]],
        ]
        let namespace = "/api/v1/namespaces/default"
        _ = try await server.send("POST", "/api/v1/nodes", ["metadata": ["name": "worker"]])
        _ = try await server.send("POST", namespace + "/serviceaccounts", ["metadata": ["name": "default"]])
        let noted = try await server.send(
            "PATCH", "/api/v1/nodes/worker/status", ["status": status], contentType: "application/merge-patch+json")
        #expect(noted.status == 200, "\(noted.body)")
        let pod = try await server.send(
            "POST", namespace + "/pods",
            [
                "metadata": ["name": "web"],
                "spec": ["nodeName": "worker", "containers": [["name": "main", "image": "i"]]],
            ])
        #expect(pod.status == 201, "\(pod.body)")
        try await body(server)
        await kubelet.shutdown(grace: .zero)
    }

    @Test func logsComeFromTheWorker() async throws {
        try await Self.joined { server in
            let path = "/api/v1/namespaces/default/pods/web/log"
            let log = try await server.send("GET", path + "?follow=true&tailLines=3&timestamps=true")
            #expect(log.status == 200 && log.body == "asked follow=true&timestamps=true&tailLines=3\n", "\(log.body)")
            let refused = try await server.send("GET", path + "?previous=true")
            #expect(refused.status == 400)
            #expect(refused.body["message"] == "previous terminated container \"main\" not found")
        }
    }

    /// What the worker cannot do is its answer; the command and its streams arrive as they were asked for.
    @Test func commandsGoToTheWorker() async throws {
        try await Self.joined { server in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .init(trustsAnyone: true))
            let refused = await #expect(throws: HTTPClientError.self) {
                try await client.webSocket(
                    server.url
                        + "/api/v1/namespaces/default/pods/web/exec?command=echo&command=a%20%26b&stdout=1&stdin=1",
                    subprotocols: ["v5.channel.k8s.io"], headers: [("Authorization", "Bearer admintoken")]
                ).get()
            }
            let words = (refused?.description ?? "").replacingOccurrences(of: "\\u0026", with: "&")
            #expect(
                words.contains("POST /exec/default/web/main?command=echo&command=a%20%26b&input=1&output=1"), "\(words)"
            )
            client.shutdown()
        }
    }

    @Test func portsAreForwardedByTheWorker() async throws {
        try await Self.joined { server in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .init(trustsAnyone: true))
            let url = server.url + "/api/v1/namespaces/default/pods/web/portforward"
            let headers = [("Authorization", "Bearer admintoken")]
            let stream = try await client.webSocket(
                url + "?ports=80", subprotocols: ["v4.channel.k8s.io"], headers: headers
            ).get()
            #expect(stream.subprotocol == "v4.channel.k8s.io")
            let got = Mutex<[[UInt8]]>([])
            stream.onMessage { message in got.withLock { $0.append(Array(message.bytes.readableBytesView)) } }
            stream.send(ByteBuffer(bytes: [0, 1, 2, 3]))
            #expect(await server.eventually(10) { got.withLock { $0 } == [[0, 80, 0], [1, 80, 0], [0, 1, 2, 3]] })
            stream.close()
            let unnamed = await #expect(throws: HTTPClientError.self) {
                try await client.webSocket(url, subprotocols: ["v4.channel.k8s.io"], headers: headers).get()
            }
            #expect(unnamed?.description.contains("must name the pod's ports") == true, "\(unnamed as Any)")
            client.shutdown()
        }
    }
}
