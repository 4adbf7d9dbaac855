import Document
public import HTTPEdge
import NIOCore
import NIOPosix
import Synchronization

/// The cluster that is recorded, as a client sees it.
public final class SourceCluster: Sendable {
    public let server: String
    private let client: HTTPClient
    private let headers: [(String, String)]

    /// `headers` hold the credential, when it is no certificate.
    public init(server: String, tls: HTTPClient.TLS, headers: [(String, String)]) {
        self.server = server
        self.headers = headers + [("Accept", "application/json")]
        client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: tls, answerBytesMax: 512 << 20)
    }

    struct Failure: Error, CustomStringConvertible {
        let status: Int
        let description: String
    }

    /// The document at a path; a `Failure` for every other status than 200.
    func get(_ path: String) async throws -> JSON {
        let response = try await client.send(.init(.GET, server + path, headers: headers, timeout: .seconds(60)))
        let bytes = response.body.withUnsafeReadableBytes { Array($0) }
        let document = (try? JSON(parsing: bytes)) ?? .null
        guard response.status == 200 else {
            throw Failure(
                status: response.status,
                description: document["message"]?.string ?? "\(path) was answered with \(response.status)")
        }
        return document
    }

    /// What a watch brings.
    enum Signal: Sendable {
        /// The server has begun to answer.
        case began
        /// Lines that came together.
        case lines([[UInt8]])
        /// A second went by.
        case tick
    }

    /// Watches a path; ends when the server ends it, throws when it breaks.
    func watch(_ path: String) -> AsyncThrowingStream<Signal, any Error> {
        AsyncThrowingStream { continuation in
            let exchange = client.stream(
                .init(.GET, server + path, headers: headers, timeout: .seconds(30)), WatchReceiver(continuation))
            let ticks = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(nanoseconds: 1_000_000_000)
                    continuation.yield(.tick)
                }
            }
            continuation.onTermination = { _ in
                ticks.cancel()
                exchange.cancel()
            }
        }
    }
}

/// Cuts an answer into lines.
private final class WatchReceiver: HTTPAnswerReceiver, @unchecked Sendable {
    private let continuation: AsyncThrowingStream<SourceCluster.Signal, any Error>.Continuation
    /// Touched on the connection's event loop only.
    private var status = 0
    private var rest: [UInt8] = []

    init(_ continuation: AsyncThrowingStream<SourceCluster.Signal, any Error>.Continuation) {
        self.continuation = continuation
    }
    func head(_ status: Int, _ headers: EdgeHeaders) {
        self.status = status
        if status == 200 { continuation.yield(.began) }
    }
    func piece(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { rest.append(contentsOf: $0) }
        guard status == 200 else { return }
        var lines: [[UInt8]] = []
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
            if end > start { lines.append(Array(rest[start..<end])) }
            start = end + 1
        }
        if start > 0 { rest.removeFirst(start) }
        if !lines.isEmpty { continuation.yield(.lines(lines)) }
    }
    func end(_ error: (any Error)?) {
        if let error {
            continuation.finish(throwing: error)
        } else if status != 200 {
            let document = (try? JSON(parsing: rest)) ?? .null
            continuation.finish(
                throwing: SourceCluster.Failure(
                    status: status, description: document["message"]?.string ?? "the watch was answered with \(status)")
            )
        } else {
            continuation.finish()
        }
    }
}
