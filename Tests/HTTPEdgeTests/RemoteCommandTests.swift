import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct RemoteCommandTests {
    /// What the runtime's side got, and its connection.
    final class Runtime: Sendable {
        let bytes = Mutex<[UInt8]>([])
        let stream = Mutex<RawStream?>(nil)
        func has(_ part: [UInt8]) -> Bool {
            bytes.withLock { all in all.indices.contains { all[$0...].starts(with: part) } }
        }
        func send(_ bytes: [UInt8]) { _ = stream.withLock { $0 }?.send(ByteBuffer(bytes: bytes)) }
    }

    @Test func channelsAndStreamsAreJoined() async throws {
        let runtime = Runtime()
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
            RemoteCommand.connect(client, url: url, streams: streams).whenSuccess { command in
                responder.acceptWebSocket(subprotocol: "v5.channel.k8s.io") { outer in
                    if let outer { command.join(outer) } else { command.close() }
                }
            }
        }) { listening, _ in
            port.port.withLock { $0 = listening }
            let socket = try await client.webSocket(
                "ws://127.0.0.1:\(listening)/exec", subprotocols: ["v5.channel.k8s.io"]
            ).get()
            let got = Mutex<[[UInt8]]>([])
            let closed = Mutex(false)
            socket.onMessage { message in got.withLock { $0.append(Array(message.bytes.readableBytesView)) } }
            socket.onClose { _ in closed.withLock { $0 = true } }
            // Streams 1, 3 and 5: error, stdin and stdout, by their names in a stored block.
            for (id, name) in [(1, "error"), (3, "stdin"), (5, "stdout")] {
                let text = Array("streamtype".utf8) + [0, 0, 0, UInt8(name.utf8.count)] + Array(name.utf8)
                #expect(
                    try await eventually { runtime.has([0, 0, 0, UInt8(id), 0, 0, 0, 0, 0, 0]) && runtime.has(text) })
            }
            socket.send(ByteBuffer(bytes: [0] + Array("in".utf8)))
            #expect(try await eventually { runtime.has(PortForwardTests.data(3, "in")) })
            socket.send(ByteBuffer(bytes: [255, 0]))
            #expect(
                try await eventually { runtime.has([0, 0, 0, 3, 1, 0, 0, 0]) }, "the end of input reaches the command")
            runtime.send(
                PortForwardTests.data(5, "out") + PortForwardTests.data(1, "{}", fin: true)
                    + PortForwardTests.data(5, "", fin: true))
            #expect(try await eventually { closed.withLock { $0 } })
            #expect(got.withLock { $0 } == [[1], [1] + Array("out".utf8), [3] + Array("{}".utf8)])
            client.shutdown()
        }
    }
}
