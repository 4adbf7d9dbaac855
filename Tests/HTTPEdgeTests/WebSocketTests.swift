import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct WebSocketTests {
    @Test func messagesGoBothWays() async throws {
        let serverClosed = Mutex<UInt16?>(nil)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            let chosen = request.upgrade?.choose(["v5.channel.k8s.io", "v4.channel.k8s.io"])
            responder.acceptWebSocket(subprotocol: chosen) { stream in
                guard let stream else { return responder.respond(400, [], .text("no WebSocket")) }
                stream.onMessage { message in
                    switch message {
                    case .binary(let bytes): stream.send(bytes)
                    case .text(let bytes): stream.send(text: String(buffer: bytes).uppercased())
                    }
                }
                stream.onClose { code in serverClosed.withLock { $0 = code } }
            }
        }
        try await withServer(handler: handler) { port, _ in
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let socket = try await client.webSocket(
                "ws://127.0.0.1:\(port)/exec?command=ls", subprotocols: ["v4.channel.k8s.io", "v5.channel.k8s.io"]
            ).get()
            #expect(socket.subprotocol == "v5.channel.k8s.io")
            let got = Mutex<[String]>([])
            socket.onMessage { message in got.withLock { $0.append(String(buffer: message.bytes)) } }
            socket.send(text: "hello")
            socket.ping()
            socket.send(ByteBuffer(bytes: [1, 2, 3]))
            socket.send(ByteBuffer(repeating: 66, count: 200_000))
            #expect(try await eventually { got.withLock { $0.count } == 3 })
            #expect(got.withLock { $0[0] } == "HELLO")
            #expect(got.withLock { $0[2].utf8.count } == 200_000)
            socket.close(code: 1001)
            #expect(try await eventually { serverClosed.withLock { $0 } == 1001 })
            let answer = try await client.send(.init(.GET, "http://127.0.0.1:\(port)/exec"))
            #expect(answer.status == 400)
            client.shutdown()
        }
    }

    /// What a client and a runtime say to each other passes in either form, and the end of one is the end of both.
    @Test func splicedSocketsAreOne() async throws {
        let innerClosed = Mutex(false)
        let address = Mutex(0)
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        let handler: @Sendable (EdgeRequest, EdgeResponder) -> Void = { request, responder in
            if request.path == "/inner" {
                responder.acceptWebSocket(subprotocol: "v4.channel.k8s.io") { stream in
                    stream?.send(ByteBuffer(bytes: [0, 0x90, 0x1F]))
                    stream?.onMessage { message in
                        if case .binary(let bytes) = message { stream?.send(bytes) }
                        if case .text(let bytes) = message { stream?.send(text: String(buffer: bytes).uppercased()) }
                    }
                    stream?.onClose { _ in innerClosed.withLock { $0 = true } }
                }
                return
            }
            let url = "ws://127.0.0.1:\(address.withLock { $0 })/inner"
            client.webSocket(url, subprotocols: PortForward.channelSubprotocols).whenSuccess { inner in
                responder.acceptWebSocket(subprotocol: inner.subprotocol) { outer in
                    if let outer { WebSocketSplice.join(outer, inner) } else { inner.close() }
                }
            }
        }
        try await withServer(handler: handler) { port, _ in
            address.withLock { $0 = port }
            let socket = try await client.webSocket("ws://127.0.0.1:\(port)/outer").get()
            let got = Mutex<[[UInt8]]>([])
            socket.onMessage { message in got.withLock { $0.append(Array(message.bytes.readableBytesView)) } }
            #expect(try await eventually { got.withLock { $0 } == [[0, 0x90, 0x1F]] })
            socket.send(text: "one")
            socket.send(ByteBuffer(repeating: 7, count: 300_000))
            #expect(try await eventually { got.withLock { $0.count } == 3 })
            #expect(got.withLock { $0[1] } == Array("ONE".utf8) && got.withLock { $0[2].count } == 300_000)
            socket.close()
            #expect(try await eventually { innerClosed.withLock { $0 } })
            client.shutdown()
        }
    }
}
