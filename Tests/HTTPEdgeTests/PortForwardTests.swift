import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct PortForwardTests {
    /// Header blocks of one zlib stream with SPDY's dictionary, as zlib itself compresses them: the error stream and the data stream of
    /// port 8080, and a long one of 60 headers (a dynamic prefix code).
    static let errorBlock =
        "78bbe3c6a7c202253a48f95b044eea16061606409ab308125f99a074cc68004e892545a989b9d0c2863515141500000000ffff"
    static let dataBlock = "225333a8a44a04000000ffff"
    static let longBlock =
        "74d73b6e5b410c85e1221bb940927ef81a72006f2606921471ecca81971f5e75c6e169a4427f21dc4fe48cfafde91ecd8ffbf3ebdf8f97f79fd7ebfbdfe7665ed7"
        + "dbafab67ea7a797bfd7d3df7f2f8f328ef09f9faa9cc2387c4daafdf3ec51265456a835a2d2349ed509becdca40eac4f9c20f586da33c4499d5047b819a90bea6d"
        + "164aea03758aa68cf5970f5998b7ce6cd9b9405e296bd6ec1c394fefa999b3f3dbf3fb67fda5c767d0ee1d7b59b567d2ee63e82b6b46ed7e63af3bd7ccda7d626f"
        + "be7586edbeb0770d9f69bb3fd8f7cedf0c57d7d0f734315d15ecf7d6c37855b14f5761be3af8968a315f1d7ccf5ac17c75f03d7992f92afaf6515c87f92afaf6b7"
        + "2f61be8abeaa92c67c157d55cf0ee66be8fbd87fccd7d0573dbc98afa1af86f53584f5e8ab5b4c99afa1afeea3ce7c0d7d355336f3b5c1b7a26f51ac1f7ccf7d2d"
        + "633dfa767d94f91afadaaa72e6ebe8fb38b198afa3aff5d34ce6ebe86ba67198afa36fff1a4298afa3af79b9315f475f8b6dc17c1d7d6dbb26f375f4b55439ccd7"
        + "07df5a22ccd707dfaa65cc3706dffb8ec17c037dfb265e9bf906faf65f872ce61be8ebbd4017f30df4eda7bf95f906fa7aeb3af30df475ef0395f906fa7af48266"
        + "be81be1e3df0cc37d0b7a7ab573af6ff010000ffff"

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
    static func synStream(_ id: UInt8, _ block: [UInt8]) -> [UInt8] {
        let length = 10 + block.count
        return [0x80, 3, 0, 1, 0, 0, UInt8(length >> 8), UInt8(length & 255), 0, 0, 0, id, 0, 0, 0, 0, 0, 0] + block
    }
    static func data(_ id: UInt8, _ text: String, fin: Bool = false) -> [UInt8] {
        [0, 0, 0, id, fin ? 1 : 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    final class Listening: Sendable { let port = Mutex(0) }
    final class Asked: Sendable { let ports = Mutex<[Int]>([]) }

    /// A server with a tunnel at `/tunnel` and, at `/pod`, a pod's port as the runtime shows it, which answers in capitals.
    static func serve(_ asked: Asked, _ client: HTTPClient, _ port: @escaping @Sendable () -> Int)
        -> @Sendable (EdgeRequest, EdgeResponder) -> Void
    {
        { request, responder in
            if request.path == "/pod" {
                responder.acceptWebSocket(subprotocol: "v4.channel.k8s.io") { stream in
                    stream?.send(ByteBuffer(bytes: [0, 0x90, 0x1F]))
                    stream?.send(ByteBuffer(bytes: [1, 0x90, 0x1F]))
                    stream?.onMessage { message in
                        let text = String(buffer: message.bytes).dropFirst().uppercased()
                        stream?.send(ByteBuffer(bytes: [0] + Array(text.utf8)))
                        if text == "BYE" { stream?.close() }
                    }
                }
                return
            }
            responder.acceptWebSocket(subprotocol: request.upgrade?.choose([PortForward.tunnelSubprotocol])) { stream in
                guard let stream else { return }
                PortForward.serve(ByteDuplex(stream), pod: "web-1") { wanted in
                    asked.ports.withLock { $0.append(wanted) }
                    let path = wanted == 8080 ? "/pod" : "/none"
                    return client.webSocket("ws://127.0.0.1:\(port())\(path)", subprotocols: ["v4.channel.k8s.io"])
                }
            }
        }
    }

    @Test func connectionIsCarriedThroughTheTunnel() async throws {
        let asked = Asked()
        let listening = Listening()
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        let handler = Self.serve(asked, client) { listening.port.withLock { $0 } }
        try await withServer(handler: handler) { port, _ in
            listening.port.withLock { $0 = port }
            let tunnel = try await client.webSocket(
                "ws://127.0.0.1:\(port)/tunnel", subprotocols: [PortForward.tunnelSubprotocol]
            ).get()
            #expect(tunnel.subprotocol == PortForward.tunnelSubprotocol)
            let got = Mutex<[UInt8]>([])
            tunnel.onMessage { message in got.withLock { $0 += Array(message.bytes.readableBytesView) } }
            // In pieces that do not fit the frames.
            let sent =
                Self.synStream(1, Self.bytes(Self.errorBlock)) + Self.synStream(3, Self.bytes(Self.dataBlock))
                + Self.data(3, "hello")
                + [0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 7]
            for start in stride(from: 0, to: sent.count, by: 7) {
                tunnel.send(ByteBuffer(bytes: sent[start..<min(start + 7, sent.count)]))
            }
            func contains(_ part: [UInt8]) -> Bool {
                got.withLock { all in all.indices.contains { all[$0...].starts(with: part) } }
            }
            #expect(try await eventually { contains(Self.data(3, "HELLO")) })
            #expect(
                contains([0x80, 3, 0, 2, 0, 0, 0, 20, 0, 0, 0, 1]), "the first stream is accepted, with a zlib header")
            #expect(contains([0x80, 3, 0, 2, 0, 0, 0, 18, 0, 0, 0, 3]))
            #expect(contains([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 7]), "a ping comes back")
            #expect(asked.ports.withLock { $0 } == [8080])
            // A stream that names no port is refused, and the session goes on.
            tunnel.send(ByteBuffer(bytes: Self.synStream(5, Self.bytes(Self.longBlock)) + Self.data(3, "bye")))
            #expect(try await eventually { contains([0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 5]) })
            #expect(try await eventually { contains(Self.data(3, "BYE")) && contains([0, 0, 0, 3, 1, 0, 0, 0]) })
            tunnel.close()
            client.shutdown()
        }
    }

    @Test func malformedSessionIsClosed() async throws {
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
        let handler = Self.serve(Asked(), client) { 1 }
        try await withServer(handler: handler) { port, _ in
            let bad: [[UInt8]] = [
                Self.synStream(1, [1, 2, 3, 4]),
                Self.synStream(1, Array(Self.bytes(Self.errorBlock).dropLast(20))),
                Self.synStream(1, Self.bytes(Self.dataBlock)),
                [0x80, 2, 0, 1, 0, 0, 0, 0],
                [0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF],
            ]
            for bytes in bad {
                let tunnel = try await client.webSocket(
                    "ws://127.0.0.1:\(port)/tunnel", subprotocols: [PortForward.tunnelSubprotocol]
                ).get()
                let closed = Mutex(false)
                tunnel.onClose { _ in closed.withLock { $0 = true } }
                tunnel.send(ByteBuffer(bytes: bytes))
                let ended = try await eventually { closed.withLock { $0 } }
                #expect(ended)
            }
            client.shutdown()
        }
    }
}
