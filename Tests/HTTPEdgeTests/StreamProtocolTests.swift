import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Clients that bring another protocol than today's kubectl: SPDY from end to end, WebSockets with text frames.
@Suite(.serialized) struct StreamProtocolTests {
    /// SYN_STREAM and data pass through untouched in both directions, and the version that the runtime chose is told.
    @Test func spdyIsPassedThrough() async throws {
        let runtime = RemoteCommandTests.Runtime()
        let port = PortForwardTests.Listening()
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        try await withServer(handler: { request, responder in
            if request.path == "/runtime" {
                guard request.headers.values("x-stream-protocol-version") == ["v5.channel.k8s.io", "v4.channel.k8s.io"]
                else { return responder.respond(403, [], .text("no versions came through")) }
                responder.acceptUpgrade("SPDY/3.1", headers: [("x-stream-protocol-version", "v4.channel.k8s.io")]) {
                    stream in
                    runtime.stream.withLock { $0 = stream }
                    stream?.onBytes { bytes in runtime.bytes.withLock { $0 += Array(bytes.readableBytesView) } }
                }
                return
            }
            SPDYTunnel.join(
                responder, client, url: "http://127.0.0.1:\(port.port.withLock { $0 })/runtime",
                versions: request.headers.values("x-stream-protocol-version")
            ) { responder.respond(500, [], .text("\($0)")) }
        }) { listening, _ in
            port.port.withLock { $0 = listening }
            // Written by hand: the request as client-go's SPDY round-tripper sends it, then frames at once.
            let raw = try await RawClient.connect(listening)
            try await raw.send(
                "POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n"
                    + "X-Stream-Protocol-Version: v5.channel.k8s.io\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"
            )
            #expect(try await raw.wait { $0.text.hasSuffix("\r\n\r\n") })
            #expect(raw.text.hasPrefix("HTTP/1.1 101"))
            #expect(raw.text.contains("Upgrade: SPDY/3.1\r\n") && raw.text.contains("Connection: Upgrade\r\n"))
            #expect(raw.text.contains("X-Stream-Protocol-Version: v4.channel.k8s.io\r\n"))
            try await raw.send(bytes: PortForwardTests.data(3, "input"))
            #expect(try await eventually { runtime.has(PortForwardTests.data(3, "input")) })
            runtime.send(Array("output".utf8))
            #expect(try await raw.wait { $0.text.hasSuffix("output") })
            runtime.stream.withLock { $0 }?.close()
            #expect(try await raw.wait { $0.isClosed })
            client.shutdown()
        }
    }

    @Test func aRefusalOfTheRuntimeIsAnAnswer() async throws {
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        try await withServer(handler: { request, responder in
            SPDYTunnel.join(responder, client, url: "http://127.0.0.1:1/", versions: []) { _ in
                responder.respond(500, [], .text("no runtime"))
            }
        }) { listening, _ in
            let raw = try await RawClient.connect(listening)
            try await raw.send("POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n")
            #expect(try await raw.wait { $0.text.contains("500") && $0.text.contains("no runtime") })
            client.shutdown()
        }
    }

    @Test func textFramesInBase64() async throws {
        let runtime = RemoteCommandTests.Runtime()
        let port = PortForwardTests.Listening()
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        try await withServer(handler: { request, responder in
            if request.path == "/runtime" {
                responder.acceptUpgrade("SPDY/3.1", headers: [("x-stream-protocol-version", "v4.channel.k8s.io")]) {
                    stream in
                    runtime.stream.withLock { $0 = stream }
                    stream?.onBytes { bytes in runtime.bytes.withLock { $0 += Array(bytes.readableBytesView) } }
                }
                return
            }
            let url = "http://127.0.0.1:\(port.port.withLock { $0 })/runtime"
            let streams = RemoteCommand.Streams(stdin: true, stdout: true, stderr: false, tty: false)
            let chosen = request.upgrade?.choose(RemoteCommand.subprotocols)
            RemoteCommand.connect(client, url: url, streams: streams).whenSuccess { command in
                responder.acceptWebSocket(subprotocol: chosen) { outer in
                    if let outer { command.join(outer) } else { command.close() }
                }
            }
        }) { listening, _ in
            port.port.withLock { $0 = listening }
            let socket = try await client.webSocket(
                "ws://127.0.0.1:\(listening)/exec", subprotocols: ["base64.channel.k8s.io", "v4.base64.channel.k8s.io"]
            ).get()
            #expect(socket.subprotocol == "v4.base64.channel.k8s.io")
            let got = Mutex<[String]>([])
            socket.onMessage { message in got.withLock { $0.append(String(buffer: message.bytes)) } }
            #expect(try await eventually { runtime.has(Array("stdin".utf8)) })
            socket.send(text: "0aW4=")
            #expect(try await eventually { runtime.has(PortForwardTests.data(3, "in")) })
            // Not base64: nothing happens, and the connection stays.
            socket.send(text: "0§§")
            runtime.send(PortForwardTests.data(5, "out"))
            #expect(try await eventually { got.withLock { $0 } == ["1", "1b3V0"] })
            socket.close()
            client.shutdown()
        }
    }
}
